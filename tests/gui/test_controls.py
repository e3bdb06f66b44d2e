"""Every button and menu entry of the window and its panels has a test that drives it; those that no other file drives are here."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import TINY, choose, drives, find_buttons, of_menu, plain
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from gui import theme
from gui.dialogs import AboutDialog, ErrorDialog, ShortcutSheet
from gui.main_window import MainWindow
from gui.panels import PANELS
from lab.paths import runs_folder
from lab.run import Run

LONG = 60_000


def claimed() -> set[str]:
    """What the tests of this folder say that they drive."""
    modules = [importlib.import_module(path.stem) for path in Path(__file__).parent.glob("test_*.py")]
    return {name for module in modules for test in vars(module).values() for name in getattr(test, "drives", ())}


@pytest.mark.parametrize("name", [spec.name for spec in PANELS])
def test_every_control_of_a_panel_and_the_window_is_driven_by_a_test(name: str, window: MainWindow, train: Callable[..., Any]) -> None:
    from gui.atari.game_picker import GamePicker

    if name == "Atari":
        train(window)
    panel = window.go_to(name)
    window.report("a sentence", "a traceback")
    window.show_shortcuts()
    window.show_about()
    picker = GamePicker("pong", window.background, window)
    controls = set(find_buttons(panel))
    for part in (*window.findChildren(QDialog), window.statusBar()):
        controls |= set(find_buttons(part))
    for menu in (*window.action_set.top_menus(), *panel.menus()):
        controls |= {general(entry) for entry in of_menu(menu, plain(menu.title()))}
    picker.done(0)
    for dialog in window.findChildren(QDialog):
        dialog.close()
    assert {"File > Quit", "GamePicker: OK", "ErrorDialog: Copy traceback", "MainWindow: run folder"} <= controls
    assert name != "Atari" or {"Transport: Pause", "Curves: Export > Numbers (CSV)"} <= controls
    assert controls - claimed() == set()


def general(name: str) -> str:
    """One name for the entries that there are as many of as there are panels and docks."""
    if name.startswith(("Edit > Undo", "Edit > Redo")):  # With the name of what is undone.
        return " ".join(name.split()[:3])
    for menu, entry in (("View > Docks", "a dock"), ("View > Theme", "a theme"), ("File > Film size", "a size")):
        if name.startswith(f"{menu} > "):
            return f"{menu} > {entry}"
    if name.startswith("Page > ") and name.removeprefix("Page > ") not in ("Next page", "Previous page", "Copy page", "Save page"):
        return "Page > a page"
    if name.startswith("Training > Example runs > "):
        return "Training > Example runs > an example"
    return "View > a panel" if name.removeprefix("View > ") in {spec.name for spec in PANELS} else name


def click(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, button.height() // 2))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were shown in the file manager."""
    folders: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(lambda url: bool(folders.append(url.toLocalFile())) or True))
    return folders


@drives("File > Open runs folder", "File > Copy screenshot", "File > Quit")
def test_the_file_menu(qtbot: QtBot, window: MainWindow, opened: list[str]) -> None:
    choose(qtbot, window.action_set.menu("&File"), "Open runs folder")
    assert opened == []
    assert "does not exist yet" in window.statusBar().currentMessage()
    runs_folder().mkdir(parents=True)
    choose(qtbot, window.action_set.menu("&File"), "Open runs folder")
    assert opened == [str(runs_folder().resolve())]
    choose(qtbot, window.action_set.menu("&File"), "Copy screenshot")
    assert QApplication.clipboard().pixmap().size() == window.size()
    choose(qtbot, window.action_set.menu("&File"), "Quit")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)


