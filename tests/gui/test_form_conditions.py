"""Which settings the form lists: those that have an effect with what is chosen."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.widgets.config_form import ConfigForm
from lab import cli, registry
from lab.config import data_kinds
from lab.data.catalogue import giving
from lab.flags import command_line


@pytest.mark.parametrize(
    ("recipe", "values", "hidden"),
    [
        ("vae", {}, {"ground", "games", "frames", "player"}),
        ("vae", {"data": "folder:/x"}, {"games", "frames", "player"}),
        ("classify", {"network": "knn"}, {"optimizer", "learning_rate", "momentum", "weight_decay", "schedule", "dropout", "weights", "hidden_units"}),
        ("classify", {"schedule": "constant"}, {"schedule_steps"}),
        ("gan", {"r1": 0.0}, {"r1_every"}),
        ("dqn", {}, {"learning_rate_steps", "priority_beta"}),
        ("qr-dqn", {}, {"loss"}),
        ("linear", {}, {"data"}),
        ("cyclegan", {"style": 0}, {"style_weight"}),
        ("forecast", {}, {"columns"}),
        ("gpt", {"learning_rate_end": 1.0}, {"decay_steps"}),
        ("pix2pix", {"data": "pairs:/x"}, {"task", "games"}),
        ("dream", {"horizon": 1, "source": "random", "learning_rate_end": 1.0}, {"entries", "horizon_steps", "tolerance", "random_share", "learning_rate_steps"}),
        ("dream", {"family": "latent"}, {"overview", "drawing_steps", "precision"}),
    ],
)  # fmt: skip
def test_settings_without_effect_are_not_listed(form: ConfigForm, recipe: str, values: dict[str, Any], hidden: set[str]) -> None:
    form.set_config(registry.recipe(recipe).config_class())
    form.set_values(values)
    assert not hidden & set(form.shown())


def test_the_ground_of_own_images_is_offered_for_them_alone(form: ConfigForm) -> None:
    for recipe, data in (("vae", "folder:/x"), ("cyclegan", "folders:/a,/b"), ("pix2pix", "pairs:/x"), ("classify", "folder:/x")):
        form.set_config(registry.recipe(recipe).config_class())
        assert "ground" not in form.shown()
        form.set_values({"data": data})
        assert "ground" in form.shown()


def shown(form: ConfigForm) -> set[str]:
    return set(form.shown())


def choose(form: ConfigForm, name: str, value: str) -> None:
    """Click the list of a setting and press keys until `value` is chosen."""
    box: Any = form.rows[name].editor
    for _ in range(box.count()):
        if box.currentText() == value:
            break
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == value


@pytest.fixture
def image_form(form: ConfigForm, qtbot: QtBot) -> ConfigForm:
    form.set_config(registry.recipe("vae").config_class(), {"data": ("atari", "mnist-5k")})
    form.show()
    qtbot.waitExposed(form)
    return form


def test_settings_of_atari_data_show_when_atari_is_chosen(image_form: ConfigForm) -> None:
    atari = {"games", "frames", "player"}
    assert not atari & shown(image_form)
    QTest.keyClick(image_form.rows["data"].editor, Qt.Key.Key_Up)
    assert atari <= shown(image_form)
    choose(image_form, "data", "mnist-5k")
    assert not atari & shown(image_form)


def test_a_hidden_setting_is_at_its_default_in_the_config_and_comes_back(image_form: ConfigForm) -> None:
    image_form.set_values({"data": "atari", "frames": 250})
    assert image_form.config().frames == 250  # type: ignore[attr-defined]
    image_form.set_values({"data": "mnist-5k"})
    assert image_form.config() == type(image_form.config())()
    assert command_line("vae", image_form.config()) == "lab train vae"
    image_form.set_values({"data": "atari"})
    assert image_form.config().frames == 250  # type: ignore[attr-defined]


def test_a_value_that_does_not_count_is_no_mistake(image_form: ConfigForm) -> None:
    image_form.set_values({"data": "atari", "games": "chess"})
    assert "chess" in image_form.problem.text()
    choose(image_form, "data", "mnist-5k")
    assert image_form.valid()


def test_the_network_that_is_chosen_shows_its_own_settings(image_form: ConfigForm) -> None:
    assert {"hidden"} == {"hidden", "features"} & shown(image_form)
    choose(image_form, "architecture", "conv")
    assert {"features"} == {"hidden", "features"} & shown(image_form)


def test_search_finds_no_setting_that_does_not_count(image_form: ConfigForm) -> None:
    image_form.search.setText("frames")
    assert "frames" not in shown(image_form)
    image_form.set_values({"data": "atari"})
    assert "frames" in shown(image_form)
    assert "latent" not in shown(image_form)
    image_form.search.clear()
    assert {"frames", "latent"} <= shown(image_form)


@pytest.mark.parametrize("recipe", ["vae", "cyclegan", "pix2pix", "classify"])
def test_help_and_form_say_the_same_condition(recipe: str, form: ConfigForm, capsys: pytest.CaptureFixture[str]) -> None:
    form.set_config(registry.recipe(recipe).config_class())
    assert "Only with --data atari." in form.rows["frames"].toolTip()
    with pytest.raises(SystemExit):
        cli.main(["train", recipe, "--help"])
    frames = " ".join(capsys.readouterr().out.split()).split("--frames INT")[1]
    assert "Only with --data atari." in frames.split("(default")[0]


OF_DATA: dict[str, tuple[str, ...]] = {
    "games": ("atari",), "frames": ("atari",), "ground": ("folder:", "folders:", "pairs:"), "columns": ("file:",),
    "pairs": ("dates", "numbers", "clauses", "recall", "adding"), "decisions": ("ram",),
}  # fmt: skip
"""Settings that have an effect with some data alone, whatever the recipe."""

OWN_PATHS = {
    "folder:PATH": "folder:/x",
    "folders:A,B": "folders:/a,/b",
    "pairs:FOLDER": "pairs:/x",
    "pairs:A,B": "pairs:/a,/b",
    "file:PATH": "file:/x",
}
LEARNING = [
    (recipe.name, data)
    for recipe in registry.recipes().values()
    if "data" in recipe.config_class().model_fields and (kinds := data_kinds(recipe.config_class().model_fields["data"]))
    for data in giving(*kinds)
]  # fmt: skip


@pytest.mark.parametrize(("recipe", "data"), LEARNING)
def test_no_recipe_lists_what_has_no_effect_with_its_data(form: ConfigForm, recipe: str, data: str) -> None:
    form.set_config(registry.recipe(recipe).config_class())
    value = OWN_PATHS.get(data, data)
    form.set_values({"data": value})
    listed = set(form.listed())
    for name, of in OF_DATA.items():
        if name in form.rows:
            wanted = any(value == each or (each.endswith(":") and value.startswith(each)) for each in of)
            assert (name in listed) == wanted, name
    if "player" in form.rows:
        assert ("player" in listed) == (value in ("atari", "ram"))
    if "game" in form.rows:
        assert ("game" in listed) == (value in ("atari", "ram"))
