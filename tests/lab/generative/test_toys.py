"""The toys: their distributions, what is measured of points, and that both learn."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from lab import registry
from lab.answers import Curves, Landscape
from lab.data import toy_distributions
from lab.data.toy_distributions import centres, energy_distance, modes_found
from lab.errors import UsageError
from lab.recipes.generative.toy_config import parse_points


def make(name: str, **fields: Any) -> Any:
    recipe = registry.recipe(name)
    return recipe.experiment_class()(recipe.config_class().parse(fields), torch.device("cpu"))


def ask(experiment: Any, view: str, **parameters: Any) -> Any:
    return experiment.answer(view, experiment.serving(), experiment.views()[view].checked(parameters))


def test_a_ring_has_its_centres_on_a_circle_and_a_grid_on_a_square() -> None:
    ring, grid = centres("ring"), centres("grid")
    assert ring is not None
    assert grid is not None
    assert torch.allclose(ring.norm(dim=1), torch.full((8,), 2.0))
    assert torch.allclose(ring[1], torch.full((2,), math.sqrt(2)))
    assert grid.unique(dim=0).shape == (25, 2)
    assert (float(grid.min()), float(grid.max())) == (-2.0, 2.0)
    assert centres("moons") is None


@pytest.mark.parametrize("name", ["ring", "grid", "moons", "spiral", "circle", "normal", "two peaks"])
def test_points_lie_where_the_plane_is_shown_and_come_again_with_the_seed(name: str) -> None:
    first, again = (toy_distributions.sample(name, 2000, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == (2000, toy_distributions.dimensions(name))
    assert float(first.abs().max()) < 3
    assert float(first.mean(0).abs().max()) < 0.6


def test_points_of_a_circle_are_as_far_from_its_middle() -> None:
    radius = toy_distributions.sample("circle", 4000, torch.Generator().manual_seed(0)).norm(dim=1)
    assert float(radius.mean()) == pytest.approx(1.8, abs=0.02)
    assert float(radius.std()) == pytest.approx(0.08, abs=0.01)


def test_modes_are_found_where_a_fifth_of_their_due_lies() -> None:
    middle = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    points = torch.cat([torch.zeros(8, 2), torch.tensor([[2.0, 0.1], [1.0, 0.0]])])  # One of ten at the second centre, whose due is five.
    assert modes_found(points, middle, 0.1) == (2, pytest.approx(0.9))
    assert modes_found(points[:8], middle, 0.1) == (1, pytest.approx(1.0))


def test_the_energy_distance_by_hand() -> None:
    """|a - b| is 1 or 3 (mean 2), |a - a'| is 2, |b - b'| is 2... of {0, 2} and {1, 3}: 2 * 1.5 - 2 - 2."""
    a, b = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [3.0]])
    assert energy_distance(a, b) == pytest.approx(2 * (1 + 3 + 1 + 1) / 4 - 2 - 2)


def test_ones_own_points_are_read_and_refused_in_words() -> None:
    assert parse_points(" 0.5,-1  2,2 ") == [(0.5, -1.0), (2.0, 2.0)]
    for text, reason in (("1", "x,y"), ("9,0", "between"), ("a,b", "x,y")):
        with pytest.raises(UsageError, match=reason):
            make("toy-gan", distribution="drawn", drawn=text)
    with pytest.raises(UsageError, match="at least one point"):
        make("toy-flow", distribution="drawn")
    points = make("toy-flow", distribution="drawn", drawn="1,1").points.shown(500)
    assert torch.allclose(points.mean(0), torch.ones(2), atol=0.02)


@pytest.mark.parametrize("name", ["toy-gan", "toy-flow"])
@pytest.mark.parametrize("distribution", ["ring", "two peaks"])
def test_every_view_answers_and_can_be_drawn(name: str, distribution: str) -> None:
    experiment = make(name, distribution=distribution, hidden="8")
    experiment.step()
    shown, along = ask(experiment, "landscape", n=50), ask(experiment, "densities", n=100)
    assert isinstance(shown, Landscape)
    assert isinstance(along, Curves)
    assert shown.groups["real"].shape == (50, 2)
    assert all(np.isfinite(array).all() for array in shown.arrays().values())
    assert shown.picture().dtype == np.uint8


def test_arrows_point_up_the_scores_of_d_and_the_longest_has_a_length_of_its_own() -> None:
    experiment = make("toy-gan")
    experiment.step()
    arrows = torch.from_numpy(ask(experiment, "landscape", n=100).arrows).float()
    d, step = experiment.nets.d, 1e-2
    assert float(arrows[:, 2:].norm(dim=1).max()) == pytest.approx(0.35, abs=1e-3)
    with torch.no_grad():
        assert float((d(arrows[:, :2] + step * arrows[:, 2:]) - d(arrows[:, :2])).mean()) > 0


def test_the_ways_of_a_flow_begin_in_noise_and_stop_at_the_time_asked_for() -> None:
    experiment = make("toy-flow", hidden="8")
    start, half = ask(experiment, "landscape", t=0.0, n=20), ask(experiment, "landscape", t=0.5, n=20, ways=10, evaluations=8)
    assert set(start.groups) == {"real", "noise"}
    assert half.paths.shape == (10, 5, 2)
    assert np.array_equal(half.paths[:, 0], half.groups["noise"][:10])
    assert np.allclose(half.paths[:, -1], half.groups["generated"][:10])


def test_a_flow_learns_two_peaks() -> None:
    experiment = make("toy-flow", distribution="two peaks", hidden="32,32", ema=0.9, evaluations=20, learning_rate=0.02)
    before = experiment.evaluate()
    for _ in range(300):
        experiment.step()
    figures = experiment.evaluate()
    assert figures["energy_distance"] < 0.4 * before["energy_distance"]
    assert figures["modes_found"] == figures["modes"] == 2
