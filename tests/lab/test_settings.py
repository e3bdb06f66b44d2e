"""Every setting of every recipe explains itself: meaning, effect, group."""

import re
from typing import Any

import pytest

from lab import cli, registry
from lab.config import default_of, is_settled, meaning_and_effect, value_text, words_of
from lab.flags import default_value
from lab.readable import singular
from lab.setting_groups import GROUPS, OWN, group_of, grouped

EFFECT = re.compile(r"\b(more|fewer|higher|lower|larger|longer|shorter|wider|deeper|narrower|raising|lowering)\b", re.IGNORECASE)
SETTINGS = [
    (recipe.name, name, field)
    for recipe in registry.recipes().values()
    for name, field in recipe.config_class().model_fields.items()
    if not is_settled(field)
]


def test_no_setting_is_without_meaning() -> None:
    assert [(recipe, name) for recipe, name, field in SETTINGS if not (field.description or "").endswith(".")] == []


def test_no_number_is_without_what_raising_or_lowering_it_does() -> None:
    numbers = [(recipe, name, field) for recipe, name, field in SETTINGS if field.annotation in (int, float)]
    assert len(numbers) > 100
    assert [(recipe, name) for recipe, name, field in numbers if not EFFECT.search(field.description)] == []


def test_no_number_is_without_bounds_at_the_side_where_it_would_mean_nothing() -> None:
    numbers = [(recipe, name, field) for recipe, name, field in SETTINGS if field.annotation in (int, float)]
    assert [(recipe, name) for recipe, name, field in numbers if not field.metadata] == []


def test_a_description_is_split_where_the_effect_begins() -> None:
    fields = registry.recipe("vae").config_class().model_fields
    assert meaning_and_effect(fields["beta"]) == ("Weight of the KL term.", "Higher gives a smoother latent space and blurrier images.")
    assert meaning_and_effect(fields["data"])[1] == ""


def test_defaults_that_stand_for_something_are_words_and_still_say_what_to_type() -> None:
    fields = registry.recipe("vae").config_class().model_fields
    assert default_of(fields["size"]) == "the data's own"
    assert default_value(fields["size"]) == "0 (the data's own)"
    assert default_of(fields["quality_every"]) == "2,000 steps"
    assert default_value(fields["quality_every"]) == "2000 steps"


def test_a_value_is_in_words_or_with_its_unit() -> None:
    fields = registry.recipe("vae").config_class().model_fields
    assert [value_text(fields["size"], size) for size in (0, 1, 64)] == ["the data's own", "1 pixel", "64 pixels"]
    assert value_text(fields["beta"], 0.5) == "0.5"
    assert value_text(fields["data"], "digits") == "digits"


@pytest.mark.parametrize(
    ("unit", "one"), [("steps", "step"), ("copies", "copy"), ("passes", "pass"), ("no-ops", "no-op"), ("games", "game"), ("", "")]
)
def test_one_is_singular(unit: str, one: str) -> None:
    assert singular(unit) == one


def test_zero_that_switches_off_is_said_in_words() -> None:
    """A description that says "0 is off" and a form that shows 0 would be two languages."""
    off = re.compile(r"\b0(?: \([^)]*\))? (?:is off|turns|keeps|never|removes)")
    codes = [(recipe, name) for recipe, name, field in SETTINGS if field.annotation in (int, float) and off.search(field.description)]
    fields: dict[Any, Any] = {(recipe, name): field for recipe, name, field in SETTINGS}
    assert [code for code in codes if 0 not in words_of(fields[code])] == []


def test_groups_hold_each_name_once_and_every_name_is_a_setting() -> None:
    named = [name for names in GROUPS.values() for name in names]
    assert len(named) == len(set(named))
    assert set(named) <= {name for _, name, _ in SETTINGS}


def test_names_without_a_group_are_of_their_recipe() -> None:
    assert group_of("learning_rate") == "Main"
    assert group_of("what_only_one_recipe_has") == OWN
    assert grouped(["gamma", "what_only_one_recipe_has", "game"]) == {
        "Main": ["game"],
        "Returns": ["gamma"],
        OWN: ["what_only_one_recipe_has"],
    }


def test_the_help_of_a_recipe_lists_the_groups_of_the_form(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["train", "vae", "--help"])
    out = capsys.readouterr().out
    places = [out.index(f"\n{title}:\n") for title in ("main", "more: data", "more: loss", "more: evaluation")]
    assert places == sorted(places)
    assert out.index("--latent") < places[1] < out.index("--frames") < places[2] < out.index("--likelihood")
