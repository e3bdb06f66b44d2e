"""4x4 convolutions: stride 2 and its transpose as DCGAN and U-Nets have them, whole images to one pixel and back, a PatchGAN's last layer.

In bf16 on a CPU, oneDNN is several times slower than a matrix product for weight gradients of deep layers (few pixels, many maps),
maps of one pixel, and convolutions to a few maps. These cases are computed over 4x4 windows here; everything else is PyTorch's own kernel.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.kernels.windows import in_bf16_on_cpu, rows, weight_gradient, windows, with_bias, with_margin

FEW_MAPS = 4
FEW_PIXELS = 8
"""Sides of the larger image up to which `small_conv4x4` and its transpose leave PyTorch's kernels."""
FEW_PIXELS_OF_WEIGHTS = 16
"""Sides up to which weight gradients are matrix products,"""
FEWEST_PIXELS = 4
"""and up to which outputs and input gradients are."""


def plain_conv4x4(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (B, I, H, W), weight (O, I, 4, 4) -> (B, O, H / 2, W / 2)."""
    return F.conv2d(x, weight, bias, 2, 1)


def plain_conv_transpose4x4(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (B, O, H, W), weight (O, I, 4, 4) -> (B, I, 2 H, 2 W)."""
    return F.conv_transpose2d(x, weight, bias, 2, 1)


def conv4x4(x: Tensor, weight: Tensor) -> Tensor:
    """`plain_conv4x4`, with fast gradients where autocast computes in bf16 on a CPU."""
    if not in_bf16_on_cpu(x):
        return plain_conv4x4(x, weight)
    return Conv4x4.apply(*lowered(x, weight), False)


def conv_transpose4x4(x: Tensor, weight: Tensor) -> Tensor:
    """`plain_conv_transpose4x4`, with fast gradients where autocast computes in bf16 on a CPU."""
    if not in_bf16_on_cpu(x):
        return plain_conv_transpose4x4(x, weight)
    return Conv4x4.apply(*lowered(x, weight), True)


def small_conv4x4(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """`plain_conv4x4`, fast for small bf16 images on a CPU. From 2x2 pixels to one, 12 of the 16 places see padding alone."""
    if x.device.type != "cpu" or x.dtype != torch.bfloat16 or x.shape[2] > FEW_PIXELS:
        return plain_conv4x4(x, weight, bias)
    if x.shape[2:] == (2, 2):
        inner = InnerPlaces.apply(weight).permute(0, 2, 3, 1).reshape(weight.shape[0], -1)  # (O, 4 I)
        return F.linear(x.permute(0, 2, 3, 1).reshape(len(x), -1), inner, bias)[:, :, None, None]
    return with_bias(Conv4x4.apply(*lowered(x, weight), False), bias)


def small_conv_transpose4x4(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """`plain_conv_transpose4x4`, fast for small bf16 images and for few output maps on a CPU."""
    maps = weight.shape[1]
    if x.device.type != "cpu" or x.dtype != torch.bfloat16 or (x.shape[2] > FEW_PIXELS // 2 and maps > FEW_MAPS):
        return plain_conv_transpose4x4(x, weight, bias)
    if x.shape[2:] == (1, 1):
        inner = InnerPlaces.apply(weight).permute(0, 2, 3, 1).reshape(weight.shape[0], -1)  # (O, 4 I)
        y = (x.reshape(len(x), -1) @ inner).view(len(x), 2, 2, maps).permute(0, 3, 1, 2)
    else:
        y = Conv4x4.apply(*lowered(x, weight), True)
    return with_bias(y, bias)


def pixel_to_image(x: Tensor, weight: Tensor) -> Tensor:
    """x (B, I, 1, 1), weight (I, O, k, k) -> (B, O, k, k) channels_last: a transposed convolution as a dense layer."""
    maps, side = weight.shape[1:3]
    dense = weight.permute(0, 2, 3, 1).flatten(1)  # (I, k * k * O)
    return (x.flatten(1) @ dense).view(len(x), side, side, maps).permute(0, 3, 1, 2)


def plain_pixel_to_image(x: Tensor, weight: Tensor) -> Tensor:
    return F.conv_transpose2d(x, weight)


def image_to_pixel(x: Tensor, weight: Tensor) -> Tensor:
    """x (B, I, k, k), weight (O, I, k, k) -> (B, O, 1, 1): a convolution as a dense layer."""
    return F.linear(x.permute(0, 2, 3, 1).flatten(1), weight.permute(0, 2, 3, 1).flatten(1))[:, :, None, None]


def plain_image_to_pixel(x: Tensor, weight: Tensor) -> Tensor:
    return F.conv2d(x, weight)


def conv4x4_to_one_map(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x (B, I, H, W), weight (1, I, 4, 4) -> (B, 1, H - 1, W - 1), fast on a CPU without autocast."""
    if x.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
        return plain_conv4x4_to_one_map(x, weight, bias)
    return with_bias(Conv4x4ToOneMap.apply(x, weight), bias)


def plain_conv4x4_to_one_map(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return F.conv2d(x, weight, bias, 1, 1)


def lowered(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    return x.to(torch.bfloat16, memory_format=torch.channels_last), weight.to(torch.bfloat16)


class Conv4x4(torch.autograd.Function):
    """y = up(x, w) where `transposed`, else down(x, w); the input gradient is the other of the two. Twice differentiable."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, transposed: bool) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.transposed = transposed
        return up(x, weight) if transposed else down(x, weight)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, _ = ctx.needs_input_grad
        back, large, small = (down, grad, x) if ctx.transposed else (up, x, grad)
        return back(grad, weight) if needs_x else None, grad_of_weight(large, small) if needs_weight else None, None


class InnerPlaces(torch.autograd.Function):
    """weight[:, :, 1:3, 1:3]: (O, I, 4, 4) -> (O, I, 2, 2), with a gradient in the weight's own memory order, which is faster to fill."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return weight[:, :, 1:3, 1:3]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        whole = torch.zeros_like(ctx.saved_tensors[0])
        whole[:, :, 1:3, 1:3] = gradients[0]
        return whole


class Conv4x4ToOneMap(torch.autograd.Function):
    """`F.conv2d(x, weight, None, 1, 1)` for weight (1, I, 4, 4).

    First each pixel's product with each of the 16 places of the window, one matrix product; then sums over windows. Twice differentiable.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        (n, _, h, w), places = x.shape, weight.permute(1, 2, 3, 0).reshape(-1, 16)  # (I, 16)
        exact = torch.float32 if x.dtype == torch.bfloat16 else x.dtype
        products = F.pad((rows(x) @ places).to(exact).view(n, h, w, 16), (0, 0, 1, 1, 1, 1))
        s = products.stride()
        diagonals = products.as_strided((n, h - 1, w - 1, 4, 4), (s[0], s[1], s[2], s[1] + 4, s[2] + 1))
        return diagonals.sum((3, 4)).to(x.dtype)[:, None]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        (n, i, h, w), needs = x.shape, ctx.needs_input_grad
        padded = F.pad(grad[:, 0], (2, 2, 2, 2))
        s = padded.stride()
        containing = padded.as_strided((n, h, w, 4, 4), (s[0], s[1], s[2], s[1], s[2])).reshape(
            -1, 16
        )  # Windows that contain a pixel, last first.
        places = weight.flip(2, 3).permute(0, 2, 3, 1).reshape(16, i)
        grad_x = (containing @ places).view(n, h, w, i).permute(0, 3, 1, 2) if needs[0] else None
        grad_weight = (containing.t() @ rows(x)).view(1, 4, 4, i).permute(0, 3, 1, 2).flip(2, 3) if needs[1] else None
        return grad_x, grad_weight


def down(x: Tensor, weight: Tensor) -> Tensor:
    """The convolution of x (B, I, H, W) with weight (O, I, 4, 4), stride 2, padding 1."""
    n, i, h, w = x.shape
    if h > FEWEST_PIXELS or i < 16:
        return F.conv2d(x, weight, stride=2, padding=1)
    y = windows(with_margin(x), 4, 2) @ weight.permute(0, 2, 3, 1).reshape(len(weight), -1).t()  # (B * H * W / 4, O)
    return y.view(n, h // 2, w // 2, len(weight)).permute(0, 3, 1, 2)


def up(x: Tensor, weight: Tensor) -> Tensor:
    """The transposed convolution of x (B, O, H, W) with weight (O, I, 4, 4), stride 2, padding 1."""
    (n, o, h, w), maps = x.shape, weight.shape[1]
    if maps > FEW_MAPS and 2 * h > FEWEST_PIXELS:
        return F.conv_transpose2d(x, weight, stride=2, padding=1)
    if maps <= FEW_MAPS:
        added = rows(x) @ weight.reshape(o, maps * 16)  # What each pixel adds to its 4x4 window.
        folded = F.fold(added.float().view(n, h * w, maps * 16).transpose(1, 2), (2 * h, 2 * w), 4, stride=2, padding=1)
        return folded.to(x.dtype, memory_format=torch.channels_last)
    # A window has 2x2 blocks of 2x2 pixels: each is added to the block that it lies on.
    added = (rows(x) @ weight.permute(0, 2, 3, 1).reshape(o, -1)).view(n, h, w, 2, 2, 2, 2, maps)
    y = x.new_zeros(n, h + 1, 2, w + 1, 2, maps)
    for top in (0, 1):
        for left in (0, 1):
            y[:, top : top + h, :, left : left + w] += added[:, :, :, top, :, left].transpose(2, 3)
    return y.view(n, 2 * h + 2, 2 * w + 2, maps)[:, 1:-1, 1:-1].permute(0, 3, 1, 2)


def grad_of_weight(large: Tensor, small: Tensor) -> Tensor:
    """(O, I, 4, 4): the sum over pixels of small (B, O, H, W) times the windows of large (B, I, 2 H, 2 W)."""
    (n, i, h, w), o = large.shape, small.shape[1]
    if h > FEW_PIXELS_OF_WEIGHTS or i < 16:
        if i == 1:  # Both orders of dimensions are contiguous then; by the strides oneDNN takes it for the slower one.
            large = large.reshape(n, h, w, 1).permute(0, 3, 1, 2)
        return torch.ops.aten.convolution_backward(
            small, large, small.new_empty(o, i, 4, 4), None, [2, 2], [1, 1], [1, 1], False, [0, 0], 1, [False, True, False]
        )[1]  # fmt: skip
    return weight_gradient(with_margin(large), small, 4, 2)