@drives("View > a panel", "View > a theme", "View > Theme > a theme", "View > Docks > a dock", "View > Full screen", "View > Reset layout")
def test_the_view_menu(qtbot: QtBot, window: MainWindow) -> None:
    for spec in reversed(PANELS):
        choose(qtbot, window.action_set.menu("&View"), spec.name)
        assert window.stack.currentWidget() is window.panels[spec.name]
        assert window.panel_actions[spec.name].isChecked()
        for dock in window.panels[spec.name].docks():
            shown = not dock.isHidden()
            for hidden in (shown, not shown):
                choose(qtbot, window.docks_menu, plain(dock.toggleViewAction().text()))
                assert dock.isHidden() is hidden
    themes: Any = next(action.menu() for action in window.action_set.menu("&View").actions() if action.text() == "Theme")
    for name, dark in (("Dark", True), ("Light", False)):
        choose(qtbot, themes, name)
        assert theme.is_dark() is dark
    choose(qtbot, window.action_set.menu("&View"), "Full screen")
    assert window.isFullScreen()
    choose(qtbot, window.action_set.menu("&View"), "Full screen")
    assert not window.isFullScreen()
    panel: Any = window.go_to("Atari")
    panel.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, panel.watch_dock)
    choose(qtbot, window.action_set.menu("&View"), "Reset layout")
    assert panel.dockWidgetArea(panel.watch_dock) == Qt.DockWidgetArea.RightDockWidgetArea


@drives("DockTitle: Float", "DockTitle: Close")
def test_a_dock_floats_comes_back_and_closes(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    title = panel.watch_dock.titleBarWidget()
    click(qtbot, title.float_button)
    assert panel.watch_dock.isFloating()
    click(qtbot, title.float_button)
    assert not panel.watch_dock.isFloating()
    click(qtbot, title.close_button)
    assert panel.watch_dock.isHidden()


@drives("Help > Keyboard shortcuts", "Help > About", "ShortcutSheet: Close", "AboutDialog: Close")
@pytest.mark.parametrize(("entry", "dialog"), [("Keyboard shortcuts", ShortcutSheet), ("About", AboutDialog)])
def test_the_help_menu(qtbot: QtBot, window: MainWindow, entry: str, dialog: type[QDialog]) -> None:
    choose(qtbot, window.action_set.menu("&Help"), entry)
    shown: Any = window.findChild(dialog)
    assert shown.isVisible()
    click(qtbot, find_buttons(shown)[f"{dialog.__name__}: Close"])
    assert not shown.isVisible()


@drives("ErrorDialog: Copy traceback", "ErrorDialog: Close")
def test_an_error_is_copied_and_closed(qtbot: QtBot, window: MainWindow) -> None:
    window.report("What went wrong.", "Traceback: where")
    dialog: ErrorDialog = window.errors[0]
    buttons = find_buttons(dialog)
    click(qtbot, buttons["ErrorDialog: Copy traceback"])
    assert QApplication.clipboard().text() == "What went wrong.\n\nTraceback: where"
    click(qtbot, buttons["ErrorDialog: Close"])
    assert window.errors == []


@drives("MainWindow: run folder")
def test_the_run_folder_in_the_status_bar(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run], opened: list[str]) -> None:
    run = stored()
    window.open_run(run)
    window.show_status()
    assert window.run_button.text() == run.name
    click(qtbot, window.run_button)
    assert opened == [str(run.path.resolve())]


@drives(
    "Training > Train", "Training > Pause / Resume", "Training > Step", "Training > Stop", "Training > Checkpoint",
    "Training > Resume stored run", "Training > Copy settings", "Training > Copy as command line", "Training > Close tab",
    "Watch > Watch the run in front",
)  # fmt: skip
def test_the_training_menu(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    menu = panel.session_menu
    panel.form.recipe_box.setCurrentText("dqn-fast")
    panel.form.fields.set_values({**TINY, "seed": 4})
    panel.form.steps.setValue(500_000)
    choose(qtbot, menu, "Copy as command line")
    assert QApplication.clipboard().text().startswith("lab train dqn-fast --seed 4")
    choose(qtbot, menu, "Train")
    qtbot.waitUntil(lambda: bool(window.sessions.bridges), timeout=LONG)
    bridge = window.sessions.bridges[0]
    qtbot.waitUntil(lambda: bridge.latest.done > 10, timeout=LONG)
    choose(qtbot, menu, "Pause / Resume")
    qtbot.waitUntil(lambda: bridge.latest.status == "paused", timeout=LONG)
    done = bridge.latest.done
    choose(qtbot, menu, "Step")
    qtbot.waitUntil(lambda: bridge.latest.done == done + 1, timeout=LONG)
    choose(qtbot, menu, "Checkpoint")
    qtbot.waitUntil(lambda: bridge.latest.checkpoint_step == done + 1, timeout=LONG)
    choose(qtbot, menu, "Pause / Resume")
    qtbot.waitUntil(lambda: bridge.latest.done > done + 1, timeout=LONG)
    panel.watch.panes[0].stop()
    panel.watch.playing[0] = None
    choose(qtbot, panel.watch_menu, "Watch the run in front")
    assert panel.watch.playing[0] == f"live:{bridge.run.path}"
    panel.form.fields.reset()
    choose(qtbot, menu, "Copy settings")
    assert panel.form.fields.values()["seed"] == 4
    choose(qtbot, menu, "Stop")
    qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)
    stopped = bridge.run.status()["done"]
    choose(qtbot, menu, "Close tab")
    assert not panel.tabs.all()
    qtbot.waitUntil(lambda: not window.sessions.retiring, timeout=LONG)
    window.open_run(bridge.run)
    choose(qtbot, menu, "Resume stored run")
    qtbot.waitUntil(lambda: bool(window.sessions.bridges) and window.sessions.bridges[0].latest.done > stopped, timeout=LONG)


