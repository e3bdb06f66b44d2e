"""The command palette by real keys: what it finds, and what Return does."""

from collections.abc import Callable
from typing import Any

from controls import drives
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.palette import CommandPalette
from lab.run import Run

LONG = 60_000


def opened(qtbot: QtBot, window: MainWindow) -> Any:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    return window.findChild(CommandPalette)


def run(qtbot: QtBot, window: MainWindow, words: str) -> None:
    """Open the palette, type, and press Return."""
    palette = opened(qtbot, window)
    qtbot.keyClicks(palette.line, words)
    assert palette.shown, words
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    QApplication.processEvents()


@drives("View > Command palette")
def test_actions_recipes_settings_games_and_runs_are_found_by_their_names(
    qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]
) -> None:
    known, panel = stored(), window.panels["Atari"]
    atari: Any = panel
    run(qtbot, window, "game qbert")
    assert atari.form.fields.values()["game"] == "qbert"
    run(qtbot, window, "setting gamma")
    window.activateWindow()
    qtbot.waitUntil(lambda: window.focusWidget() is atari.form.fields.rows["gamma"].editor, timeout=LONG)
    run(qtbot, window, "preset quick look")
    assert atari.form.length() == {"steps": 20_000}
    run(qtbot, window, "recipe dqn-fast")
    assert atari.form.recipe_box.currentText() == "dqn-fast"
    run(qtbot, window, f"run {known.name}")
    assert atari.current_run().name == known.name
    run(qtbot, window, "everywhere runs alt+6")
    assert window.stack.currentWidget() is window.panels["Runs"]


def test_the_arrows_choose_and_escape_does_nothing(qtbot: QtBot, window: MainWindow) -> None:
    palette = opened(qtbot, window)
    assert palette.list.currentIndex().row() == 0
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    qtbot.keyClicks(palette.line, "no such thing anywhere")
    assert palette.shown == []
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible()
    qtbot.keyClick(palette, Qt.Key.Key_Escape)
    assert not palette.isVisible()
