"""Losses against values worked by hand, their slopes against autograd."""

from collections.abc import Callable

import pytest
import torch

from agents import losses
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