@drives("TrainForm: Train")
def test_the_train_button(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.recipe_box.setCurrentText("dqn-fast")
    panel.form.fields.set_values(TINY)
    panel.form.steps.setValue(12)
    click(qtbot, panel.form.train_button)
    qtbot.waitUntil(lambda: bool(window.sessions.bridges) and not window.sessions.bridges[0].running, timeout=LONG)
    assert window.sessions.bridges[0].run.status()["done"] == 12


@drives(
    "Watch > Pause", "Watch > Frame", "Watch > Restart", "Watch > Slower", "Watch > Faster", "Watch > Take over", "Watch > Saliency",
    "Watch > Two agents",
)  # fmt: skip
def test_the_watch_menu(qtbot: QtBot, window: MainWindow) -> None:
    from gui.atari.weight_sources import UntrainedSource

    panel: Any = window.panels["Atari"]
    watch, menu = panel.watch, panel.watch_menu
    panel.watch_dock.show()
    watch.set_sources([UntrainedSource("pong")])
    thread = watch.panes[0].playing
    qtbot.waitUntil(lambda: thread.latest is not None, timeout=LONG)
    choose(qtbot, menu, "Faster")
    assert watch.controls.speed == 2.0
    choose(qtbot, menu, "Slower")
    assert watch.controls.speed == 1.0
    choose(qtbot, menu, "Saliency")
    qtbot.waitUntil(lambda: watch.panes[0].game.overlay is not None, timeout=LONG)
    choose(qtbot, menu, "Take over")
    assert watch.panes[0].by_hand
    choose(qtbot, menu, "Hand back")
    assert thread.human is None
    choose(qtbot, menu, "Pause")
    assert watch.controls.paused
    choose(qtbot, menu, "Restart")
    qtbot.waitUntil(lambda: thread.latest.frame.frames == 1, timeout=LONG)
    choose(qtbot, menu, "Frame")
    qtbot.waitUntil(lambda: thread.latest.frame.frames == 2, timeout=LONG)
    choose(qtbot, menu, "Resume")
    qtbot.waitUntil(lambda: thread.latest.frame.frames > 3, timeout=LONG)
    choose(qtbot, menu, "Two agents")
    assert watch.panes[1].playing is not None
    choose(qtbot, menu, "Two agents")
    assert watch.panes[1].playing is None


@drives(
    "Runs > Open", "Runs > Rename", "Runs > Delete", "Runs > Open folder", "Runs > Copy TensorBoard command",
    "Runs > Filter", "Runs > Refresh",
)  # fmt: skip
def test_the_runs_menu(
    qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Run], opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(run=runs_folder() / "alpha")
    window = make_window("Runs")
    panel: Any = window.panels["Runs"]
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 1, timeout=LONG)
    choose(qtbot, panel.menus()[0], "Open folder")
    assert opened == [str((runs_folder() / "alpha").resolve())]
    choose(qtbot, panel.menus()[0], "Copy TensorBoard command")
    assert QApplication.clipboard().text().startswith("tensorboard --logdir ")
    choose(qtbot, panel.menus()[0], "Filter")
    assert window.focusWidget() is panel.list.filter_line
    monkeypatch.setattr("gui.runs.panel.QInputDialog.getText", staticmethod(lambda *_, **__: ("beta", True)))
    choose(qtbot, panel.menus()[0], "Rename")
    qtbot.waitUntil(lambda: [row.run.name for row in panel.list.table.rows] == ["beta"], timeout=LONG)
    stored(run=runs_folder() / "gamma")
    choose(qtbot, panel.menus()[0], "Refresh")
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 2, timeout=LONG)
    panel.list.view.selectRow(0)
    name = panel.selected()[0].name
    choose(qtbot, panel.menus()[0], "Delete")
    assert not (runs_folder() / name).exists()
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 1, timeout=LONG)
    choose(qtbot, window.action_set.menu("&Edit"), f"Undo deletion of {name}")
    assert (runs_folder() / name).exists()
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 2 and not panel.list.reading, timeout=LONG)
    panel.list.view.selectRow(0)
    choose(qtbot, panel.menus()[0], "Open")
    assert window.stack.currentWidget() is window.panels["Atari"]


