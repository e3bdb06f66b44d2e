"""The window: its start, menus, shortcuts, theme, layout and dialogs."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import drives, pick
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox
from pytestqt.qtbot import QtBot

from gui import theme
from gui.dialogs import AboutDialog, ShortcutSheet
from gui.main_window import MainWindow
from gui.panels import PANELS
from lab.run import Run

LONG = 60_000


def test_the_window_shows_before_torch_and_the_library_of_curves_are_imported(tmp_path: Path) -> None:
    code = (
        "import os, sys, json; from PySide6.QtCore import QSettings; from gui.app import application, open_window\n"
        "from gui.main_window import MainWindow\n"
        f"QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, {str(tmp_path)!r})\n"
        "def started(self):\n"
        "    print(json.dumps([self.isVisible(), *(name in sys.modules for name in ('torch', 'pyqtgraph'))]), flush=True); os._exit(0)\n"
        "MainWindow.started = started\n"
        "app = application(); window = open_window(app); app.exec()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    assert json.loads(done.stdout) == [True, False, False]


def test_the_bar_has_the_panels_that_are_built(qtbot: QtBot, window: MainWindow) -> None:
    assert list(window.panel_actions) == [spec.name for spec in PANELS]
    assert {"Atari", "Runs"} <= set(window.panel_actions)
    pick(qtbot, window.panel_actions["Runs"])
    assert window.stack.currentWidget() is window.panels["Runs"]
    pick(qtbot, window.panel_actions["Atari"])
    assert window.stack.currentWidget() is window.panels["Atari"]


def test_only_the_menus_of_the_panel_in_front_are_there(window: MainWindow) -> None:
    def titles() -> list[str]:
        return [action.text().replace("&", "") for action in window.menuBar().actions() if action.isVisible()]

    assert titles() == ["File", "Edit", "View", "Training", "Watch", "Help"]
    window.go_to("Runs")
    assert titles() == ["File", "Edit", "View", "Runs", "Help"]
    atari: Any = window.panels["Atari"]
    assert not any(action.isEnabled() for action in atari.session_menu.actions() if not action.isSeparator())
    window.go_to("Atari")
    assert all(action.isEnabled() for action in atari.session_menu.actions() if not action.isSeparator())


def every_action(window: MainWindow) -> list[QAction]:
    panels = [window.go_to(spec.name) for spec in PANELS]
    menus = [*window.action_set.top_menus(), *(menu for panel in panels for menu in panel.menus())]
    return [action for menu in menus for action in menu.actions() if not action.isSeparator() and action.menu() is None and action.text()]


def test_every_action_has_a_shortcut_and_says_what_it_does(window: MainWindow) -> None:
    for action in every_action(window):
        assert not action.shortcut().isEmpty(), action.text()
        assert action.toolTip() != action.text().replace("&", "") or action.statusTip(), action.text()


def test_no_shortcut_has_two_meanings_in_one_panel(window: MainWindow) -> None:
    for spec in PANELS:
        panel = window.go_to(spec.name)
        menus = (*window.action_set.top_menus(), *panel.menus())
        shortcuts = {action.text(): action.shortcut().toString() for menu in menus for action in menu.actions()}  # Pages may share one.
        keys = [keys for keys in shortcuts.values() if keys]
        assert len(keys) == len(set(keys)), (spec.name, [(t, k) for t, k in shortcuts.items() if k and keys.count(k) > 1])


def test_the_sheet_lists_every_shortcut(qtbot: QtBot, window: MainWindow) -> None:
    actions = every_action(window)
    window.show_shortcuts()
    sheet: Any = window.findChild(ShortcutSheet)
    listed = {sheet.table.item(i, 1).text() for i in range(sheet.table.rowCount())}
    assert {action.shortcut().toString() for action in actions} <= listed
    sheet.close()


def test_about_names_the_versions(window: MainWindow) -> None:
    window.show_about()
    about: Any = window.findChild(AboutDialog)
    assert all(name in about.text.text() for name in ("torch", "PySide6", "pyqtgraph", "ale-py", "python"))
    about.close()


def test_the_theme_changes_at_once_and_is_remembered(
    qtbot: QtBot, qapp: QApplication, window: MainWindow, make_window: Callable[..., MainWindow]
) -> None:
    pick(qtbot, window.action_set["theme.dark"])
    assert theme.is_dark()
    panel: Any = window.panels["Atari"]
    qtbot.waitUntil(lambda: theme.is_dark(panel.watch.panes[0].palette()), timeout=LONG)
    again = make_window()
    assert [again.action_set[f"theme.{name}"].isChecked() for name in ("system", "light", "dark")] == [False, False, True]


def test_docks_and_settings_come_back_at_the_next_start(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    first = make_window()
    panel: Any = first.panels["Atari"]
    panel.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, panel.watch_dock)
    panel.form.recipe_box.setCurrentText("dqn")
    panel.form.fields.set_values({"game": "qbert", "gamma": 0.95})
    first.close()
    again: Any = make_window().panels["Atari"]
    assert again.dockWidgetArea(again.watch_dock) == Qt.DockWidgetArea.BottomDockWidgetArea
    assert again.form.recipe_box.currentText() == "dqn"
    assert again.form.fields.values()["game"] == "qbert"
    assert again.form.fields.values()["gamma"] == 0.95


def test_open_runs_come_back_at_the_next_start_but_those_that_are_gone(
    make_window: Callable[..., MainWindow], stored: Callable[..., Run]
) -> None:
    first, kept, lost, last = make_window(), stored(), stored(), stored()
    for run in (kept, lost, last, kept):
        first.open_run(run)
    first.close()
    shutil.rmtree(lost.path)
    again: Any = make_window().panels["Atari"]
    assert [tab.run.name for tab in again.tabs.all()] == [kept.name, last.name]
    assert again.current_run().name == kept.name


def test_runs_that_were_not_asked_for_yet_are_still_remembered(make_window: Callable[..., MainWindow], stored: Callable[..., Run]) -> None:
    run, first = stored(), make_window()
    first.open_run(run)
    first.close()
    make_window("Runs").close()
    again: Any = make_window().panels["Atari"]
    assert again.current_run().name == run.name


def test_reset_layout_puts_the_docks_back(window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, panel.watch_dock)
    panel.settings_dock.hide()
    window.reset_layout()
    assert panel.dockWidgetArea(panel.watch_dock) == Qt.DockWidgetArea.RightDockWidgetArea
    assert not panel.settings_dock.isHidden()


def test_a_defect_is_shown_with_its_traceback_and_the_app_goes_on(window: MainWindow) -> None:
    try:
        raise KeyError("lost")
    except KeyError as error:
        window.catch(KeyError, error, error.__traceback__)
    dialog: Any = window.errors[0]
    assert "lost" in dialog.sentence.text()
    assert "Traceback" in dialog.trace.toPlainText()
    dialog.close()
    assert window.isVisible()


def test_the_status_bar_names_device_and_memory(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: "loading" not in window.device_label.text(), timeout=LONG)
    window.show_status()
    assert "MB" in window.memory_label.text() or "GB" in window.memory_label.text()
    assert window.speed_label.text() == "not training"


@drives("GamePicker: OK", "GamePicker: Cancel")
def test_the_game_picker_searches_shows_and_picks(qtbot: QtBot, window: MainWindow) -> None:
    from gui.atari.game_picker import GamePicker

    picker = GamePicker("pong", window.background, window)
    qtbot.addWidget(picker)
    picker.show()
    qtbot.waitUntil(lambda: "pong" in picker.pictures, timeout=LONG)
    assert picker.count.text() == "108 of 108 games"
    qtbot.keyClicks(picker.search, "break")
    assert picker.count.text() == "1 of 108 games"
    assert picker.game == "breakout"
    assert "4 actions: noop, fire, right, left" in picker.facts.text()
    assert "human 31.8" in picker.facts.text()
    qtbot.waitUntil(lambda: "breakout" in picker.pictures, timeout=LONG)
    ok, cancel = (picker.buttons.button(which) for which in (QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel))
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert picker.result() == QDialog.DialogCode.Rejected
    picker.show()
    qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
    assert picker.result() == QDialog.DialogCode.Accepted


def test_no_game_is_picked_where_the_search_finds_none(qtbot: QtBot, window: MainWindow) -> None:
    from gui.atari.game_picker import GamePicker

    picker = GamePicker("pong", window.background, window)
    qtbot.addWidget(picker)
    picker.show()
    ok = picker.buttons.button(QDialogButtonBox.StandardButton.Ok)
    qtbot.keyClicks(picker.search, "zzz")
    assert (picker.count.text(), picker.name.text(), ok.isEnabled()) == ("0 of 108 games", "", False)
    picker.search.clear()
    assert ok.isEnabled()
    picker.reject()


def test_a_game_for_two_people_is_shown_but_not_picked(qtbot: QtBot, window: MainWindow) -> None:
    from gui.atari.game_picker import FOR_TWO, GamePicker

    picker = GamePicker("pong", window.background, window)
    qtbot.addWidget(picker)
    picker.show()
    qtbot.keyClicks(picker.search, "warlords")
    assert picker.facts.text() == FOR_TWO
    assert not picker.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    picker.list.itemActivated.emit(picker.list.currentItem())
    assert picker.isVisible()
    picker.reject()


@drives("TrainForm: game", "Training > Choose game")
def test_the_game_button_opens_the_picker_and_fills_the_form(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    from gui.atari.game_picker import GamePicker

    def pick(self: GamePicker) -> int:
        self.game = "seaquest"
        self.done(1)
        return 1

    monkeypatch.setattr(GamePicker, "exec", pick)
    panel: Any = window.panels["Atari"]
    qtbot.mouseClick(panel.game_button, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert panel.form.fields.values()["game"] == "seaquest"
    assert panel.game_button.text() == "Seaquest"
