"""What daily use brings: odd names, folders that vanish, places where one cannot write, settings that somebody edited."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from gui.dialogs import ContinueDialog, ErrorDialog
from gui.main_window import MainWindow
from gui.settings import settings
from gui.widgets.curves import Curves
from lab.errors import LabError, UsageError
from lab.listing import Entry
from lab.paths import runs_folder
from lab.run import Run
from lab.run_folders import TRASH, discard, put_back, rename

LONG = 60_000


@pytest.mark.parametrize("name", ["", "  ", "a/b", "../a", "a\nb", "$x$", ".hidden", "a:b", "~a", "a|b"])
def test_a_name_that_no_folder_should_have_is_refused(stored: Callable[..., Run], name: str) -> None:
    run = stored()
    with pytest.raises(UsageError, match="letters, digits"):
        rename(run, name)
    assert run.path.is_dir()


@pytest.mark.parametrize("name", ["Übung-1", "日本語", "run_2.b+c=d"])
def test_a_name_in_any_script_is_taken(stored: Callable[..., Run], name: str) -> None:
    assert Run(rename(stored(), name)).name == name


def test_a_name_too_long_for_the_disk_is_said_so(stored: Callable[..., Run]) -> None:
    with pytest.raises(LabError, match=r"Cannot move .* \(File name too long\)"):
        rename(stored(), "a" * 300)


def test_a_run_whose_folder_vanished_is_said_to_be_gone(stored: Callable[..., Run]) -> None:
    run = stored()
    run.path.rename(run.path.with_name("elsewhere"))
    for change in (lambda: rename(run, "new"), lambda: discard(run)):
        with pytest.raises(LabError, match="is gone"):
            change()


def test_a_trash_folder_that_was_emptied_gives_nothing_back(stored: Callable[..., Run]) -> None:
    path = discard(stored())
    path.rename(runs_folder() / "taken")
    with pytest.raises(LabError, match="is gone"):
        put_back(path)


def test_a_trash_folder_that_cannot_be_made_is_said_so(stored: Callable[..., Run]) -> None:
    run = stored()
    (runs_folder() / TRASH).write_text("a file in its place")
    with pytest.raises(LabError, match="Cannot move"):
        discard(run)
    assert run.path.is_dir()


def test_runs_of_two_time_zones_sort_by_the_instant(stored: Callable[..., Run]) -> None:
    entries = {}
    for name, created in (("early", "2026-01-01T12:30:00.000+00:00"), ("late", "2026-01-01T08:00:00.000-05:00")):  # 13:00 in UTC.
        path = stored(run=runs_folder() / name).path
        config = json.loads((path / "config.json").read_text())
        (path / "config.json").write_text(json.dumps({**config, "created": created}))
        entries[name] = Entry.of(Run(path))
    assert entries["late"].run.created - entries["early"].run.created == 30 * 60


def test_opening_a_run_that_vanished_says_so_and_takes_it_off_the_list(
    qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Run]
) -> None:
    stored()
    window = make_window("Runs")
    panel: Any = window.panels["Runs"]
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 1 and len(panel.selected()) == 1, timeout=LONG)
    panel.timer.stop()
    panel.selected()[0].path.rename(runs_folder().parent / "elsewhere")
    panel.action_set["open"].trigger()
    assert "is gone" in window.errors[0].sentence.text()
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 0, timeout=LONG)
    for dialog in list(window.errors):
        dialog.close()


@pytest.mark.parametrize("text", ["<b>bold</b> & more", "$x^2$", "a\nb"])
def test_a_sentence_is_shown_letter_by_letter(qtbot: QtBot, text: str) -> None:
    dialog = ErrorDialog(text, "")
    assert dialog.sentence.textFormat() == Qt.TextFormat.PlainText
    assert dialog.sentence.text() == text
    dialog.deleteLater()


def test_a_run_with_an_ampersand_in_its_name_keeps_it(window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(run=runs_folder() / "cats & <b>dogs")
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    assert panel.tabs.tabText(1) == "cats && <b>dogs"  # Qt draws && as &.
    assert "&lt;b&gt;" in panel.tabs.tabToolTip(1)
    window.show_status()
    assert window.run_button.text() == "cats && <b>dogs"
    dialog = ContinueDialog(run)
    assert "cats & <b>dogs" in dialog.sentence.text()
    assert dialog.sentence.textFormat() == Qt.TextFormat.PlainText
    dialog.deleteLater()


@pytest.mark.parametrize("stored_values", ["5", "[1]", "null", "{", '"text"', json.dumps({"gamma": "x", "unknown": 1})])
def test_settings_that_somebody_edited_stop_no_start(make_window: Callable[..., MainWindow], stored_values: str) -> None:
    settings().setValue("Atari/values", stored_values)
    settings().setValue("Atari/tabs", stored_values)
    settings().setValue("window/geometry", "no bytes")
    settings().setValue("theme", "pink")
    panel: Any = make_window().panels["Atari"]
    assert panel.form.fields.valid()


@pytest.mark.parametrize("ending", ["png", "csv"])
def test_curves_are_refused_where_one_cannot_write_before_anything_is_lost(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    (tmp_path / "file").write_text("kept")
    asked = [str(tmp_path / "file" / f"x.{ending}"), str(tmp_path / "Kurven ü $1"), ""]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (asked.pop(0), "")))
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", staticmethod(lambda *words: said.append(words[-1])))
    curves = Curves()
    qtbot.addWidget(curves)
    curves.ask_png() if ending == "png" else curves.ask_csv()
    assert len(said) == 1
    assert "is a file, not a folder" in said[0]
    assert (tmp_path / f"Kurven ü $1.{ending}").stat().st_size > 0


def test_curves_on_a_disk_that_fills_up_are_said_to_be_not_saved(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("gui.widgets.curves.ask_save_path", lambda *_: Path("/dev/full"))
    monkeypatch.setattr(QMessageBox, "warning", staticmethod(lambda *words: said.append(words[-1])))
    curves = Curves()
    qtbot.addWidget(curves)
    curves.ask_csv()
    assert "Cannot write /dev/full (No space left on device)" in said[0]
