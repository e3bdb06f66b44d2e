"""The choice of data in a form: the catalogue's sets, and one's own through dialogs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import drives, press
from latent_space import menu_of
from PIL import Image
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.widgets.data_edit import DataEdit
from lab.data.catalogue import DATA, giving


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Summer and winter, a picture in each; empty, without any; both, which holds copies of the first two."""
    for place in ("summer", "winter", "both/trainA", "both/trainB", "both/testA"):
        (tmp_path / place).mkdir(parents=True)
        Image.new("RGB", (20, 20), (9, 9, 9)).save(tmp_path / place / "0.png")
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """What the user chooses in the dialogs that follow, None for Cancel."""
    given: list[Path | None] = []
    monkeypatch.setattr(DataEdit, "ask_path", lambda self, title, file: given.pop(0))
    return given


def choose(edit: DataEdit, entry: str) -> str:
    edit.setCurrentIndex(edit.findData(entry))
    return str(edit.currentData())


def test_it_offers_what_the_catalogue_gives(qtbot: QtBot) -> None:
    edit = DataEdit(["image domains"])
    qtbot.addWidget(edit)
    assert [edit.itemData(i) for i in range(edit.count())] == list(giving("image domains"))
    assert edit.own() == [name for name in giving("image domains") if DATA[name].prefix]


def test_two_folders_are_asked_for_one_after_the_other(qtbot: QtBot, folders: Path, answers: list[Path | None]) -> None:
    edit = DataEdit(["image domains"])
    qtbot.addWidget(edit)
    edit.set_value("atari")
    answers[:] = [folders / "summer", None]
    assert choose(edit, "folders:A,B") == "atari"
    answers[:] = [folders / "summer", folders / "winter"]
    with qtbot.waitSignal(edit.changed):
        assert choose(edit, "folders:A,B") == f"folders:{folders / 'summer'},{folders / 'winter'}"
    assert edit.currentText() == "summer and winter"


def test_a_folder_of_two_domains_is_enough(qtbot: QtBot, folders: Path, answers: list[Path | None]) -> None:
    edit = DataEdit(["image domains"])
    qtbot.addWidget(edit)
    answers[:] = [folders / "both"]
    assert choose(edit, "folders:A,B") == f"folders:{folders / 'both' / 'trainA'},{folders / 'both' / 'trainB'}"


def test_a_folder_without_images_is_refused_with_a_sentence(qtbot: QtBot, folders: Path, answers: list[Path | None]) -> None:
    edit = DataEdit(["images"])
    qtbot.addWidget(edit)
    edit.set_value("digits")
    answers[:] = [folders / "empty"]
    with qtbot.waitSignal(edit.refused) as refusal:
        assert choose(edit, "folder:PATH") == "digits"
    assert "empty" in refusal.args[0]


def test_a_comma_in_a_name_stays_part_of_it(qtbot: QtBot, folders: Path, answers: list[Path | None]) -> None:
    from lab.data.catalogue import paths

    edit = DataEdit(["images"])
    qtbot.addWidget(edit)
    mine = folders / "cats, dogs"
    (folders / "summer").rename(mine)
    answers[:] = [mine]
    assert paths(choose(edit, "folder:PATH")) == [mine]
    assert edit.currentText() == "cats, dogs"


@drives("Training > Train on your own data")
def test_the_key_asks_for_a_folder_and_fills_the_form(
    qtbot: QtBot, make_window: Callable[..., MainWindow], folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window("Vision")
    panel: Any = window.panel("Vision")
    panel.form.recipe_box.setCurrentText("classify")
    panel.form.fields.set_values({"batch_size": 7})
    monkeypatch.setattr(QFileDialog, "exec", lambda self: True)
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda self: [str(folders)])
    press(qtbot, window, menu_of(panel, "Training"), "Train on your own data")
    values = panel.form.fields.config().model_dump()
    assert values["data"] == f"folder:{folders}"
    assert values["batch_size"] == 7


def test_another_recipe_keeps_the_data_only_where_it_can_learn_from_them(make_window: Callable[..., MainWindow], folders: Path) -> None:
    panel: Any = make_window("Generate").panel("Generate")
    panel.form.recipe_box.setCurrentText("vae")
    panel.form.fields.set_values({"data": f"folder:{folders}"})
    panel.form.recipe_box.setCurrentText("dcgan")
    assert panel.form.fields.values()["data"] == f"folder:{folders}"
    panel.form.recipe_box.setCurrentText("cyclegan")
    assert panel.form.fields.values()["data"] == "digits"
