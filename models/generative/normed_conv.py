"""Convolutions that an instance norm follows. It takes every constant away, so their biases are there for the papers' shapes only.

Such a bias changes no output and has the gradient 0 (rounding aside). Leaving it out saves its addition and, what costs more,
the sum of the gradient over all pixels: a tenth of the backward pass of a 3x3 convolution of 96 maps. Parameters and state
are those of nn.Conv2d and nn.ConvTranspose2d; the bias has no gradient.
"""

from torch import Tensor, nn
from torch.nn import functional as F


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
        return super().forward(F.pad(x, (1, 1, 1, 1), mode="reflect"))
