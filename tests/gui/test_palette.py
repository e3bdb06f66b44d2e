"""The command palette by real keys: what it finds, and what Return does."""

from collections.abc import Callable
from typing import Any

from controls import drives
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.actions import plain
from gui.main_window import MainWindow
from gui.palette import LOADING, NOTHING, CommandPalette, Entry, entries
from gui.window_actions import every_action
from lab import registry
from lab.atari.games import TWO_PLAYERS, game_title, games
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
    qtbot.waitUntil(lambda: any(entry.kind.startswith("Setting of") for entry in palette.all), timeout=LONG)
    qtbot.keyClicks(palette.line, words)
    assert palette.shown, words
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    QApplication.processEvents()


def test_an_empty_list_says_why(qtbot: QtBot) -> None:
    palette = CommandPalette([Entry("Runs", "Open", lambda: None)], complete=False)
    qtbot.addWidget(palette)
    palette.show()
    assert palette.note.text() == LOADING
    qtbot.keyClicks(palette.line, "gamma")
    assert palette.note.text() == LOADING
    palette.offer([Entry("Setting of dqn", "gamma", lambda: None)])
    assert [entry.name for entry in palette.shown] == ["gamma"]
    assert palette.note.text() == ""
    qtbot.keyClicks(palette.line, "x")
    assert palette.shown == []
    assert palette.note.text() == NOTHING


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
    assert atari.form.length() == {"steps": 6_000}
    run(qtbot, window, "recipe dqn-fast")
    assert atari.form.recipe_box.currentText() == "dqn-fast"
    run(qtbot, window, f"run {known.name}")
    assert atari.current_run().name == known.name
    run(qtbot, window, "everywhere runs alt+6")
    assert window.stack.currentWidget() is window.panels["Runs"]


def test_everything_that_there_is_can_be_found(window: MainWindow, stored: Callable[..., Run], qtbot: QtBot) -> None:
    """Every action with its shortcut, setting, recipe, game, run, and view of the run in front, by the registries that declare them."""
    known = stored()
    window.open_run(known)
    tab: Any = window.panels["Atari"].current_tab()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: bool(tab.page_tabs.state.views), timeout=LONG)
    offered = list(entries(window))
    names = {(entry.kind, entry.name) for entry in offered}
    for scope, actions in every_action().items():
        if scope not in ("Everywhere", "Atari"):  # Of these, what can be done now.
            assert {(scope, plain(action.text), action.keys) for action in actions} <= {(e.kind, e.name, e.keys) for e in offered}
    for scope in (window.action_set, window.panels["Atari"].action_set):
        doable = [action for name, action in scope.declared.items() if scope[name].isEnabled() and scope[name].isVisible()]
        assert doable
        assert {action.keys for action in doable} <= {entry.keys for entry in offered if entry.kind == scope.scope}
    recipes = registry.recipes().values()
    assert {("Recipe", recipe.name) for recipe in recipes} <= names
    in_form = window.panels["Atari"].form.recipe.name  # type: ignore[attr-defined]
    for recipe in recipes:
        if recipe.name != in_form:
            assert {(f"Setting of {recipe.name}", name.replace("_", " ")) for name in recipe.config_class().model_fields} <= names
    assert {("Setting", name.replace("_", " ")) for name in window.panels["Atari"].form.fields.listed()} <= names  # type: ignore[attr-defined]
    assert {("Game", game_title(game)) for game in games() if game not in TWO_PLAYERS} <= names
    assert ("Run", known.name) in names
    assert {("View", name.replace("_", " ")) for name in tab.views.switches} <= names


def test_what_other_panels_have_is_gone_to(qtbot: QtBot, window: MainWindow) -> None:
    run(qtbot, window, "setting of gpt learning rate")
    sequences: Any = window.panels["Sequences"]
    assert window.stack.currentWidget() is sequences
    assert sequences.form.recipe_box.currentText() == "gpt"
    assert sequences.form.fields.in_front == "learning_rate"
    run(qtbot, window, "runs refresh f5")
    assert window.stack.currentWidget() is window.panels["Runs"]
    run(qtbot, window, "generate save time-lapse")
    assert "has nothing to act on in Generate yet" in window.statusBar().currentMessage()
    run(qtbot, window, "game ms pacman")
    assert window.panels["Atari"].form.fields.values()["game"] == "ms_pacman"  # type: ignore[attr-defined]


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
