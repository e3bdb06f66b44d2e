"""The Runs panel: every action on the runs on disk."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from controls import drives, pick
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot
from runs_table import select, shown

from gui.runs.marks_dialog import MarksDialog
from lab import checkpoint
from lab.errors import LabError
from lab.marks import Marks, marks
from lab.paths import runs_folder
from lab.run import Run
from lab.run_folders import rename

LONG = 60_000


@pytest.fixture
def panel(three_runs: Any) -> Any:
    return three_runs


def go_to(qtbot: QtBot, window: Any, name: str) -> None:
    """Press the shortcut of a panel."""
    keys = window.panel_actions[name].shortcut()[0]
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    qtbot.keyClick(window, keys.key(), keys.keyboardModifiers())
    assert window.stack.currentWidget() is window.panels[name]


def open_tab(qtbot: QtBot, panel: Any, name: str) -> None:
    """Open a run, wait until its tab has its views, and come back."""
    select(panel, name)
    pick(qtbot, panel.action_set["open"])
    wait_for_views(qtbot, panel)
    go_to(qtbot, panel.window(), "Runs")
    qtbot.waitUntil(lambda: not panel.list.reading, timeout=LONG)


def wait_for_views(qtbot: QtBot, panel: Any) -> None:
    tabs = panel.window().panels["Atari"].tabs.all()
    qtbot.waitUntil(lambda: all(tab.views.source is not None for tab in tabs), timeout=LONG)


def test_entries_are_as_they_were_when_the_panel_comes_back(qtbot: QtBot, panel: Any) -> None:
    window: Any = panel.window()
    select(panel, "alpha", "beta")
    go_to(qtbot, window, "Atari")
    go_to(qtbot, window, "Runs")
    assert panel.action_set["open"].isEnabled()
    assert panel.action_set["delete"].isEnabled()
    assert not any(action.isEnabled() for action in (panel.action_set["rename"], panel.action_set["folder"]))


def test_rows_that_come_late_switch_no_entry_on_behind_another_panel(qtbot: QtBot, panel: Any) -> None:
    panel.refresh()
    go_to(qtbot, panel.window(), "Atari")
    shutil.rmtree(runs_folder() / "beta")
    qtbot.waitUntil(lambda: not panel.list.reading, timeout=LONG)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 2, timeout=LONG)
    select(panel, "alpha")
    assert not panel.action_set["delete"].isEnabled()


def test_delete_goes_to_the_trash_and_comes_back(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha", "beta")
    pick(qtbot, panel.action_set["delete"])
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 1, timeout=10_000)
    assert len(list((runs_folder() / ".trash").iterdir())) == 2
    undo = panel.window().action_set["undo"]
    pick(qtbot, undo)
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 3, timeout=LONG)
    assert sorted(shown(panel)) == ["alpha", "beta", "gamma"]
    assert not undo.isEnabled()


def test_rename(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", staticmethod(lambda *_, **__: ("delta", True)))
    select(panel, "gamma")
    pick(qtbot, panel.action_set["rename"])
    qtbot.waitUntil(lambda: "delta" in shown(panel), timeout=10_000)
    assert (runs_folder() / "delta" / "config.json").exists()


def test_a_long_name_is_seen_whole_where_it_is_changed(qtbot: QtBot, panel: Any) -> None:
    name = "classify-lenet5-mnist-5k-s0-20261126-210019-with-more-dropout"
    rename(Run(runs_folder() / "gamma"), name)
    panel.refresh()
    qtbot.waitUntil(lambda: name in shown(panel), timeout=LONG)
    select(panel, name)
    room: list[tuple[int, int]] = []

    def look() -> None:
        dialog: Any = QApplication.activeModalWidget()
        line = dialog.findChild(QLineEdit)
        assert line.text() == name
        room.append((line.fontMetrics().horizontalAdvance(name), line.width()))
        dialog.reject()

    QTimer.singleShot(0, look)
    pick(qtbot, panel.action_set["rename"])
    qtbot.waitUntil(lambda: bool(room), timeout=LONG)
    assert room[0][0] < room[0][1]


def test_the_tab_of_a_run_follows_its_new_name(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", staticmethod(lambda *_, **__: ("delta", True)))
    window: Any = panel.window()
    for name in ("beta", "gamma", "alpha"):  # The one in the middle, and another in front.
        open_tab(qtbot, panel, name)
    atari = window.panels["Atari"]
    select(panel, "gamma")
    pick(qtbot, panel.action_set["rename"])
    wait_for_views(qtbot, panel)
    assert [tab.run.name for tab in atari.tabs.all()] == ["beta", "delta", "alpha"]
    assert atari.tabs.tabText(2) == "delta"
    assert atari.current_run().name == "alpha"
    qtbot.waitUntil(lambda: "delta" in shown(panel), timeout=LONG)
    select(panel, "delta")
    pick(qtbot, panel.action_set["open"])
    assert window.current_run().path == runs_folder() / "delta"
    assert len(atari.tabs.all()) == 3


def test_the_tab_of_a_deleted_run_closes(qtbot: QtBot, panel: Any) -> None:
    window: Any = panel.window()
    open_tab(qtbot, panel, "beta")
    select(panel, "beta")
    pick(qtbot, panel.action_set["delete"])
    assert window.panels["Atari"].tabs.all() == []
    assert "to the trash folder" in window.statusBar().currentMessage()


@pytest.mark.parametrize("name", ["", "../elsewhere", "a/b", ".hidden", "beta"])
def test_a_name_that_cannot_be_is_refused(panel: Any, name: str) -> None:
    with pytest.raises(LabError):
        rename(Run(runs_folder() / "alpha"), name)
    assert (runs_folder() / "alpha").exists()


def test_a_run_that_is_being_trained_is_left_where_it_is(qtbot: QtBot, panel: Any) -> None:
    run = Run(runs_folder() / "alpha")
    with run.lock():
        select(panel, "alpha")
        pick(qtbot, panel.action_set["delete"])
    window: Any = panel.window()
    assert "is being trained" in window.errors[0].sentence.text()
    window.errors[0].close()
    assert run.path.exists()


def test_a_run_opens_in_its_panel(qtbot: QtBot, panel: Any) -> None:
    window: Any = panel.window()
    select(panel, "beta")
    pick(qtbot, panel.action_set["open"])
    assert window.stack.currentWidget() is window.panels["Atari"]
    assert window.current_run().name == "beta"


def test_the_tensorboard_command_names_the_selected_runs(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha")
    pick(qtbot, panel.action_set["tensorboard"])
    assert QApplication.clipboard().text() == f"tensorboard --logdir {Path(runs_folder() / 'alpha').resolve()}"
    select(panel, "alpha", "beta")
    assert panel.tensorboard_command().startswith("tensorboard --logdir_spec ")
    assert "alpha:" in panel.tensorboard_command()
    assert "beta:" in panel.tensorboard_command()


def test_the_folder_of_a_run_is_opened(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtGui import QDesktopServices

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile())))
    select(panel, "alpha")
    pick(qtbot, panel.action_set["folder"])
    assert opened == [str((runs_folder() / "alpha").resolve())]


def row_of(panel: Any, name: str) -> int:
    return shown(panel).index(name)


@drives("Runs > Star")
def test_a_click_into_the_column_of_stars_gives_one(qtbot: QtBot, panel: Any) -> None:
    column = panel.list.table.columns.index("star")
    place = panel.list.view.visualRect(panel.list.proxy.index(row_of(panel, "beta"), column)).center()
    qtbot.mouseClick(panel.list.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert marks(Run(runs_folder() / "beta")).star
    qtbot.waitUntil(lambda: shown(panel, "star")[row_of(panel, "beta")] == "★", timeout=LONG)
    select(panel, "alpha", "beta")
    pick(qtbot, panel.action_set["star"])
    assert marks(Run(runs_folder() / "alpha")).star
    pick(qtbot, panel.action_set["star"])
    assert not any(marks(Run(runs_folder() / name)).star for name in ("alpha", "beta"))


@drives("Runs > Tags and note")
def test_tags_and_a_note_are_typed_and_found_by_the_filter(qtbot: QtBot, panel: Any) -> None:
    select(panel, "gamma")
    pick(qtbot, panel.action_set["marks"])
    (dialog,) = panel.findChildren(MarksDialog)
    qtbot.keyClicks(dialog.tags, "good, slow")
    qtbot.keyClicks(dialog.note, "why not")
    qtbot.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    assert marks(Run(runs_folder() / "gamma")) == Marks(("good", "slow"), "why not")
    qtbot.waitUntil(lambda: "good, slow" in shown(panel, "tags"), timeout=LONG)
    qtbot.keyClicks(panel.list.filter_line, "tags=slow")
    assert shown(panel) == ["gamma"]


@drives("Runs > Free space")
def test_freeing_space_asks_and_deletes_older_checkpoints(qtbot: QtBot, panel: Any) -> None:
    run = Run(runs_folder() / "alpha")
    newest = checkpoint.listed(run.checkpoints)[-1]
    shutil.copytree(newest, newest.with_name("step-000000000001"))
    select(panel, "alpha", "beta")
    pick(qtbot, panel.action_set["free"])
    qtbot.waitUntil(lambda: bool(panel.findChildren(QMessageBox)), timeout=LONG)
    (box,) = panel.findChildren(QMessageBox)
    assert box.text() == "Delete 1 older checkpoint?"
    qtbot.mouseClick(box.defaultButton(), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: checkpoint.listed(run.checkpoints) == [newest], timeout=LONG)
    qtbot.waitUntil(lambda: panel.window().statusBar().currentMessage().startswith("Freed "), timeout=LONG)
    qtbot.waitUntil(lambda: not panel.list.reading, timeout=LONG)
