"""Panels on a fresh start: each opens on an example run that moves; it can be left, opened again, and trained anew."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from controls import choose, drives
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import lab
from gui.main_window import MainWindow
from gui.settings import settings
from gui.vision import inspect_page
from lab import registry
from lab.paths import runs_folder
from lab.run import Run

LONG = 120_000
LEFT = Qt.MouseButton.LeftButton
MakeWindow = Callable[..., MainWindow]


def fresh(qtbot: QtBot, make_window: MakeWindow, name: str) -> Any:
    """A panel on a fresh start, with its example in front."""
    panel: Any = make_window(name, example=True).panels[name]
    qtbot.waitUntil(lambda: panel.current_tab() is not None, timeout=LONG)
    assert panel.current_run().path == next(iter(registry.examples(name).values()))
    return panel


def test_generate_opens_on_a_walk_that_plays_until_a_hand_takes_the_slider(qtbot: QtBot, make_window: MakeWindow) -> None:
    page = fresh(qtbot, make_window, "Generate").current_tab().page_tabs.page
    qtbot.waitUntil(lambda: page.picture.image is not None and page.slider.value() > 20, timeout=LONG)
    assert page.play_button.isChecked()
    qtbot.mouseClick(page.pad, LEFT)
    assert not page.play_button.isChecked()


@drives("InspectPage: Slideshow", "Inspect > Slideshow")
def test_vision_opens_on_images_with_their_heat_maps_one_after_another(
    qtbot: QtBot, make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspect_page, "SLIDE_MS", 20)
    page = fresh(qtbot, make_window, "Vision").current_tab().page_tabs.page
    qtbot.waitUntil(lambda: page.number.value() >= 2 and page.overlay.image is not None, timeout=LONG)
    qtbot.mouseClick(page.slideshow_button, LEFT)
    shown = page.number.value()
    qtbot.waitUntil(lambda: not page.look.waiting, timeout=LONG)
    assert page.number.value() == shown
    qtbot.mouseClick(page.slideshow_button, LEFT)
    qtbot.waitUntil(lambda: page.number.value() > shown, timeout=LONG)
    qtbot.mouseClick(page.canvas, LEFT)  # A hand draws.
    qtbot.waitUntil(lambda: not page.slideshow_button.isChecked(), timeout=LONG)


def test_sequences_opens_on_a_text_that_is_being_written(qtbot: QtBot, make_window: MakeWindow) -> None:
    page = fresh(qtbot, make_window, "Sequences").current_tab().page_tabs.page
    page.timer.setInterval(0)
    page.length.setValue(12)
    qtbot.waitUntil(lambda: page.tokens >= 12, timeout=LONG)
    qtbot.waitUntil(lambda: not page.play_button.isChecked(), timeout=LONG)
    assert len(page.output.toPlainText()) >= 12


@drives("EmptyPage: open example", "Training > Example runs > an example")
def test_an_example_that_was_closed_is_opened_again(qtbot: QtBot, make_window: MakeWindow) -> None:
    panel = fresh(qtbot, make_window, "Vision")
    for again in (
        lambda: qtbot.mouseClick(panel.empty.buttons[0], LEFT),
        lambda: choose(qtbot, panel.action_set.menu("&Training/Example runs"), "lenet5-mnist"),
    ):
        panel.close_tab(0)
        assert panel.stack.currentWidget() is panel.empty
        again()
        assert panel.current_run().name == "lenet5-mnist"


def test_training_a_copy_makes_a_run_of_ones_own_with_the_same_settings(qtbot: QtBot, make_window: MakeWindow) -> None:
    panel = fresh(qtbot, make_window, "Vision")
    example, before = panel.current_run(), sorted(file.name for file in panel.current_run().path.iterdir())
    transport = panel.current_tab().transport
    assert transport.resume.text() == "Train a copy"
    qtbot.mouseClick(transport.resume, LEFT)
    qtbot.waitUntil(lambda: bool(panel.context.sessions.bridges), timeout=LONG)
    bridge = panel.context.sessions.bridges[0]
    assert bridge.run.path.parent.resolve() == runs_folder().resolve()
    assert bridge.run.stored["config"].items() >= example.stored["config"].items()  # And settings that are newer than the example.
    assert bridge.run.stored["steps"] == example.stored["steps"]
    assert panel.current_tab().bridge is bridge
    assert sorted(file.name for file in example.path.iterdir()) == before


def test_runs_of_ones_own_come_back_in_place_of_the_example(qtbot: QtBot, make_window: MakeWindow) -> None:
    run = lab.train("linear", steps=1, run=runs_folder() / "own")
    settings().setValue("Vision/tabs", json.dumps([str(run.path.resolve())]))
    panel: Any = make_window("Vision", example=True).panels["Vision"]
    qtbot.waitUntil(lambda: panel.current_tab() is not None, timeout=LONG)
    assert [tab.run.name for tab in panel.tabs.all()] == ["own"]


def test_runs_lists_the_examples_until_there_is_a_run(qtbot: QtBot, make_window: MakeWindow, stored: Callable[..., Run]) -> None:
    panel: Any = make_window("Runs", example=True).panels["Runs"]
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == len(registry.examples()), timeout=LONG)
    assert panel.list.count.text().endswith("These come with the lab.")
    assert panel.current_run().shipped
    can = {name: panel.action_set[name].isEnabled() for name in ("open", "rename", "delete", "star", "marks", "free")}
    assert can == {"open": True, "rename": False, "delete": False, "star": False, "marks": False, "free": False}
    stored(run=runs_folder() / "own")
    panel.refresh()
    qtbot.waitUntil(lambda: [row.run.name for row in panel.list.table.rows] == ["own"], timeout=LONG)
    assert panel.list.count.text() == "1 run"
