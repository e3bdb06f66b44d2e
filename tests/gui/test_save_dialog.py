"""Saving asks for a file that can be written before any work is done."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.save_dialog import ask_save_path

ENDINGS = (".png", ".gif")


@pytest.fixture
def ask(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answers the file dialogs that come up, one name each; the path that is taken, what was refused, what was suggested."""
    parent = QWidget()
    qtbot.addWidget(parent)

    def give(*names: Path | str) -> tuple[Path | None, list[str], list[str]]:
        answers, refused, suggested = [str(name) for name in names], [], []

        def choose(_: QWidget, title: str, suggestion: str, kinds: str) -> tuple[str, str]:
            suggested.append(suggestion)
            return answers.pop(0), kinds

        monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(choose))
        monkeypatch.setattr(QMessageBox, "warning", staticmethod(lambda *words: refused.append(words[-1])))
        path = ask_save_path(parent, "Save", "walk.gif", ENDINGS)
        assert not answers
        return path, refused, suggested

    return give


def test_a_name_without_an_ending_gets_the_suggested_one(ask: Any, tmp_path: Path) -> None:
    assert ask(tmp_path / "mine")[0] == tmp_path / "mine.gif"


def test_an_upper_case_ending_is_taken(ask: Any, tmp_path: Path) -> None:
    assert ask(tmp_path / "MINE.PNG")[0] == tmp_path / "MINE.PNG"


@pytest.mark.parametrize("name", ["Märchen $1.png", "鳥.gif", "run:1.png", "a.b.png"])
def test_names_may_hold_any_letter(ask: Any, tmp_path: Path, name: str) -> None:
    assert ask(tmp_path / name)[0] == tmp_path / name


def test_cancel_takes_nothing(ask: Any) -> None:
    assert ask("") == (None, [], ["walk.gif"])


def test_another_format_is_refused_and_asked_for_again(ask: Any, tmp_path: Path) -> None:
    path, refused, suggested = ask(tmp_path / "mine.jpg", tmp_path / "mine.png")
    assert path == tmp_path / "mine.png"
    assert "mine.jpg" in refused[0]
    assert ".png or .gif" in refused[0]
    assert suggested[1] == str(tmp_path / "mine.jpg")


def test_a_place_below_a_file_is_refused(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path, refused, _ = ask(tmp_path / "file" / "x.png", "")
    assert path is None
    assert "is a file, not a folder" in refused[0]
