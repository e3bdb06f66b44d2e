"""Races over loss surfaces: gradients, where rules arrive, and a rate that is too high."""

import numpy as np
import pytest
import torch

from lab.recipes.foundations.descent import Descent
from lab.recipes.foundations.descent_config import DescentConfig
from lab.recipes.foundations.surfaces import EXAMPLES, RATES, SURFACES, X, Y, enlarged, picture

ALL = np.arange(EXAMPLES)


def race(steps: int, **settings: object) -> Descent:
    made = Descent(DescentConfig.parse(settings), torch.device("cpu"))
    for _ in range(steps):
        made.step()
    return made


@pytest.mark.parametrize("name", SURFACES)
def test_gradients_are_the_slopes_of_the_loss(name: str) -> None:
    surface, w, h = SURFACES[name], np.array([0.7, -0.4]), 1e-6
    slopes = [(surface.loss(w + d) - surface.loss(w - d)) / (2 * h) for d in (np.array([h, 0]), np.array([0, h]))]
    assert surface.gradient(w, ALL) == pytest.approx(slopes, abs=1e-6)


def test_the_models_gradient_is_that_of_autograd_on_a_batch() -> None:
    w = torch.tensor([0.7, -0.4], dtype=torch.float64, requires_grad=True)
    batch = np.array([3, 8, 21])
    x, y = torch.from_numpy(X[batch]), torch.from_numpy(Y[batch])
    ((w[1] * (w[0] * x).tanh() - y) ** 2).mean().div(2).backward()
    assert SURFACES["model"].gradient(w.detach().numpy(), batch) == pytest.approx(w.grad.numpy())  # type: ignore[union-attr]


@pytest.mark.parametrize("name", SURFACES)
def test_every_rule_arrives_with_its_own_rate(name: str) -> None:
    standing = race(1500, surface=name).standing()
    late = {rule: runner.loss - SURFACES[name].least for rule, runner in standing.runners.items()}
    assert {rule for rule, excess in late.items() if excess > 0.05} == set()
    assert set(late) == set(RATES)


def test_plain_descent_lingers_at_the_saddle_and_momentum_leaves_it_first() -> None:
    runners = race(40, surface="saddle", start="-2.4,0.02").standing().runners
    assert abs(runners["sgd"].path[-1, 1]) < abs(runners["momentum"].path[-1, 1])


def test_a_rate_that_is_too_high_takes_plain_descent_away() -> None:
    """Across the valley the slope is 2 v: v grows where |1 - 2 rate| > 1."""
    assert not race(200, factor=9.0).standing().runners["sgd"].gone
    assert race(200, factor=11.0).standing().runners["sgd"].gone


def test_few_examples_make_a_path_that_never_comes_to_rest() -> None:
    def unrest(batch: int) -> float:
        path = race(600, surface="model", start="0.5,0.5", batch=batch).track[501:601, 0]
        return float(np.abs(np.diff(path, axis=0)).mean())

    whole, eight, one = unrest(0), unrest(8), unrest(1)
    assert whole < eight < one


def test_the_least_loss_of_the_model_is_not_beaten() -> None:
    standing = race(1500, surface="model", start="1,1").standing()
    assert min(runner.loss for runner in standing.runners.values()) == pytest.approx(SURFACES["model"].least, abs=1e-6)


def test_a_picture_is_lowest_where_the_loss_is() -> None:
    heights = picture("valley", 41)
    assert heights.shape == (41, 41)
    assert heights[20, 20] == heights.min() == -1.0


def test_heights_between_two_places_lie_on_the_line_between_them() -> None:
    assert enlarged(np.array([[0.0, 2.0], [4.0, 8.0]]), 3).tolist() == [[0, 1, 2], [2, 3.5, 5], [4, 6, 8]]
