"""The form makes exactly the config that the command line makes."""

import shlex
from typing import Any

import pytest
from controls import write
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QStyle, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from agents.dqn_config import DQNConfig, DQNFastConfig
from gui.widgets.config_form import ConfigForm, limits
from gui.widgets.number_edit import NumberEdit, parse, stepped
from lab import cli, registry
from lab.config import Config
from lab.flags import add_fields, command_line, parser
from lab.setting_groups import GROUPS


def from_command_line(line: str, config_class: type[Config]) -> Config:
    """What `lab train` would make of the line."""
    lab, command, _recipe, *words = shlex.split(line)
    assert (lab, command) == ("lab", "train")
    p = parser("train", "")
    add_fields(p, config_class)
    return config_class.parse(vars(p.parse(words)))


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
    assert list(form.rows) == list(DQNFastConfig.model_fields)
    for name, field in DQNFastConfig.model_fields.items():
        assert field.description in form.rows[name].toolTip()
        assert form.rows[name].default == field.default
        assert form.table.labelForField(form.rows[name]).toolTip() == form.rows[name].toolTip()
    gamma: Any = form.rows["gamma"].editor
    assert (gamma.low, gamma.high) == (0, 1)
    loss: Any = form.rows["loss"].editor
    assert [loss.itemText(i) for i in range(loss.count())] == ["huber", "squared"]


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
        ("learning_rate", "abc", "learning rate: 'abc' is not a number."),
    ],
)
def test_a_number_that_cannot_be_taken_is_told_of(form: ConfigForm, qtbot: QtBot, name: str, typed: str, note: str) -> None:
    form.resize(500, 900)
    form.show()
    write(qtbot, form, name, typed)
    assert form.valid()
    assert form.note.isVisible()
    assert form.note.text() == note
    form.defaults.click()
    assert not form.note.isVisible()


def test_search_hides_what_does_not_match(form: ConfigForm) -> None:
    form.search.setText("epsilon random")
    assert form.shown() == ["epsilon_start", "epsilon_end", "eval_epsilon", "noisy"]
    form.search.clear()
    assert {"epsilon_start", "gamma", "double"} < set(form.shown())


def test_units_stand_behind_the_numbers_here_and_in_the_help(qtbot: QtBot, form: ConfigForm, capsys: pytest.CaptureFixture[str]) -> None:
    default = DQNFastConfig().learning_starts
    line: Any = form.rows["learning_starts"].editor
    assert line.lineEdit().text() == f"{default:,} steps"
    for typed, value in (("6000 steps", 6000), ("7000", 7000), ("8,000", 8000)):
        write(qtbot, form, "learning_starts", typed)
        assert form.values()["learning_starts"] == value
        assert line.lineEdit().text() == f"{value:,} steps"
    with pytest.raises(SystemExit):
        cli.main(["train", "dqn-fast", "--help"])
    assert f"default {default} steps, from 1 to" in " ".join(capsys.readouterr().out.split())


def cut_texts(form: ConfigForm) -> list[str]:
    """The values and labels that are shown and have too little room."""
    cut = []
    for name in form.shown():
        editor: Any = form.rows[name].editor
        label: Any = form.table.labelForField(form.rows[name])
        if label.width() < label.sizeHint().width():
            cut.append(f"label of {name}")
        if isinstance(editor, QComboBox):
            option = QStyleOptionComboBox()
            editor.initStyleOption(option)
            parts = editor.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, editor)
            text, room = editor.currentText(), parts.width()
        elif isinstance(editor, NumberEdit):
            text, room = editor.lineEdit().text(), editor.lineEdit().width() - 4  # Qt keeps 2 pixels free on either side.
        elif isinstance(editor, QLineEdit):
            text, room = editor.text() or editor.placeholderText(), editor.width() - 4
            room = room if len(text) < 20 else 10_000  # A long text scrolls.
        else:
            continue
        if editor.fontMetrics().horizontalAdvance(text) > room:
            cut.append(f"{name}: {text}")
    return cut


@pytest.mark.parametrize("recipe", list(registry.recipes()))
@pytest.mark.parametrize("width", ["narrowest", "preferred"])
def test_no_text_is_cut_in_a_form(qtbot: QtBot, form: ConfigForm, recipe: str, width: str) -> None:
    form.set_config(registry.recipe(recipe).config_class())
    form.resize((form.minimumSizeHint() if width == "narrowest" else form.sizeHint()).width(), 4000)
    form.show()
    qtbot.waitExposed(form)
    assert form.width() <= {"narrowest": 240, "preferred": 340}[width]
    assert not form.scroller.horizontalScrollBar().maximum()
    assert cut_texts(form) == []


def test_a_number_that_grows_gets_the_room_that_it_needs(qtbot: QtBot, form: ConfigForm) -> None:
    form.resize(form.minimumSizeHint().width(), 4000)
    form.show()
    write(qtbot, form, "epsilon_steps", "1000000000")
    form.resize(form.minimumSizeHint().width(), 4000)
    qtbot.waitUntil(lambda: cut_texts(form) == [], timeout=60_000)
    assert form.rows["epsilon_steps"].editor.lineEdit().text() == "1,000,000,000 steps"  # type: ignore[attr-defined]


