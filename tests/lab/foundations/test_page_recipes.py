"""The recipes behind the pages: their settings, their figures from a stored run, and every view."""

from pathlib import Path
from typing import Any

import pytest
import torch

from lab import registry
from lab.api import train
from lab.errors import UsageError


def make(name: str, **fields: Any) -> Any:
    recipe = registry.recipe(name)
    return recipe.experiment_class()(recipe.config_class().parse(fields), torch.device("cpu"))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("activations", {"depth": 2, "width": 4}), ("backpropagation", {"layers": "2-3-2", "targets": "1,0", "activation": "relu"}),
        ("likelihood", {"kind": "coin", "prior": 2.0}), ("descent", {"surface": "saddle"}), ("validation", {"count": 10, "draws": 1}),
    ],
)  # fmt: skip
def test_every_view_answers_and_can_be_drawn(name: str, fields: dict[str, Any]) -> None:
    experiment = make(name, **fields)
    experiment.step()
    for view, spec in experiment.views().items():
        assert experiment.answer(view, experiment.serving(), spec.checked({})).picture().ndim == 3


def test_the_lectures_network_learns_its_example() -> None:
    experiment = make("backpropagation")
    experiment.step()
    assert experiment.weights["H1O"] == pytest.approx(0.14 + 0.05 * 1.618 * 0.85)  # E falls along dE/dw = 2 (o - t) h1 = -1.618 * 0.85
    for _ in range(20):
        experiment.step()
    assert experiment.evaluate()["loss"] < 1e-6
    assert experiment.errors[0] == pytest.approx(0.6545, abs=1e-4)


def test_other_networks_are_drawn_by_their_seed_and_given_weights_are_kept() -> None:
    first, again, other = (make("backpropagation", layers="2-3-1", seed=seed).weights for seed in (1, 1, 2))
    assert first == again != other
    assert list(make("backpropagation", layers="2-1-1", weights="1,2,3").weights.values()) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("name", "fields", "says"),
    [
        ("backpropagation", {"layers": "2-9-1"}, "--layers"), ("backpropagation", {"layers": "3-2-1"}, "--inputs must be 3 numbers"),
        ("backpropagation", {"weights": "1,2"}, "--weights must be 6 numbers"), ("backpropagation", {"inputs": "a,2"}, "numbers"),
        ("descent", {"start": "1"}, "two numbers"), ("descent", {"start": "9,9"}, "between"),
        ("likelihood", {"kind": "coin", "truth": 2.0}, "--truth must lie between 0 and 1"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_in_a_sentence(name: str, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make(name, **fields)


def test_a_coin_has_its_own_truth() -> None:
    assert make("likelihood", kind="coin").config.parameter == 0.5


def test_a_stored_run_knows_where_it_came(tmp_path: Path) -> None:
    run = train("likelihood", steps=30, run=tmp_path / "a", device="cpu", quiet=True)
    assert run.evaluate()["observations"] == 30
    run = train("descent", steps=40, run=tmp_path / "b", device="cpu", quiet=True)
    assert run.evaluate()["loss_sgd"] < 1.0
    assert len(run.show("losses").series["adam"][0]) == 41
