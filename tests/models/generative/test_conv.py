"""The faster forms are the same functions as PyTorch's own convolutions, to the second derivative."""

import copy

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
    y, expected = conv.Resized.apply(*mine, False), F.conv2d(*theirs, stride=2, padding=1)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(torch.autograd.grad(y, mine, g), torch.autograd.grad(expected, theirs, g), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_up_and_its_gradients(shape: tuple[int, int, int]) -> None:
    g, x, weight = tensors(*shape)
    mine = [tensor.clone().requires_grad_() for tensor in (x, weight)]
    theirs = [tensor.clone().requires_grad_() for tensor in (x, weight)]
    y, expected = conv.Resized.apply(*mine, True), F.conv_transpose2d(*theirs, stride=2, padding=1)
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

    torch.testing.assert_close(
        slope(lambda a, w: conv.Resized.apply(a, w, False)), slope(lambda a, w: F.conv2d(a, w, stride=2, padding=1)), rtol=1e-4, atol=1e-3
    )


def test_under_autocast_a_layer_stays_near_its_fp32_self() -> None:
    torch.manual_seed(0)
    for layer, x in ((conv.DownConv(20, 12), torch.randn(2, 20, 8, 8)), (conv.UpConv(12, 1), torch.randn(2, 12, 8, 8))):
        exact = layer(x)
        with torch.autocast("cpu", torch.bfloat16):
            fast = layer(x)
        assert fast.dtype == torch.bfloat16
        assert float(((fast.float() - exact).norm() / exact.norm()).detach()) < 0.01  # bf16 keeps 8 bits.


LAYERS = [(conv.HalvingConv2d(20, 12), 2), (conv.HalvingConv2d(20, 12), 4), (conv.HalvingConv2d(20, 12), 8), (conv.HalvingConv2d(20, 12), 32),
          (conv.DoublingConv2d(20, 12), 1), (conv.DoublingConv2d(20, 12), 2), (conv.DoublingConv2d(20, 12), 4), (conv.DoublingConv2d(20, 3), 16)]  # fmt: skip


@pytest.mark.parametrize(("layer", "size"), LAYERS)
def test_a_layer_of_a_unet_in_bf16_and_its_gradients_are_pytorchs(layer: torch.nn.Module, size: int) -> None:
    """The weights and images are small whole numbers, whose products and sums bf16 and fp32 both hold exactly."""
    generator = torch.Generator().manual_seed(0)
    low = copy.deepcopy(layer).bfloat16()
    for p in low.parameters():
        p.data = torch.randint(-1, 2, p.shape, generator=generator).to(torch.bfloat16)
    x = torch.randint(-1, 2, (2, 20, size, size), generator=generator).float().to(memory_format=torch.channels_last)
    at, exact = x.bfloat16().requires_grad_(), x.clone().requires_grad_()
    weight, bias = (p.detach().float().requires_grad_() for p in low.parameters())
    plain = F.conv2d if isinstance(layer, conv.HalvingConv2d) else F.conv_transpose2d
    y, expected = low(at), plain(exact, weight, bias, 2, 1)
    g = torch.randint(-1, 2, y.shape, generator=generator).float() * (torch.rand(y.shape, generator=generator) < 0.1)
    torch.testing.assert_close(y.float(), expected, rtol=0.01, atol=0)
    found = torch.autograd.grad(y, [at, *low.parameters()], g.bfloat16())
    for mine, theirs in zip(found, torch.autograd.grad(expected, [exact, weight, bias], g), strict=True):
        torch.testing.assert_close(mine.float(), theirs, rtol=0.01, atol=1)


@pytest.mark.parametrize("shape", [(2, 5, 7, 6), (1, 3, 4, 4), (3, 8, 2, 2)])
def test_one_map_and_its_gradients(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    layer = conv.OneMapConv2d(shape[1]).double()
    x = torch.randn(shape, generator=generator, dtype=torch.float64).to(memory_format=torch.channels_last).requires_grad_()
    y, expected = layer(x), F.conv2d(x, layer.weight, layer.bias, 1, 1)
    torch.testing.assert_close(y, expected)
    g = torch.randn(y.shape, generator=generator, dtype=torch.float64)
    wanted = [x, *layer.parameters()]
    torch.testing.assert_close(torch.autograd.grad(y, wanted, g), torch.autograd.grad(expected, wanted, g))


@pytest.mark.parametrize(("mine", "plain", "shape"), [
    (conv.PixelToImage(5, 3, 4), F.conv_transpose2d, (2, 5, 1, 1)), (conv.ImageToPixel(5, 2, 4), F.conv2d, (2, 5, 4, 4)),
])  # fmt: skip
def test_a_layer_between_one_pixel_and_an_image_is_pytorchs(mine: torch.nn.Module, plain: object, shape: tuple[int, ...]) -> None:
    layer = mine.double()
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    y, expected = layer(x), plain(x, layer.weight)  # type: ignore[operator]
    torch.testing.assert_close(y, expected)
    wanted = [x, *layer.parameters()]
    torch.testing.assert_close(torch.autograd.grad(y.sin().sum(), wanted), torch.autograd.grad(expected.sin().sum(), wanted))