def test_values_that_stand_for_something_are_words_which_can_be_typed(qtbot: QtBot, form: ConfigForm) -> None:
    form.set_config(registry.recipe("classify").config_class())
    size: Any = form.rows["size"].editor
    assert size.lineEdit().text() == "the data's own"
    write(qtbot, form, "size", "64")
    assert form.values()["size"] == 64
    write(qtbot, form, "size", "The data's own")
    assert form.values()["size"] == 0
    size.stepBy(1)
    assert size.lineEdit().text() == "1 pixel"
    size.stepBy(-1)
    assert size.lineEdit().text() == "the data's own"
    dropout: Any = form.rows["dropout"].editor
    assert dropout.lineEdit().text() == "the network's own"
    weights: Any = form.rows["weights"].editor
    assert (weights.text(), weights.placeholderText()) == ("", "none")
    assert form.config() == type(form.config())()


def test_only_what_was_changed_can_be_set_back(form: ConfigForm) -> None:
    def resets() -> list[str]:
        return [name for name, setting in form.rows.items() if not setting.reset.isHidden()]

    assert resets() == []
    form.set_values({"gamma": 0.5, "double": False})
    assert resets() == ["gamma", "double"]
    form.rows["gamma"].reset.click()
    assert form.values()["gamma"] == 0.99
    assert resets() == ["double"]


@pytest.mark.parametrize("width", [240, 268, 400])
def test_the_rows_end_where_the_scroll_bar_begins(qtbot: QtBot, width: int) -> None:
    form = ConfigForm()
    qtbot.addWidget(form)
    form.resize(width, 400)
    form.set_open_groups(GROUPS)
    form.set_config(registry.recipe("classify").config_class())
    form.set_values({"seed": 3})
    form.show()
    qtbot.waitUntil(lambda: form.scroller.verticalScrollBar().isVisible(), timeout=60_000)
    viewport = form.scroller.viewport()
    qtbot.waitUntil(
        lambda: form.rows["seed"].reset.mapTo(viewport, form.rows["seed"].reset.rect().topRight()).x() < viewport.width(), timeout=60_000
    )
    assert form.scroller.horizontalScrollBar().maximum() == 0


def test_the_wheel_scrolls_past_the_numbers_that_nobody_clicked_into(qtbot: QtBot, form: ConfigForm) -> None:
    form.resize(300, 300)
    form.show()
    qtbot.waitExposed(form)
    editor: Any = form.rows["gamma"].editor
    form.search.setFocus()

    def turn() -> None:
        place = QPointF(editor.rect().center())
        wheel = QWheelEvent(
            place, editor.mapToGlobal(place), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(editor, wheel)

    turn()
    assert form.values()["gamma"] == 0.99
    editor.setFocus()
    qtbot.waitUntil(editor.hasFocus, timeout=60_000)
    turn()
    assert form.values()["gamma"] == 0.98


@pytest.mark.parametrize(
    ("text", "whole", "value"),
    [
        ("1e-4", False, 1e-4), ("0,5", False, 0.5), ("10,000", True, 10_000), ("10 000", True, 10_000), ("1.000", True, 1000),
        ("1_000_000", True, 1_000_000), ("-3", True, -3), ("2.5e3", True, 2500), ("3.0", True, 3), ("12345.678", False, 12345.678),
    ],
)  # fmt: skip
def test_a_number_is_read_as_a_person_means_it(text: str, whole: bool, value: float) -> None:
    number = parse(text, whole)
    assert (number, type(number)) == (value, type(value) if not whole else int)


@pytest.mark.parametrize(
    ("text", "whole", "why"),
    [
        ("2.5", True, "'2.5' is not a whole number"), ("nan", False, "'nan' is not a finite number"), ("inf", False, "'inf' is not a finite number"),
        ("1,000", False, "can mean 1000 or 1.000"), ("", True, "'' is not a number"), ("1.2.3", False, "'1.2.3' is not a number"),
    ],
)  # fmt: skip
def test_what_is_not_one_number_is_refused(text: str, whole: bool, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(text, whole)


@pytest.mark.parametrize(
    ("value", "up", "down"), [(0.001, 0.0011, 0.00099), (0.99, 1.0, 0.98), (0.0, 0.001, -0.001), (-0.1, -0.099, -0.11), (25.0, 26.0, 24.0)]
)
def test_a_step_is_a_tenth_of_a_numbers_power_of_ten(value: float, up: float, down: float) -> None:
    assert (stepped(value, 1), stepped(value, -1)) == (up, down)


def test_a_value_beyond_its_digits_on_the_screen_is_kept(qtbot: QtBot, form: ConfigForm) -> None:
    form.set_values({"learning_rate": 0.000123456789})
    editor: Any = form.rows["learning_rate"].editor
    assert editor.lineEdit().text() == "0.000123457"
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert form.values()["learning_rate"] == 0.000123456789


@pytest.mark.parametrize("values", [{"gamma": "x", "seed": None, "double": "no"}, {"loss": "none"}])
def test_a_stored_value_of_another_kind_breaks_nothing(form: ConfigForm, values: dict[str, Any]) -> None:
    form.set_values(values)
    assert form.values()["gamma"] == 0.99
    assert form.valid() == ("loss" not in values)


def test_what_was_typed_counts_though_only_a_shortcut_follows(qtbot: QtBot, form: ConfigForm) -> None:
    editor: Any = form.rows["seed"].editor
    editor.selectAll()
    qtbot.keyClicks(editor, "12")
    assert form.config().seed == 12
