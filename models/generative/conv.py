"""The 4x4 convolution of stride 2 and its transpose, as DCGAN has them, with faster forms where oneDNN's bf16 is slow.

On processors, in bf16, two cases run at a half to a tenth of the speed of the others: gradients of the weights of deep
layers (few pixels, many maps), and the transpose to one or a few maps. Both are written here as one matrix product over
the 4x4 windows. The functions are the same as nn.Conv2d's and nn.ConvTranspose2d's, and so are parameters and state.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEW_MAPS = 4
FEW_PIXELS = 8


class DownConv(nn.Conv2d):
    """(B, in, H, W) -> (B, out, H / 2, W / 2), 4x4 windows, no bias."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 4, 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if not in_bf16_on_cpu(x):
            return super().forward(x)
        return Down.apply(*lowered(x, self.weight))


class UpConv(nn.ConvTranspose2d):
    """(B, in, H, W) -> (B, out, 2 H, 2 W), the transpose of `DownConv`, no bias."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 4, 2, 1, bias=False)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        if not in_bf16_on_cpu(x):
            return super().forward(x, output_size)
        return Up.apply(*lowered(x, self.weight))


def in_bf16_on_cpu(x: Tensor) -> bool:
    return x.device.type == "cpu" and torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16


def lowered(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    return x.to(torch.bfloat16, memory_format=torch.channels_last), weight.to(torch.bfloat16)


class Down(torch.autograd.Function):
    """y = down(x, w); the gradient in x is up(g, w). The backward pass is made of differentiable operations."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return down(x, weight)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight = ctx.needs_input_grad
        return up(g, weight) if needs_x else None, weight_gradient(x, g) if needs_weight else None


class Up(torch.autograd.Function):
    """y = up(x, w); the gradient in x is down(g, w)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return up(x, weight)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight = ctx.needs_input_grad
        return down(g, weight) if needs_x else None, weight_gradient(g, x) if needs_weight else None


def down(x: Tensor, weight: Tensor) -> Tensor:
    """The convolution of x (B, I, H, W) with weight (O, I, 4, 4), stride 2, padding 1."""
    return F.conv2d(x, weight, stride=2, padding=1)


def up(x: Tensor, weight: Tensor) -> Tensor:
    """The transposed convolution of x (B, O, H, W) with weight (O, I, 4, 4), stride 2, padding 1."""
    maps = weight.shape[1]
    if maps > FEW_MAPS:
        return F.conv_transpose2d(x, weight, stride=2, padding=1)
    n, o, h, w = x.shape
    windows = rows(x) @ weight.reshape(o, maps * 16)  # What each pixel adds to its 4x4 window.
    folded = F.fold(windows.float().view(n, h * w, maps * 16).transpose(1, 2), (2 * h, 2 * w), 4, stride=2, padding=1)
    return folded.to(x.dtype, memory_format=torch.channels_last)


def weight_gradient(large: Tensor, small: Tensor) -> Tensor:
    """(O, I, 4, 4): the sum over pixels of small (B, O, H, W) times the windows of large (B, I, 2 H, 2 W)."""
    (n, i, h, w), o = large.shape, small.shape[1]
    if h > FEW_PIXELS or i < 16:
        return torch.ops.aten.convolution_backward(
            small, large, small.new_empty(o, i, 4, 4), None, [2, 2], [1, 1], [1, 1], False, [0, 0], 1, [False, True, False]
        )[1]  # fmt: skip
    padded = F.pad(large.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))  # (B, 2 H + 2, 2 W + 2, I)
    s = padded.stride()
    windows = padded.as_strided((n, h // 2, w // 2, 4, 4, i), (s[0], 2 * s[1], 2 * s[2], s[1], s[2], 1))
    product = rows(small).t() @ windows.reshape(-1, 16 * i)  # (O, 16 I)
    return product.view(o, 4, 4, i).permute(0, 3, 1, 2)


def rows(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B * H * W, C)."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
