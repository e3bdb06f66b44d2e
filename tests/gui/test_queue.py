"""The queue of trainings in the app: added from a form, started when the run before has ended, taken out."""

from collections.abc import Callable
from typing import Any

import pytest
from controls import TINY, drives, pick
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from lab import training_queue
from lab.run import Run

LEFT, LONG = Qt.MouseButton.LeftButton, 60_000


@pytest.fixture
def queued(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> Any:
    """A window that trains, with a short run behind it in the queue."""
    first = train(window, steps=1_000_000)
    panel: Any = window.panel("Atari")
    panel.form.fields.set_values({**TINY, "seed": 7})
    panel.form.steps.setValue(20)
    qtbot.mouseClick(panel.form.queue_button, LEFT)
    qtbot.waitUntil(lambda: len(window.queue.jobs) == 1, timeout=LONG)
    return window, panel, first


@drives("TrainForm: Queue", "Training > Add to queue", "QueuePane: Pause", "QueuePane: Start")
def test_a_training_waits_for_the_run_before_it_and_then_starts(qtbot: QtBot, queued: Any) -> None:
    window, panel, first = queued
    runs: Any = window.go_to("Runs")
    pane = runs.queue_pane
    runs.queue_dock.raise_()
    assert "--seed 7" in pane.list.item(0).text()
    assert first.run.name in pane.note.text()
    qtbot.mouseClick(pane.start_button, LEFT)
    assert pane.note.text() == "1 training waits. Press Start to train them one after the other."
    window.go_to("Atari")
    pick(qtbot, panel.action_set["queue"])
    assert len(window.queue.jobs) == 2
    assert window.queue.active
    assert len(window.sessions.bridges) == 1
    first.session.stop()
    qtbot.waitUntil(lambda: [bridge.run.stored["config"]["seed"] for bridge in window.sessions.bridges] == [0, 7, 7], timeout=LONG)
    qtbot.waitUntil(lambda: all(bridge.over for bridge in window.sessions.bridges), timeout=LONG)
    assert training_queue.waiting() == []
    assert Run(window.sessions.bridges[-1].run.path).status()["done"] == 20


@drives("QueuePane: Remove")
def test_what_waits_is_taken_out(qtbot: QtBot, queued: Any) -> None:
    window, _, _ = queued
    runs: Any = window.go_to("Runs")
    pane = runs.queue_pane
    runs.queue_dock.raise_()
    qtbot.mouseClick(pane.list.viewport(), LEFT, pos=pane.list.visualItemRect(pane.list.item(0)).center())
    qtbot.mouseClick(pane.remove_button, LEFT)
    assert training_queue.waiting() == []
    assert pane.note.text().startswith("Nothing waits.")


def test_what_was_left_waits_until_somebody_starts_it(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    training_queue.add("dqn-fast", {**TINY, "seed": 3}, steps=20, device="cpu")
    window: Any = make_window("Runs")
    pane = window.panels["Runs"].queue_pane
    qtbot.waitUntil(lambda: pane.list.count() == 1, timeout=LONG)
    window.queue.look()
    assert not window.sessions.busy()
    with training_queue.hold():
        window.panels["Runs"].queue_dock.raise_()
        qtbot.mouseClick(pane.start_button, LEFT)
        assert "works through the queue already" in window.errors[0].sentence.text()
        window.errors[0].close()
    qtbot.mouseClick(pane.start_button, LEFT)
    qtbot.waitUntil(lambda: len(window.sessions.bridges) == 1 and window.sessions.bridges[0].over, timeout=LONG)
    assert training_queue.waiting() == []
