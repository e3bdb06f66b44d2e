"""Presets in the form: chosen, saved, renamed and deleted by clicks."""

from typing import Any

import pytest
from controls import choose, drives
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMenu
from pytestqt.qtbot import QtBot

from gui.settings import settings
from gui.train_form import TrainForm
from lab import presets, registry
from lab.built_in_presets import Preset


@pytest.fixture
def form(qtbot: QtBot) -> TrainForm:
    made = TrainForm({name: registry.recipe(name) for name in ("vae", "dcgan", "wgan-gp")}, {})
    qtbot.addWidget(made)
    made.show_recipe("vae")
    made.show()
    return made


def names(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def below(menu: QMenu, title: str) -> QMenu:
    menu.aboutToShow.emit()
    return next(action.menu() for action in menu.actions() if action.text() == title)  # type: ignore[return-value]


def answer(monkeypatch: pytest.MonkeyPatch, text: str, agreed: bool = True) -> None:
    monkeypatch.setattr(QInputDialog, "getText", staticmethod(lambda *_, **__: (text, agreed)))


@drives("TrainForm: Presets")
def test_a_preset_sets_settings_and_length_and_leaves_data_and_seed(qtbot: QtBot, form: TrainForm) -> None:
    form.fields.set_values({"data": "mnist", "seed": 7, "latent": 5})
    choose(qtbot, form.presets.menu(), "as published")
    values: Any = form.fields.config()
    assert (values.data, values.seed, values.latent, values.hidden, values.batch_size) == ("mnist", 7, 20, "500", 100)
    assert form.length() == {"steps": registry.recipe("vae").steps}
    choose(qtbot, form.presets.menu(), "quick look")
    assert form.length() == {"steps": 1000}
    assert form.fields.values()["hidden"] == "400"


def test_own_settings_are_saved_by_name_chosen_renamed_and_deleted(qtbot: QtBot, form: TrainForm, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    form.said.connect(said.append)
    form.fields.set_values({"latent": 3})
    form.length_unit.setCurrentText("minutes")
    form.minutes.setValue(2.5)
    answer(monkeypatch, "three & more")
    choose(qtbot, form.presets.menu(), "Save as")
    assert presets.own("vae") == {"three & more": Preset("Your own.", {"latent": 3}, minutes=2.5)}
    form.fields.reset()
    choose(qtbot, form.presets.menu(), "quick look")
    choose(qtbot, form.presets.menu(), "three  more")  # `choose` reads names without &.
    assert form.fields.values()["latent"] == 3
    assert form.length() == {"minutes": 2.5}
    answer(monkeypatch, "three")
    below(form.presets.menu(), "Rename").actions()[0].trigger()
    assert list(presets.own("vae")) == ["three"]
    below(form.presets.menu(), "Delete").actions()[0].trigger()
    assert presets.own("vae") == {}
    assert not below(form.presets.menu(), "Delete").isEnabled()
    assert said[0] == "Saved the preset three & more."
    assert said[-2:] == ["Renamed the preset to three.", "Deleted the preset three."]


def test_a_name_that_cannot_be_is_said(qtbot: QtBot, form: TrainForm, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    form.said.connect(said.append)
    answer(monkeypatch, "quick look")
    choose(qtbot, form.presets.menu(), "Save as")
    assert said == ["'quick look' is a preset of the lab: choose another name."]


def test_the_menu_is_that_of_the_recipe_and_says_what_each_preset_is(form: TrainForm) -> None:
    form.recipe_box.setCurrentText("wgan-gp")
    menu = form.presets.menu()
    menu.aboutToShow.emit()
    assert names(menu) == ["quick look", "as published", "best", "Save as…", "Rename", "Delete"]
    assert "Gulrajani" in menu.actions()[1].toolTip()


def test_the_menu_opens_at_one_click(qtbot: QtBot, form: TrainForm) -> None:
    assert form.presets.popupMode() == form.presets.ToolButtonPopupMode.InstantPopup
    opened: list[bool] = []
    menu = form.presets.menu()
    menu.aboutToShow.connect(lambda: opened.append(True))
    menu.popup(form.presets.mapToGlobal(form.presets.rect().bottomLeft()))
    qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert opened == [True]


def test_open_groups_come_back_at_the_next_start(qtbot: QtBot, form: TrainForm) -> None:
    store = settings()
    qtbot.mouseClick(form.fields.folds["Loss"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(form.fields.folds["Main"], Qt.MouseButton.LeftButton)
    assert form.fields.shown() == [name for name in form.fields.rows if name in ("likelihood", "beta_warmup")]
    form.remember(store, "Generate")
    other = TrainForm(form.recipes, {})
    qtbot.addWidget(other)
    other.restore(store, "Generate", "vae")
    assert other.fields.open_groups == {"Loss"}
    assert other.fields.shown() == form.fields.shown()
