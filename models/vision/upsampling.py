"""Ways to double the side of feature maps: nearest neighbour, bed of nails, max unpooling and transpose convolution.

Read first: `bilinear_kernel`, the start of a transpose convolution that enlarges smoothly (Long et al. 2015, section 3.3).
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Upsampling = Literal["transpose", "bilinear", "nearest", "nails", "unpool"]


def bilinear_kernel(factor: int) -> Tensor:
    """(2 factor, 2 factor): a transpose convolution with it, stride `factor` and padding factor / 2 interpolates bilinearly."""
    place = (torch.arange(2 * factor, dtype=torch.float32) + 0.5) / factor - 1
    line = 1 - place.abs()
    return line[:, None] * line[None]


def bed_of_nails(maps: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, C, 2H, 2W): each value in the upper left corner of its 2x2 cell, zeros elsewhere."""
    b, c, h, w = maps.shape
    large = maps.new_zeros(b, c, h, 2, w, 2)
    large[:, :, :, 0, :, 0] = maps
    return large.view(b, c, 2 * h, 2 * w)


class Up(nn.Module):
    """(B, channels_in, H, W) -> (B, channels_out, 2H, 2W) in one of the ways of `Upsampling`.

    `transpose` has free 2x2 kernels as in the U-Net; `bilinear` is a transpose convolution of each map that begins bilinear. `unpool` puts
    values where the pooling of that level found its maxima, which `forward` is given.
    """

    def __init__(self, channels_in: int, channels_out: int, how: Upsampling):
        super().__init__()
        self.how = how
        if how == "transpose":
            self.conv: nn.Module = nn.ConvTranspose2d(channels_in, channels_out, 2, 2)
        elif how == "bilinear":
            self.conv = nn.Conv2d(channels_in, channels_out, 1)
            self.enlarge = nn.ConvTranspose2d(channels_out, channels_out, 4, 2, 1, groups=channels_out, bias=False)
        else:
            self.conv = nn.Conv2d(channels_in, channels_out, 1 if how == "unpool" else 3, padding=0 if how == "unpool" else 1)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Transpose convolutions, which `surgery.initialise` leaves alone."""
        if isinstance(self.conv, nn.ConvTranspose2d):
            weight, bias = self.conv.weight, self.conv.bias
            weight.copy_(torch.zeros(weight.shape).normal_(0, (2 / weight.shape[0]) ** 0.5, generator=generator))
            assert bias is not None
            bias.zero_()
        if self.how == "bilinear":
            self.enlarge.weight.copy_(bilinear_kernel(2).expand_as(self.enlarge.weight))

    def forward(self, maps: Tensor, places: Tensor) -> Tensor:
        """`places` are the indices of the level's max pooling, (B, channels_out, H, W)."""
        match self.how:
            case "transpose":
                return self.conv(maps)
            case "bilinear":
                return self.enlarge(self.conv(maps))
            case "nearest":
                return self.conv(F.interpolate(maps, scale_factor=2.0, mode="nearest"))
            case "nails":
                return self.conv(bed_of_nails(maps))
            case "unpool":
                return F.max_unpool2d(self.conv(maps), places, [2, 2])
        raise ValueError(f"there is no upsampling {self.how!r}")
