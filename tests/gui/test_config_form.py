"""The form makes exactly the config that the command line makes."""

import shlex

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from agents.dqn_config import DQNConfig, DQNFastConfig
from gui.widgets.config_form import ConfigForm, command_line, limits
from lab import cli, registry
from lab.config import Config
from lab.flags import add_fields, parser


def from_command_line(line: str, config_class: type[Config]) -> Config:
    """What `lab train` would make of the line."""
    lab, command, _recipe, *words = shlex.split(line)
    assert (lab, command) == ("lab", "train")
    p = parser("train", "")
    add_fields(p, config_class)
    return config_class.parse(vars(p.parse(words)))


@pytest.fixture
def form(qtbot: QtBot) -> ConfigForm:
    made = ConfigForm()
    qtbot.addWidget(made)
    made.set_config(DQNFastConfig, {"game": ("breakout", "pong")})
    return made


def test_an_untouched_form_gives_the_defaults(form: ConfigForm) -> None:
    assert form.config() == DQNFastConfig()


def test_the_copied_line_makes_the_same_config(form: ConfigForm) -> None:
    form.set_values({"game": "breakout", "learning_rate": 0.001, "double": False, "loss": "squared", "seed": 7})
    line = command_line("dqn-fast", form.config())
    assert from_command_line(line, DQNFastConfig) == form.config()
    assert line == "lab train dqn-fast --seed 7 --game breakout --learning-rate 0.001 --no-double --loss squared"


@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**31 - 1), gamma=st.floats(0, 1), envs=st.integers(1, 256), dueling=st.booleans(),
    precision=st.sampled_from(["auto", "fp32", "bf16"]), learning_rate=st.floats(1e-7, 0.1),
)  # fmt: skip
def test_any_config_survives_the_command_line(**values: object) -> None:
    config = DQNConfig.parse(values)
    assert from_command_line(command_line("dqn", config), DQNConfig) == config


def test_every_field_has_a_row_with_its_description_bounds_and_default(form: ConfigForm) -> None:
    assert form.root is not None
    rows = {child.name(): child for child in form.root.children()}
    assert set(rows) == set(DQNFastConfig.model_fields)
    for name, field in DQNFastConfig.model_fields.items():
        assert field.description in rows[name].opts["tip"]
        assert rows[name].defaultValue() == field.default
    assert rows["gamma"].opts["limits"] == (0, 1)
    assert rows["loss"].opts["limits"] == ["huber", "squared"]


def test_excluded_bounds_are_just_outside_the_limits() -> None:
    low, high = limits(DQNConfig.model_fields["sticky_actions"])
    assert low == 0
    assert high is not None
    assert 0.999 < high < 1


def test_a_combination_that_the_config_refuses_is_said_in_the_form(form: ConfigForm) -> None:
    form.set_values({"learning_starts": 20_000, "replay_capacity": 10_000})
    assert not form.valid()
    assert "--learning-starts" in form.problem.text()
    form.defaults.click()
    assert form.valid()
    assert form.config() == DQNFastConfig()


@pytest.mark.parametrize(
    ("name", "typed", "note"),
    [
        ("batch_size", "0", "batch size: at least 1, not 0."),
        ("gamma", "2", "gamma: at most 1, not 2."),
        ("learning_rate", "abc", "learning rate: 'abc' is no number."),
    ],
)
def test_a_number_that_cannot_be_taken_is_told_of(form: ConfigForm, qtbot: QtBot, name: str, typed: str, note: str) -> None:
    form.resize(500, 900)
    form.show()
    item = next(item for item in form.items() if item.param.name() == name)
    form.tree.scrollToItem(item)
    item.showEditor()
    line = item.widget.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, typed)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert form.valid()
    assert form.note.isVisible()
    assert form.note.text() == note
    form.defaults.click()
    assert not form.note.isVisible()


def test_search_hides_what_does_not_match(form: ConfigForm) -> None:
    form.search.setText("epsilon random")
    assert form.root is not None
    shown = [child.name() for child in form.root.children() if child.opts["visible"]]
    assert shown == ["epsilon_start", "epsilon_end", "eval_epsilon"]
    form.search.clear()
    assert all(child.opts["visible"] for child in form.root.children())


