"""The map and the Boltzmann machine as recipes: they learn, and every view answers."""

from typing import Any

import pytest
import torch

from lab import registry
from lab.errors import UsageError
from lab.recipes.foundations.som import borders, falling


def make(name: str, **fields: Any) -> Any:
    recipe = registry.recipe(name)
    return recipe.experiment_class()(recipe.config_class().parse(fields), torch.device("cpu"))


def test_a_net_unfolds_over_a_square() -> None:
    experiment = make("som", samples="square", rows=6, columns=6, radius=3.0, schedule_steps=800)
    before = experiment.evaluate()
    for _ in range(900):
        experiment.step()
    after = experiment.evaluate()
    assert after["loss"] < 0.4 * before["loss"]
    assert after["topographic_error"] < 0.1


def test_a_schedule_falls_by_equal_factors() -> None:
    assert [falling(8, 2, share) for share in (0, 0.5, 1)] == pytest.approx([8, 4, 2])


def test_borders_are_mean_distances_to_the_neighbours() -> None:
    units = torch.tensor([[[0.0], [1.0], [4.0]]])
    assert borders(units).tolist() == [[1.0, 2.0, 3.0]]


def test_a_machine_learns_to_give_digits_back() -> None:
    experiment = make("rbm", hidden="32")
    before = experiment.evaluate()["loss"]
    for _ in range(150):
        experiment.step()
    assert experiment.evaluate()["loss"] < 0.7 * before


def test_the_next_machine_learns_when_the_one_below_has() -> None:
    experiment = make("rbm", hidden="8,4", layer_steps=3)
    for _ in range(3):
        experiment.step()
    below = experiment.net.machine(0).w.clone()
    assert experiment.layer == 1
    experiment.step()
    assert torch.equal(experiment.net.machine(0).w, below)
    assert experiment.fantasy.shape[1] == 8
    with pytest.raises(UsageError, match="one to five"):
        make("rbm", hidden="a")


@pytest.mark.parametrize(
    ("name", "fields"), [("som", {}), ("som", {"samples": "digits"}), ("som", {"samples": "ring"}), ("rbm", {"hidden": "8,4"})]
)
def test_every_view_answers_and_can_be_drawn(name: str, fields: dict[str, Any]) -> None:
    experiment = make(name, **fields)
    experiment.step()
    for view, spec in experiment.views().items():
        assert experiment.answer(view, experiment.serving(), spec.checked({})).picture().ndim == 3