@drives("Setting: a setting", "Setting: reset a setting", "ConfigForm: Defaults", "ConfigForm: a group of settings")
def test_settings_are_changed_and_set_back(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.recipe_box.setCurrentText("dqn-fast")
    panel.form.fields.reset()
    setting = panel.form.fields.rows["double"]
    fold = panel.form.fields.folds["Returns"]
    assert not setting.isVisible()
    panel.form.fields.scroller.ensureWidgetVisible(fold)
    click(qtbot, fold)
    panel.form.fields.scroller.ensureWidgetVisible(setting)
    assert not setting.reset.isVisible()
    click(qtbot, setting.editor)
    assert panel.form.fields.values()["double"] is False
    assert setting.reset.isVisible()
    click(qtbot, setting.reset)
    assert panel.form.fields.values()["double"] is True
    assert not setting.reset.isVisible()
    click(qtbot, setting.editor)
    click(qtbot, panel.form.fields.defaults)
    assert panel.form.fields.config() == type(panel.form.fields.config())()


@drives("Views: view", "Views: +", "ViewFrame: Close")
def test_views_are_shown_and_taken_away_by_their_names(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    window.resize(1500, 900)  # Room for two views beside the agent that is watched.
    train(window)
    views = window.panels["Atari"].current_tab().views  # type: ignore[attr-defined]

    def shown() -> list[str]:
        return [frame.chooser.currentData() for frame in views.frames]

    def pressed() -> list[str]:
        return [name for name, button in views.switches.items() if button.isChecked()]

    before = shown()
    assert sorted(pressed()) == sorted(before)
    assert len(before) == views.capacity()
    click(qtbot, views.switches["priorities"])
    assert shown() == [*before[1:], "priorities"]  # What was there longest made room.
    click(qtbot, views.switches["priorities"])
    assert shown() == before[1:]
    click(qtbot, views.more)
    assert len(shown()) == len(before)
    click(qtbot, views.frames[0].close_button)
    assert len(shown()) == len(before) - 1
    assert sorted(pressed()) == sorted(shown())


@drives("Curves: Overlay")
def test_other_runs_are_drawn_over_this_one(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    other, run = stored(steps=60, run=runs_folder() / "other"), stored(run=runs_folder() / "this")
    window.open_run(run)
    tab: Any = window.panels["Atari"].current_tab()  # type: ignore[attr-defined]
    assert tab.curves.legend.isHidden()
    choose(qtbot, tab.overlay_menu, other.name)
    assert [line.label for line in tab.curves.lines.values()] == ["this", "other"]
    hues = {line.colour for line in tab.curves.lines.values()}
    assert len(hues) == 2
    assert not tab.curves.legend.isHidden()
    assert all(name in tab.curves.legend.text() for name in ("this", "other", *hues))
    choose(qtbot, tab.overlay_menu, other.name)
    assert list(tab.curves.lines) == ["this"]
    assert tab.curves.legend.isHidden()
