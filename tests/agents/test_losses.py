"""Losses against values worked by hand, their slopes against autograd."""

import math
from collections.abc import Callable

import pytest
import torch

from agents import losses, munchausen
from agents.losses import Loss


@pytest.mark.parametrize(
    ("loss", "each", "slope"),
    [(losses.squared, [0.25, 9.0, 0.0], [1.0, -6.0, 0.0]), (losses.huber, [0.125, 2.5, 0.0], [0.5, -1.0, 0.0])],
)
def test_values_by_hand(loss: Callable[..., Loss], each: list[float], slope: list[float]) -> None:
    result = loss(torch.tensor([1.5, -2.0, 3.0]), torch.tensor([1.0, 1.0, 3.0]))
    assert result.each.tolist() == each
    assert result.slope.tolist() == slope
    assert result.error.tolist() == [0.5, -3.0, 0.0]


@pytest.mark.parametrize("loss", [losses.squared, losses.huber])
def test_the_slope_is_the_derivative(loss: Callable[..., Loss]) -> None:
    rng = torch.Generator().manual_seed(0)
    predicted, target = (3 * torch.randn(50, generator=rng) for _ in range(2))
    (expected,) = torch.autograd.grad(loss(predicted.requires_grad_(), target).each.sum(), predicted)
    torch.testing.assert_close(loss(predicted.detach(), target).slope, expected)


Z = torch.linspace(-1, 1, 5)  # atoms -1, -0.5, 0, 0.5, 1


def test_a_moved_atom_shares_its_probability_between_its_two_neighbours() -> None:
    certain = torch.tensor([[0.0, 0, 0, 0, 1]])  # all at z = 1: moved to 0.1 + 0.5 * 1 = 0.6, a fifth of the way from 0.5 to 1
    result = losses.projected(certain, torch.tensor([0.1]), torch.tensor([0.5]), Z)
    assert result[0].tolist() == pytest.approx([0, 0, 0, 0.8, 0.2], abs=1e-6)


def test_atoms_that_meet_add_up_and_those_beyond_an_end_stay_there() -> None:
    even = torch.full((1, 5), 0.2)
    terminal = losses.projected(even, torch.tensor([-0.5]), torch.tensor([0.0]), Z)
    assert terminal[0].tolist() == pytest.approx([0, 1, 0, 0, 0], abs=1e-6)
    # 0.75 + z / 2: 0.25, 0.5, 0.75, 1 and 1.25, which is held at 1.
    result = losses.projected(even, torch.tensor([0.75]), torch.tensor([0.5]), Z)
    assert result[0].tolist() == pytest.approx([0, 0, 0.1, 0.4, 0.5], abs=1e-6)


def test_the_projection_keeps_the_mean_where_no_end_is_passed() -> None:
    p = torch.randn(3, 5, generator=torch.Generator().manual_seed(0)).softmax(1)
    returns, discounts = torch.tensor([0.1, -0.2, 0.3]), torch.tensor([0.5, 0.7, 0.2])
    torch.testing.assert_close(losses.projected(p, returns, discounts, Z) @ Z, returns + discounts * (p @ Z))


def test_the_categorical_loss_by_hand() -> None:
    logits = torch.tensor([[math.log(1.0), math.log(3.0)]])  # probabilities 1/4 and 3/4
    result = losses.categorical(logits, torch.tensor([[0.5, 0.5]]))
    entropy_of_target = math.log(2)
    assert result.each.tolist() == pytest.approx([0.5 * math.log(4) + 0.5 * math.log(4 / 3)])
    assert result.slope[0].tolist() == pytest.approx([0.25 - 0.5, 0.75 - 0.5])
    assert result.error.tolist() == pytest.approx([result.each.item() - entropy_of_target])
    assert losses.categorical(logits, torch.tensor([[0.25, 0.75]])).error.item() == pytest.approx(0, abs=1e-6)


def test_quantile_loss_at_given_fractions_by_hand() -> None:
    # u = 2 at the fraction 0.1, u = -1 at 0.9: 0.1 (2 - 0.5) + |0.9 - 1| 0.5.
    result = losses.quantile_huber(torch.tensor([[0.0, 3.0]]), torch.tensor([[2.0]]), fractions=torch.tensor([[0.1, 0.9]]))
    assert result.each.tolist() == pytest.approx([0.1 * 1.5 + 0.1 * 0.5])
    assert result.slope[0].tolist() == pytest.approx([-0.1, 0.1])


def test_munchausen_terms_by_hand() -> None:
    # With t = 1, Q = (0, ln 3): pi = (1/4, 3/4).
    q = torch.tensor([[0.0, math.log(3)]] * 2)
    policy, bonus = munchausen.soft_policy(q, 1.0)
    assert policy[0].tolist() == pytest.approx([0.25, 0.75])
    assert bonus[0].tolist() == pytest.approx([math.log(4), math.log(4 / 3)])
    # ln 1/4 = -1.39 is clipped to -1; ln 3/4 = -0.288 is not.
    rewards = munchausen.reward_bonus(q, torch.tensor([0, 1]), alpha=0.9, temperature=1.0, clip=-1.0)
    assert rewards.tolist() == pytest.approx([-0.9, 0.9 * math.log(0.75)])


def test_the_soft_policy_of_values_far_apart_is_greedy_and_its_bonus_finite() -> None:
    policy, bonus = munchausen.soft_policy(torch.tensor([[1000.0, -1000.0]]), 0.03)
    assert policy.tolist() == [[1, 0]]
    assert (policy * bonus).tolist() == [[0, 0]]
