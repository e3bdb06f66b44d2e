from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import Field, ValidationError
from toy import ToyConfig

from lab import registry
from lab.config import Config, about, conditions_of, counting, counts, flag, is_settled, only, unit, unit_of, unless, with_defaults
from lab.errors import UsageError
from lab.flags import add_fields, parser


def test_a_value_out_of_bounds_is_refused_with_its_bound_and_its_meaning() -> None:
    with pytest.raises(UsageError, match=r"--batch-size .*less than or equal to 64, got 65.*Points in a step"):
        ToyConfig.parse({"batch_size": 65})


def test_every_wrong_value_is_named() -> None:
    with pytest.raises(UsageError, match=r"--learning-rate .*--batch-size"):
        ToyConfig.parse({"learning_rate": -1, "batch_size": "many"})


def test_an_unknown_setting_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r"no setting 'bach_size'. Did you mean batch_size"):
        ToyConfig.parse({"bach_size": 3})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(UsageError, match=r"--learning-rate .*finite"):
        ToyConfig.parse({"learning_rate": value})


def test_a_choice_names_what_there_is_to_choose() -> None:
    with pytest.raises(UsageError, match=r"--loss .*'huber' or 'squared', got 'absolute'"):
        registry.recipe("dqn").config_class().parse({"loss": "absolute"})


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        ToyConfig().seed = 3  # type: ignore[misc]


def test_other_defaults_keep_bounds_and_descriptions() -> None:
    cls = with_defaults(ToyConfig, "Other", batch_size=8)
    assert cls().batch_size == 8
    assert ToyConfig().batch_size == 4
    assert cls.model_fields["batch_size"].description == "Points in a step."
    with pytest.raises(UsageError, match=r"--batch-size"):
        cls.parse({"batch_size": 65})


@pytest.mark.parametrize("name", list(registry.recipes()))
def test_every_field_of_every_recipe_has_a_description_and_numbers_have_bounds(name: str) -> None:
    for field_name, field in registry.recipe(name).config_class().model_fields.items():
        assert field.description, field_name
        if field.annotation in (int, float):
            assert field.metadata, field_name


@pytest.mark.parametrize("name", list(registry.recipes()))
def test_every_choice_is_taken_as_it_is_typed(name: str) -> None:
    config, refused = registry.recipe(name).config_class(), []
    for field_name, field in config.model_fields.items():
        for choice in get_args(field.annotation) if get_origin(field.annotation) is Literal else ():
            try:
                config.parse({field_name: str(choice)})
            except UsageError as error:
                refused += [choice] if f"{flag(field_name)} should be" in str(error) else []  # Other settings may exclude it.
    assert refused == []


class Conditional(Config):
    """A setting that counts with two of the losses, if there is a penalty."""

    loss: Literal["hinge", "lsgan", "minimax"] = Field("hinge", description="What is minimised.")
    penalty: bool = Field(False, description="Whether slopes are punished.")
    target: float = Field(
        1.0, ge=0, le=1, description="What is aimed at.", json_schema_extra=unit("points") | only(loss=("lsgan", "minimax"), penalty=True)
    )


@pytest.mark.parametrize(("loss", "penalty", "expected"), [("lsgan", True, True), ("hinge", True, False), ("minimax", False, False)])
def test_a_setting_counts_where_all_its_conditions_hold(loss: str, penalty: bool, expected: bool) -> None:
    field = Conditional.model_fields["target"]
    assert counts(field, {"loss": loss, "penalty": penalty, "target": 1.0}) is expected
    assert counts(Conditional.model_fields["loss"], {"loss": loss})


