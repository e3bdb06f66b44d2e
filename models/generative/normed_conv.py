"""Convolutions that an instance norm follows. It takes every constant away, so their biases are there for the papers' shapes only.

Such a bias changes no output and has the gradient 0 (rounding aside). Leaving it out saves its addition and, what costs more,
the sum of the gradient over all pixels: a tenth of the backward pass of a 3x3 convolution of 96 maps. Parameters and state
are those of nn.Conv2d and nn.ConvTranspose2d; the bias has no gradient.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.conv import FEW_PIXELS_OF_WEIGHTS, gradient_of_windows


class NormedConv2d(nn.Conv2d):
    """nn.Conv2d without its bias."""

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight, None)


class NormedConvTranspose2d(nn.ConvTranspose2d):
    """(B, in, H, W) -> (B, out, 2 H, 2 W): 3x3 windows, stride 2, without its bias."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 3, 2, 1, 1)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return F.conv_transpose2d(x, self.weight, None, 2, 1, 1)


class ReflectedConv2d(NormedConv2d):
    """(B, in, H, W) -> (B, out, H, W): reflection padding by one pixel and a 3x3 convolution without its bias."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 3)

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[2:]) < 2:
            raise ValueError(f"an image of {x.shape[3]}x{x.shape[2]} pixels at this layer is too small to be reflected by 1")
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        if x.device.type != "cpu" or x.dtype != torch.bfloat16 or x.shape[2] > FEW_PIXELS_OF_WEIGHTS:
            return super().forward(padded)
        return Windowed.apply(padded, self.weight)


class Windowed(torch.autograd.Function):
    """The convolution of x (B, I, H, W) with weight (O, I, k, k), stride 1, no padding.

    The gradient of the weight is one matrix product over the windows: on few pixels in bf16 a quarter sooner than oneDNN's.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        (g,), (needs_x, needs_weight) = gradients, ctx.needs_input_grad
        of_x = F.conv_transpose2d(g, weight) if needs_x else None
        return of_x, gradient_of_windows(x.permute(0, 2, 3, 1), g, weight.shape[2], 1) if needs_weight else None
