"""Convolutions with reflection padding, as CycleGAN's generator has them, fast on a CPU beside the plain `plain_reflected_conv`."""

from functools import cache, lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.kernels.windows import from_blocks, to_blocks, weight_gradient

FEW_PIXELS = 16
"""Sides up to which bf16 weight gradients of 3x3 convolutions are matrix products."""


def plain_reflected_conv(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (B, I, H, W), weight (O, I, k, k) with odd k -> (B, O, H, W)."""
    return F.conv2d(reflection_pad(x, weight.shape[2] // 2), weight, bias)


def reflection_pad(x: Tensor, reach: int) -> Tensor:
    """x (B, C, H, W) with `reach` pixels more on each side, which mirror those inside."""
    return F.pad(x, (reach,) * 4, mode="reflect") if x.device.type == "cpu" else mirrored(x, reach)


def mirrored(x: Tensor, reach: int) -> Tensor:
    """`reflection_pad` for a GPU: one kernel, and three for the gradient, in the memory order of channels_last images.

    PyTorch's own copies those to another order and back, and adds gradients in any order.
    """
    return Mirrored.apply(x, reach)


class Mirrored(torch.autograd.Function):
    """x (B, C, H, W) -> (B, C, H + 2 reach, W + 2 reach), by rows of channels."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, reach: int) -> Tensor:
        n, c, h, w = x.shape
        ctx.reach, ctx.shape = reach, x.shape
        rows = x.permute(0, 2, 3, 1).reshape(-1, c).index_select(0, mirror_places(n, h, w, reach, x.device))
        return rows.view(n, h + 2 * reach, w + 2 * reach, c).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Each pixel collects the gradients of the few places that show it."""
        n, c, h, w = ctx.shape
        places, shown = mirror_sources(n, h, w, ctx.reach, gradients[0].device)  # (N H W, k)
        rows = gradients[0].permute(0, 2, 3, 1).reshape(-1, c).index_select(0, places.flatten()).view(*places.shape, c)
        total = (rows * shown.to(rows.dtype)[..., None]).sum(1)
        return total.view(n, h, w, c).permute(0, 3, 1, 2), None


def mirror(size: int, reach: int) -> list[int]:
    """Which of `size` places each of `size + 2 * reach` shows."""
    return [size - 1 - abs(size - 1 - abs(p)) for p in range(-reach, size + reach)]


@cache  # For good: a captured step goes on reading it.
def mirror_places(count: int, height: int, width: int, reach: int, device: torch.device) -> Tensor:
    """Rows of `count` images in the order of the padded ones, (count * (H + 2 reach) * (W + 2 reach),) int32."""
    with torch.inference_mode(False):
        y, x = (torch.tensor(mirror(size, reach)) for size in (height, width))
        image = torch.arange(count)[:, None, None] * (height * width)
        return (image + y[:, None] * width + x).flatten().int().to(device)


@cache  # For good: a captured step goes on reading it.
def mirror_sources(count: int, height: int, width: int, reach: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The other way round: the rows of padded images that show each pixel (count * H * W, k) int32, and which of them count, 1 or 0."""
    with torch.inference_mode(False):
        (y, of_y), (x, of_x) = (sources_along(size, reach) for size in (height, width))  # (H, j), (W, i)
        wide, tall = width + 2 * reach, height + 2 * reach
        places = y[:, None, :, None] * wide + x[None, :, None, :]  # (H, W, j, i)
        known = of_y[:, None, :, None] * of_x[None, :, None, :]
        image = torch.arange(count)[:, None, None] * (tall * wide)
        places = (image + places.flatten(0, 1).flatten(1)).flatten(0, 1)
        return places.int().to(device), known.flatten(0, 1).flatten(1).repeat(count, 1).to(device)


def sources_along(size: int, reach: int) -> tuple[Tensor, Tensor]:
    """Along one side: the padded places that show each place (size, k), and which of them count, 1 or 0."""
    shown = mirror(size, reach)
    each = [[p for p, of in enumerate(shown) if of == place] for place in range(size)]
    most = max(map(len, each))
    places = [row + [0] * (most - len(row)) for row in each]
    return torch.tensor(places), torch.tensor([[1] * len(row) + [0] * (most - len(row)) for row in each])


def reflected_conv3x3(x: Tensor, weight: Tensor) -> Tensor:
    """`plain_reflected_conv` of weight (O, I, 3, 3), with a fast weight gradient for small bf16 images. Raises ValueError for one pixel."""
    check_size(x, 1)
    padded = reflection_pad(x, 1)
    if x.device.type != "cpu" or x.dtype != torch.bfloat16 or x.shape[2] > FEW_PIXELS:
        return F.conv2d(padded, weight)
    return WindowedConv.apply(padded, weight)


def reflected_conv_on_blocks(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """`plain_reflected_conv` of a large kernel (7x7) with few channels on one side, on 2x2 blocks of pixels as channels.

    y[2i + a] = sum over p = a + u of x[2i + p] w[p - a], with p = 2m + r split into block and place. oneDNN works on 16 channels
    at a time, of which an RGB image fills 3 and its blocks 12. Raises ValueError where the image is too small to be reflected.
    """
    outputs, inputs, k, _ = weight.shape
    check_size(x, k // 2)
    if x.device.type != "cpu" or x.shape[2] % 2 or x.shape[3] % 2:
        return plain_reflected_conv(x, weight, bias)
    m = (k + 1) // 2
    # Places come before channels, (a, b, o) and (r, s, c), so that a pixel's channels stay together in memory.
    shifted = torch.stack([F.pad(weight, (b, 1 - b, a, 1 - a)) for a in (0, 1) for b in (0, 1)])  # (4, O, C, k + 1, k + 1)
    blocks = shifted.reshape(4 * outputs, inputs, m, 2, m, 2).permute(0, 3, 5, 1, 2, 4).reshape(4 * outputs, 4 * inputs, m, m)
    bias = None if bias is None else bias.repeat(4)
    return from_blocks(F.conv2d(ReflectedBlocks.apply(x, k // 2), blocks.contiguous(memory_format=torch.channels_last), bias))


def check_size(x: Tensor, reach: int) -> None:
    height, width = x.shape[2:]
    if min(height, width) <= reach:
        raise ValueError(f"an image of {width}x{height} pixels at this layer is too small for reflection padding of {reach}")


class WindowedConv(torch.autograd.Function):
    """`F.conv2d(x, weight)`, whose weight gradient is one matrix product over the windows: faster than oneDNN's in bf16 on few pixels."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        (grad,), (needs_x, needs_weight) = gradients, ctx.needs_input_grad
        grad_x = F.conv_transpose2d(grad, weight) if needs_x else None
        return grad_x, weight_gradient(x.permute(0, 2, 3, 1), grad, weight.shape[2], 1) if needs_weight else None


class ReflectedBlocks(torch.autograd.Function):
    """`to_blocks` of x (B, C, H, W) with reflection padding of `reach` pixels: one copy instead of two, as memory is the limit."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, reach: int) -> Tensor:
        n, c, h, w = x.shape
        ctx.reach = reach
        pixels = x.permute(0, 2, 3, 1).reshape(-1, c).index_select(0, reflected_places(n, h, w, reach))
        return pixels.view(n, h // 2 + reach, w // 2 + reach, 4 * c).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        reach = ctx.reach
        padded = from_blocks(gradients[0])
        inner = padded[:, :, reach:-reach, reach:-reach]  # Only its shape and memory order are read.
        return torch.ops.aten.reflection_pad2d_backward(padded, inner, [reach] * 4), None


@lru_cache(maxsize=16)
def reflected_places(count: int, height: int, width: int, reach: int) -> Tensor:
    """Indices of the pixels of `count` images in the order of `ReflectedBlocks`, (count * (H + 2 reach) * (W + 2 reach),) int64."""
    with torch.inference_mode(False):
        pixels = torch.arange(height * width, dtype=torch.float64).view(1, 1, height, width)
        places = to_blocks(F.pad(pixels, (reach,) * 4, mode="reflect")).permute(0, 2, 3, 1).reshape(1, -1).long()
        return (torch.arange(count)[:, None] * height * width + places).reshape(-1)
