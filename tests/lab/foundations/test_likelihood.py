"""Losses are negative log-likelihoods: worked by hand, and against PyTorch's losses."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lab.recipes.foundations.likelihood import Likelihood
from lab.recipes.foundations.likelihood_config import KINDS, RANGES, LikelihoodConfig
from lab.recipes.foundations.log_likelihood import estimates, log_likelihood, log_prior, loss, observe

EYE = np.array([0.0, 1.0, 2.0, 3.0])


def test_the_mean_of_a_gaussian_is_the_mean_of_what_was_seen() -> None:
    y = np.array([1.0, 2.0, 6.0])
    problem = LikelihoodConfig(kind="gaussian", sigma=2.0)
    assert estimates(problem, EYE[:3], y)[0] == pytest.approx(3.0)
    at = log_likelihood(problem, EYE[:3], y, np.array([3.0]))[0]  # (4 + 1 + 9) / (2 * 4) = 1.75
    assert at == pytest.approx(-1.5 * np.log(2 * np.pi * 4) - 1.75)
    assert loss(problem, EYE[:3], y, np.array([3.0]))[0] == pytest.approx(14 / 3)


def test_a_coin_of_ten_thousand_tosses() -> None:
    y = np.array([1.0] * 5067 + [0.0] * 4933)
    ml, with_prior = estimates(LikelihoodConfig(kind="coin", prior=100), np.arange(10_000.0), y)
    assert ml == pytest.approx(0.5067)
    assert with_prior == pytest.approx(5117 / 10_100)
    assert np.sqrt(ml * (1 - ml) / 10_000) == pytest.approx(0.005, abs=1e-5)  # The deviation of the estimate.


def test_three_heads_in_a_row_do_not_convince_a_prior() -> None:
    ml, with_prior = estimates(LikelihoodConfig(kind="coin", prior=2), EYE[:3], np.ones(3))
    assert (ml, with_prior) == (1.0, 0.8)  # (3 + 1) / (3 + 2)


def test_a_gaussian_prior_on_a_weight_is_l2_with_gamma() -> None:
    x, y = np.array([1.0, 2.0]), np.array([2.0, 4.0])
    assert estimates(LikelihoodConfig(kind="line", prior=5), x, y) == (2.0, 1.0)  # 10 / 5 and 10 / (5 + 5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prior", [0.0, 3.0])
def test_no_parameter_is_better_than_the_estimates(kind: Any, prior: float) -> None:
    problem = LikelihoodConfig(kind=kind, count=40, sigma=0.7, truth=0.5, prior=prior, seed=3)
    x, y = observe(problem)
    grid = np.linspace(*RANGES[kind], 2001)[1:-1]
    for estimate, extra in zip(estimates(problem, x, y), (0.0, 1.0), strict=True):
        value = log_likelihood(problem, x, y, grid) + extra * log_prior(problem, grid)
        assert grid[value.argmax()] == pytest.approx(estimate, abs=grid[1] - grid[0])


@pytest.mark.parametrize("kind", KINDS)
def test_losses_are_those_that_training_uses(kind: Any) -> None:
    problem = LikelihoodConfig(kind=kind, count=12, sigma=0.7, truth=0.4)
    x, y = observe(problem)
    w = 0.3
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    expected = {
        "gaussian": lambda: F.mse_loss(torch.full_like(ty, w), ty),
        "coin": lambda: F.binary_cross_entropy(torch.full_like(ty, w), ty),
        "line": lambda: F.mse_loss(w * tx, ty),
        "classes": lambda: F.binary_cross_entropy_with_logits(w * tx, ty),
    }[kind]()
    assert loss(problem, x, y, np.array([w]))[0] == pytest.approx(float(expected))


def test_a_coin_that_fell_one_way_only_has_a_likelihood_at_the_ends() -> None:
    values = log_likelihood(LikelihoodConfig(kind="coin"), EYE[:2], np.ones(2), np.array([0.0, 0.5, 1.0]))
    assert values.tolist() == [-np.inf, pytest.approx(np.log(0.25)), 0.0]


def test_observations_come_in_until_all_are_seen_and_the_curve_narrows() -> None:
    observing = Likelihood(LikelihoodConfig(kind="coin", count=10_000), torch.device("cpu"))
    widths = []
    while not observing.ended:
        observing.step()
        if observing.n in (20, 10_000):
            widths.append((observing.seen().likelihood > 0.5).mean())
    assert len(observing.history) < 1000
    assert observing.n == 10_000
    assert widths[1] < widths[0] / 5
