"""Exporting a network from the app: from the run in front of a panel, or from the list of runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import choose, drives
from pytestqt.qtbot import QtBot

import lab
from gui.main_window import MainWindow
from lab.paths import runs_folder

LONG = 120_000


@pytest.fixture
def window(qtbot: QtBot, make_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """With a run of a linear classifier; who exports names the file net.pt."""
    lab.train("linear", steps=1, device="cpu", run=runs_folder() / "one")
    monkeypatch.setattr("gui.widgets.save_dialog.QFileDialog.getSaveFileName", lambda *_: (str(tmp_path / "net.pt"), ""))
    return make_window("Vision")


def exported(qtbot: QtBot, window: Any, folder: Path) -> None:
    qtbot.waitUntil(lambda: not window.saved_note.isHidden(), timeout=LONG)
    assert window.saved_note.sentence.text() == "Saved net.pt"
    assert (folder / "net.pt").exists()
    assert "650 parameters" in (folder / "net.md").read_text()


@drives("Training > Export network")
def test_the_network_of_the_run_in_front_is_exported_with_its_card(qtbot: QtBot, window: Any, tmp_path: Path) -> None:
    panel = window.panels["Vision"]
    choose(qtbot, panel.session_menu, "Export network")
    assert "Open a run" in window.statusBar().currentMessage()
    window.open_run(lab.find("one"))
    choose(qtbot, panel.session_menu, "Export network")
    exported(qtbot, window, tmp_path)


@drives("Runs > Export network")
def test_the_network_of_a_run_in_the_list_is_exported(qtbot: QtBot, window: Any, tmp_path: Path) -> None:
    panel: Any = window.go_to("Runs")
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 1 and len(panel.selected()) == 1, timeout=LONG)
    choose(qtbot, panel.menus()[0], "Export network")
    exported(qtbot, window, tmp_path)


def test_a_run_that_cannot_be_written_says_why(qtbot: QtBot, window: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.errors import LabError

    def refuse(*_: object) -> None:
        raise LabError("No room.")

    monkeypatch.setattr("lab.export.export", refuse)
    window.open_run(lab.find("one"))
    choose(qtbot, window.panels["Vision"].session_menu, "Export network")
    qtbot.waitUntil(lambda: bool(window.errors), timeout=LONG)
    assert window.errors[0].sentence.text() == "No room."
    window.errors[0].close()