def test_units_stand_behind_the_numbers_here_and_in_the_help(form: ConfigForm, capsys: pytest.CaptureFixture[str]) -> None:
    item = next(item for item in form.items() if item.param.name() == "learning_starts")
    default = DQNFastConfig().learning_starts
    assert item.displayLabel.text() == f"{default} steps"
    item.widget.lineEdit().setText("6000 steps")
    item.widget.editingFinishedEvent()
    assert form.values()["learning_starts"] == 6000
    item.widget.lineEdit().setText("7000")
    item.widget.editingFinishedEvent()
    assert form.values()["learning_starts"] == 7000
    with pytest.raises(SystemExit):
        cli.main(["train", "dqn-fast", "--help"])
    assert f"default {default} steps, from 1 to" in " ".join(capsys.readouterr().out.split())


def test_only_what_was_changed_can_be_set_back(form: ConfigForm) -> None:
    def resets() -> list[str]:
        return [item.param.name() for item in form.items() if not item.defaultBtn.isHidden()]

    assert resets() == []
    form.set_values({"gamma": 0.5, "double": False})
    assert resets() == ["gamma", "double"]
    next(item for item in form.items() if item.param.name() == "gamma").defaultBtn.click()
    assert form.values()["gamma"] == 0.99
    assert resets() == ["double"]


def shown(form: ConfigForm) -> set[str]:
    return {item.param.name() for item in form.items() if not item.isHidden()}


def choose(form: ConfigForm, name: str, value: str) -> None:
    """Click the list of a setting and press keys until `value` is chosen."""
    box = next(item for item in form.items() if item.param.name() == name).widget
    for _ in range(box.count()):
        if box.currentText() == value:
            break
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == value


@pytest.fixture
def image_form(form: ConfigForm, qtbot: QtBot) -> ConfigForm:
    form.set_config(registry.recipe("vae").config_class(), {"data": ("atari", "digits")})
    form.show()
    qtbot.waitExposed(form)
    return form


def test_settings_of_atari_data_show_when_atari_is_chosen(image_form: ConfigForm) -> None:
    atari = {"games", "frames", "player"}
    assert not atari & shown(image_form)
    QTest.keyClick(next(item for item in image_form.items() if item.param.name() == "data").widget, Qt.Key.Key_Up)
    assert atari <= shown(image_form)
    choose(image_form, "data", "digits")
    assert not atari & shown(image_form)


def test_a_hidden_setting_is_at_its_default_in_the_config_and_comes_back(image_form: ConfigForm) -> None:
    image_form.set_values({"data": "atari", "frames": 250})
    assert image_form.config().frames == 250  # type: ignore[attr-defined]
    image_form.set_values({"data": "digits"})
    assert image_form.config() == type(image_form.config())()
    assert command_line("vae", image_form.config()) == "lab train vae"
    image_form.set_values({"data": "atari"})
    assert image_form.config().frames == 250  # type: ignore[attr-defined]


def test_a_value_that_does_not_count_is_no_mistake(image_form: ConfigForm) -> None:
    image_form.set_values({"data": "atari", "games": "chess"})
    assert "chess" in image_form.problem.text()
    choose(image_form, "data", "digits")
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
    tip = next(item for item in form.items() if item.param.name() == "frames").param.opts["tip"]
    assert "Only with --data atari." in tip
    with pytest.raises(SystemExit):
        cli.main(["train", recipe, "--help"])
    frames = " ".join(capsys.readouterr().out.split()).split("--frames INT")[1]
    assert "Only with --data atari." in frames.split("(default")[0]


def test_the_rows_end_where_the_scroll_bar_begins(qtbot: QtBot) -> None:
    form = ConfigForm()
    qtbot.addWidget(form)
    form.resize(268, 400)
    form.set_config(registry.recipe("classify").config_class())
    form.show()
    qtbot.waitUntil(lambda: form.tree.verticalScrollBar().isVisible())
    header = form.tree.header()
    qtbot.waitUntil(lambda: header.sectionSize(0) + header.sectionSize(1) == form.tree.viewport().width())
    assert form.tree.horizontalScrollBar().maximum() == 0