class Dependent(Conditional):
    """Settings that count unless another has a value, with files of one's own, and where there is a choice."""

    data: str = Field("digits", description="What is learned.")
    ground: str = Field("white", description="What is behind.", json_schema_extra=only(data=("folder:", "pairs:")))
    speed: int = Field(1, ge=0, le=9, description="How fast.", json_schema_extra=unless(loss="hinge"))
    limit: int = Field(1, ge=0, le=9, description="How far.", json_schema_extra=unless(speed=0))
    way: Literal["on"] = Field("on", description="Where to.")


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({}, {"ground", "speed", "limit", "way", "target"}),  # `limit` depends on `speed`, which does not count.
        ({"loss": "lsgan"}, {"ground", "way", "target"}),
        ({"loss": "lsgan", "speed": 0}, {"ground", "way", "target", "limit"}),
        ({"data": "pairs:/somewhere", "loss": "lsgan"}, {"way", "target"}),
    ],
)
def test_what_counts_follows_from_the_other_values(values: dict[str, Any], missing: set[str]) -> None:
    everything = Dependent().model_dump() | values
    assert set(everything) - set(counting(Dependent.model_fields, everything)) == missing


def test_help_says_with_which_values_a_setting_does_not_count() -> None:
    assert about(Dependent.model_fields["limit"]) == "How far. Not with --speed 0."
    assert about(Dependent.model_fields["ground"]) == "What is behind. Only with --data folder:PATH or pairs:PATH."


def test_a_condition_is_said_behind_the_description_and_beside_a_unit() -> None:
    field = Conditional.model_fields["target"]
    assert about(field) == "What is aimed at. Only with --loss lsgan or minimax and --penalty."
    assert unit_of(field) == "points"
    with pytest.raises(UsageError, match=r"Only with --loss lsgan or minimax"):
        Conditional.parse({"target": 2})


@pytest.mark.parametrize("name", list(registry.recipes()))
def test_conditions_name_settings_that_there_are_and_values_that_they_take(name: str) -> None:
    fields = registry.recipe(name).config_class().model_fields
    for field in fields.values():
        for other, wanted in [*conditions_of(field).items(), *conditions_of(field, "unless").items()]:
            choices = get_args(fields[other].annotation)
            # Of several recipes with one base, one may leave no choice; then the setting never counts and never shows.
            if get_origin(fields[other].annotation) is Literal and len(choices) > 1:
                assert set(wanted) <= set(choices)
            kind = str if get_origin(fields[other].annotation) is Literal else fields[other].annotation
            assert all(isinstance(value, kind) for value in wanted)


def test_former_names_of_fields_still_work_in_stored_runs_and_on_the_command_line() -> None:
    from lab.cli import main
    from lab.recipes.sequence.text_class_config import TextClassConfig
    from lab.stored_runs import runs

    assert TextClassConfig.parse({"least": 3, "longest": 9, "written": True}) == TextClassConfig(min_count=3, max_length=9, unfused=True)
    with pytest.raises(UsageError, match="--least is the former name of --min-count: give one of them"):
        TextClassConfig.parse({"least": 3, "min_count": 3})
    assert main(["train", "text-class", "--longest", "9", "--written", "--hidden", "4", "--steps", "1", "--device", "cpu"]) == 0
    stored = runs()[0].stored["config"]
    assert (stored["max_length"], stored["unfused"]) == (9, True)
    assert "longest" not in stored


def test_help_shows_the_present_names_alone(capsys: pytest.CaptureFixture[str]) -> None:
    from lab.cli import main

    with pytest.raises(SystemExit, match="0"):
        main(["train", "seq2seq", "--help"])
    shown = capsys.readouterr().out
    assert "--min-count" in shown
    assert "--least" not in shown


def test_a_field_with_a_single_value_is_not_asked_for() -> None:
    class Settled(Conditional):
        """A form of it with a loss of its own."""

        loss: Literal["wasserstein"] = Field("wasserstein", description="What is minimised.")  # type: ignore[assignment]

    assert not is_settled(Conditional.model_fields["loss"])
    assert is_settled(Settled.model_fields["loss"])
    assert not counts(Settled.model_fields["loss"], {})
    p = parser("train", "")
    add_fields(p, Settled)
    assert "\n  --loss" not in p.format_help()
    assert p.parse(["--loss", "wasserstein"]).loss == "wasserstein"
