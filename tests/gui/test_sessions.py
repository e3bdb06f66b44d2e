"""Training from the window: every transport button by click, errors, tabs, several sessions, the end."""

import json
from collections.abc import Callable
from typing import Any

from controls import drives
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from lab.run import Run, runs

LONG = 60_000


def click(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@drives("Transport: Pause", "Transport: Step", "Transport: Stop", "Transport: Checkpoint")
def test_train_pause_step_checkpoint_and_stop(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(window)
    panel: Any = window.panels["Atari"]
    transport = panel.current_tab().transport
    qtbot.waitUntil(lambda: bridge.latest.done > 20, timeout=LONG)
    click(qtbot, transport.pause)
    qtbot.waitUntil(lambda: bridge.latest.status == "paused", timeout=LONG)
    assert transport.pause.text() == "Go on"
    done = bridge.latest.done
    click(qtbot, transport.step)
    qtbot.waitUntil(lambda: bridge.latest.done == done + 1 and bridge.latest.status == "paused", timeout=LONG)
    click(qtbot, transport.checkpoint)
    qtbot.waitUntil(lambda: bridge.latest.checkpoint_step == done + 1, timeout=LONG)
    click(qtbot, transport.pause)
    qtbot.waitUntil(lambda: bridge.latest.done > done + 5, timeout=LONG)
    click(qtbot, transport.stop)
    qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)
    assert "stopped" in transport.state.text()
    assert not transport.resume.isHidden()
    assert bridge.run.status()["status"] == "paused"


def test_the_run_has_the_settings_of_the_form(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(window, steps=30, game="breakout", seed=5)
    qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)
    panel: Any = window.panels["Atari"]
    assert bridge.run.config() == panel.form.config()
    assert bridge.run.config().game == "breakout"  # type: ignore[attr-defined]
    assert bridge.latest.status == "finished"


@drives("Transport: Resume")
def test_a_stored_run_opens_and_resumes(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(steps=40)
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    tab = panel.current_tab()
    assert "finished" in tab.transport.state.text()
    qtbot.waitUntil(lambda: bool(tab.views.frames), timeout=LONG)
    panel.steps.setValue(25)
    click(qtbot, tab.transport.resume)
    qtbot.waitUntil(lambda: bool(window.sessions.bridges) and not window.sessions.bridges[0].running, timeout=LONG)
    assert run.status()["done"] == 65


@drives("Transport: Copy settings")
def test_settings_of_a_run_are_copied_into_the_form(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(steps=20, game="breakout", gamma=0.5)
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    click(qtbot, panel.current_tab().transport.clone)
    assert panel.form.config() == run.config()
    assert panel.steps.value() == 20


def test_two_sessions_have_tabs_and_colours_of_their_own(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    first, second = train(window), train(window, seed=1)
    panel: Any = window.panels["Atari"]
    assert panel.tabs.count() == 2
    assert first.colour != second.colour
    qtbot.waitUntil(lambda: first.latest.done > 10 and second.latest.done > 10, timeout=LONG)
    panel.close_tab(0)
    qtbot.waitUntil(lambda: first.session.thread is not None and not first.session.thread.is_alive(), timeout=LONG)
    assert panel.tabs.count() == 1
    assert second.running
    assert json.loads((first.run.path / "status.json").read_text())["status"] == "paused"


def test_a_failed_session_shows_its_sentence_and_traceback(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(window)

    def broken() -> None:
        raise RuntimeError("a broken step")

    bridge.session.experiment.step = broken
    qtbot.waitUntil(lambda: bool(window.errors), timeout=LONG)
    dialog = window.errors[0]
    assert "a broken step" in dialog.sentence.text()
    dialog.copy.click()
    assert "Traceback" in QApplication.clipboard().text()
    dialog.close()
    assert window.isVisible()
    assert bridge.run.status()["status"] == "failed"
    again = train(window)
    qtbot.waitUntil(lambda: again.latest.done > 5, timeout=LONG)


def test_a_wrong_setting_is_said_and_nothing_starts(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.set_values({"learning_starts": 1000, "replay_capacity": 500})
    assert not panel.train_button.isEnabled()
    assert "--learning-starts" in panel.form.problem.text()
    assert runs() == []


@drives("TrainingPanel: Copy as command line")
def test_the_copied_command_line_is_on_the_clipboard(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.recipe_box.setCurrentText("dqn")
    panel.form.set_values({"game": "qbert"})
    panel.steps.setValue(1234)
    click(qtbot, panel.copy_button)
    assert QApplication.clipboard().text() == "lab train dqn --game qbert --steps 1234"


def test_closing_the_window_saves_what_trains(qtbot: QtBot, make_window: Callable[..., MainWindow], train: Callable[..., Any]) -> None:
    window = make_window()
    bridge = train(window)
    qtbot.waitUntil(lambda: bridge.latest.done > 10, timeout=LONG)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    assert not bridge.alive
    assert list(bridge.run.checkpoints.glob("step-*/manifest.json"))
    assert bridge.run.status()["status"] == "paused"


def test_closing_can_be_taken_back(qtbot: QtBot, window: MainWindow, train: Callable[..., Any], monkeypatch: Any) -> None:
    bridge = train(window)
    asked: list[int] = []
    monkeypatch.setattr(MainWindow, "confirm_close", lambda self, training: bool(asked.append(len(training))))
    window.close()
    assert asked == [1]
    assert window.isVisible()
    assert bridge.running
    monkeypatch.setattr(MainWindow, "confirm_close", lambda self, training: True)
