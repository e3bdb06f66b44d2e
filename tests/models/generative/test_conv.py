"""The faster forms are the same functions as PyTorch's own convolutions, to the second derivative."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models.generative import conv

SHAPES = [(3, 5, 16), (1, 6, 8), (20, 7, 8), (20, 3, 4), (18, 40, 12)]
"""(maps of the large side, of the small side, size of the large side): with few and many maps and pixels."""


def tensors(large: int, small: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, large, size, size, generator=generator, dtype=torch.float64).to(memory_format=torch.channels_last)
    y = torch.randn(2, small, size // 2, size // 2, generator=generator, dtype=torch.float64).to(memory_format=torch.channels_last)
    return x, y, torch.randn(small, large, 4, 4, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES)
def test_down_and_its_gradients(shape: tuple[int, int, int]) -> None:
    x, g, weight = tensors(*shape)
    mine = [tensor.clone().requires_grad_() for tensor in (x, weight)]
    theirs = [tensor.clone().requires_grad_() for tensor in (x, weight)]
    y, expected = conv.Down.apply(*mine), F.conv2d(*theirs, stride=2, padding=1)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(torch.autograd.grad(y, mine, g), torch.autograd.grad(expected, theirs, g), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_up_and_its_gradients(shape: tuple[int, int, int]) -> None:
    g, x, weight = tensors(*shape)
    mine = [tensor.clone().requires_grad_() for tensor in (x, weight)]
    theirs = [tensor.clone().requires_grad_() for tensor in (x, weight)]
    y, expected = conv.Up.apply(*mine), F.conv_transpose2d(*theirs, stride=2, padding=1)
    torch.testing.assert_close(y, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(torch.autograd.grad(y, mine, g), torch.autograd.grad(expected, theirs, g), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 6, 8), (20, 5, 8)])
def test_a_penalty_on_the_gradient_can_be_trained_through(shape: tuple[int, int, int]) -> None:
    x, _, weight = tensors(*shape)

    def slope(function: object) -> Tensor:
        at, w = x.clone().requires_grad_(), weight.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(function(at, w).square().sum(), at, create_graph=True)  # type: ignore[operator]
        (found,) = torch.autograd.grad(gradient.square().sum(), w)
        return found

    torch.testing.assert_close(slope(conv.Down.apply), slope(lambda a, w: F.conv2d(a, w, stride=2, padding=1)), rtol=1e-4, atol=1e-3)


def test_under_autocast_a_layer_stays_near_its_fp32_self() -> None:
    torch.manual_seed(0)
    for layer, x in ((conv.DownConv(20, 12), torch.randn(2, 20, 8, 8)), (conv.UpConv(12, 1), torch.randn(2, 12, 8, 8))):
        exact = layer(x)
        with torch.autocast("cpu", torch.bfloat16):
            fast = layer(x)
        assert fast.dtype == torch.bfloat16
        assert float(((fast.float() - exact).norm() / exact.norm()).detach()) < 0.01  # bf16 keeps 8 bits.
