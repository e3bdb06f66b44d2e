"""The form of the Sequences panel: its data, its explanations and what it says of a broken file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import press
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from sequence_runs import LONG

from gui.main_window import MainWindow


def test_a_broken_file_is_told_and_trains_nothing(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: Any
) -> None:
    window = make_window("Sequences")
    told: list[str] = []
    panel: Any = window.panel("Sequences")
    monkeypatch.setattr(panel.context, "report", lambda sentence, trace: told.append(sentence))
    (tmp_path / "a.tsv").write_text("one column\n" * 9)
    panel.form.recipe_box.setCurrentText("text-class")
    panel.form.fields.set_values({"data": f"file:{tmp_path / 'a.tsv'}"})
    qtbot.mouseClick(panel.form.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(told), timeout=LONG)
    assert "line 1: expected two columns" in told[0]
    assert not window.sessions.bridges


def test_each_recipe_is_offered_the_data_that_it_can_learn(make_window: Callable[..., MainWindow]) -> None:
    panel: Any = make_window("Sequences").panel("Sequences")
    assert panel.form.recipe_box.currentText() == "gpt"  # At the first start.
    for recipe, first in (("seq2seq", "dates"), ("tag", "stdlib"), ("forecast", "ram"), ("gpt", "pydocs")):
        panel.form.recipe_box.setCurrentText(recipe)
        assert panel.form.fields.values()["data"] == first
        assert panel.form.fields.valid()
        assert "file:PATH" in panel.form.fields.rows["data"].editor.own()


def test_the_explanation_is_that_of_the_recipe(make_window: Callable[..., MainWindow]) -> None:
    panel: Any = make_window("Sequences").panel("Sequences")
    for recipe in panel.recipes:
        panel.form.recipe_box.setCurrentText(recipe)
        assert len(panel.about_label.text()) > 200, recipe
    panel.form.recipe_box.setCurrentText("word2vec")
    assert "Mikolov" in panel.about_label.text()


def test_a_file_is_chosen_by_its_key(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window("Sequences")
    panel: Any = window.panel("Sequences")
    (tmp_path / "Märchen $1.txt").write_text("Es war einmal")
    monkeypatch.setattr(QFileDialog, "exec", lambda self: True)
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda self: [str(tmp_path / "Märchen $1.txt")])
    press(qtbot, window, panel.session_menu, "Train on your own data")
    assert panel.form.fields.values()["data"] == f"file:{tmp_path / 'Märchen $1.txt'}"
    assert panel.form.fields.rows["data"].editor.currentText() == "Märchen $1.txt"
