"""Parameters of views: every number has bounds, and what lies outside is refused in a sentence."""

from typing import Annotated, Any, get_args, get_origin

import pytest

from lab import registry
from lab.errors import UsageError
from lab.parameters import bounds

VIEWS = [(recipe, spec) for recipe in registry.recipes().values() for spec in recipe.experiment_class().views().values()]


@pytest.mark.parametrize(("recipe", "spec"), VIEWS, ids=[f"{recipe.name}-{spec.name}" for recipe, spec in VIEWS])
def test_every_number_has_bounds_and_a_default_between_them(recipe: registry.Recipe, spec: Any) -> None:
    for name, parameter in spec.parameters.items():
        kind = parameter.annotation
        kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        if kind in (int, float):
            limits = bounds(parameter.annotation)
            assert limits is not None, name
            assert limits[0] <= parameter.default <= limits[1], name


@pytest.mark.parametrize(
    ("recipe", "view", "name", "value", "sentence"),
    [
        ("gpt", "generate", "temperature", "nan", "--temperature should be a finite number, got 'nan'. It goes from 0 to 100."),
        ("gpt", "generate", "temperature", "-1", "--temperature should be greater than or equal to 0, got '-1'. It goes from 0 to 100."),
        ("gpt", "generate", "temperature", "inf", "--temperature should be a finite number, got 'inf'. It goes from 0 to 100."),
        ("gpt", "generate", "top_p", "1.5", "--top-p should be less than or equal to 1, got '1.5'. It goes from 0 to 1."),
        ("gpt", "generate", "length", "0", "--length should be greater than or equal to 1, got '0'. It goes from 1 to 100,000."),
        ("gpt", "generate", "seed", "x", "--seed should be a valid integer, unable to parse string as an integer, got 'x'. It goes"),
        ("vae", "samples", "n", "-3", "--n should be greater than or equal to 1, got '-3'. It goes from 1 to 10,000."),
        ("vae", "plane", "n", "5000", "--n should be less than or equal to 100, got '5000'. It goes from 1 to 100."),
        ("classify", "confusion", "split", "tests", "--split should be 'test', 'validation' or 'train', got 'tests'."),
    ],
)
def test_what_is_out_of_bounds_is_refused_in_a_sentence(recipe: str, view: str, name: str, value: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        registry.recipe(recipe).experiment_class().views()[view].checked({name: value})
    assert str(error.value).startswith(sentence)


def test_texts_become_numbers_and_dashes_underscores() -> None:
    spec = registry.recipe("gpt").experiment_class().views()["generate"]
    assert spec.checked({"top-p": "0.5", "top_k": "3", "seed": 7}) == {"top_p": 0.5, "top_k": 3, "seed": 7}
