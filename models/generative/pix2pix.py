"""The generator of pix2pix (Isola et al. 2017): a U-Net whose skip connections carry the input's edges to the output.

For 256 pixels and 64 features it has 54,413,955 parameters. Its discriminator is the PatchGAN that sees input and output.
"""

import itertools
import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout
from models.generative.conv import DoublingConv2d, HalvingConv2d, InertBiasConv2d
from models.generative.instance_norm import InstanceNorm

WIDEST = 8
"""The widest layer has this many times `features` maps."""


class UNetGenerator(nn.Module):
    """Images in [-1, 1] (B, C, S, S) -> images in [-1, 1] (B, outputs, S, S), S a power of 2: halved to one pixel and back.

    Encoder 4x4 stride 2 with leaky ReLU, decoder 4x4 transposed with ReLU, dropout of one half in its three layers after the
    innermost (two at 128 pixels, one below; the only noise; `dropout` can be switched off). `resize` enlarges by nearest neighbours before a convolution
    instead, against checkerboards. Batch norm mixes the images of a training batch; `instance` does not.
    """

    def __init__(
        self, size: int = 256, channels: int = 3, features: int = 64, outputs: int = 3, *,
        norm: Literal["batch", "instance"] = "batch", upsampling: Literal["transpose", "resize"] = "transpose", dropout: float = 0.5,
    ):  # fmt: skip
        super().__init__()
        depth = math.log2(size)
        if size < 8 or depth % 1:
            raise ValueError(f"the size must be a power of 2 of at least 8, got {size}")
        self.resize, self.norm_kind = upsampling == "resize", norm
        widths = [features * min(WIDEST, 2**i) for i in range(int(depth))]
        bias = norm == "instance"
        last = len(widths) - 1
        self.down = nn.ModuleList(
            HalvingConv2d(i, o, bias, inert_bias=bias and 0 < n < last)
            for n, (i, o) in enumerate(zip([channels, *widths[:-1]], widths, strict=True))
        )
        self.down_norms = nn.ModuleList(self.norm(o) if 0 < i < last else nn.Identity() for i, o in enumerate(widths))
        inner = list(reversed(widths))
        self.up = nn.ModuleList(self.enlarge(i * (2 if n else 1), o, bias, bias) for n, (i, o) in enumerate(itertools.pairwise(inner)))
        self.up_norms = nn.ModuleList(self.norm(o) for o in inner[1:])
        self.dropouts = nn.ModuleList(
            Dropout(dropout) if dropout and (i == 1 or (1 < i <= 3 and w == features * WIDEST)) else nn.Identity()
            for i, w in enumerate(inner[1:])
        )
        self.last = self.enlarge(2 * features, outputs, True, False)

    def norm(self, channels: int) -> nn.Module:
        return nn.BatchNorm2d(channels) if self.norm_kind == "batch" else InstanceNorm()

    def enlarge(self, inputs: int, outputs: int, bias: bool, inert_bias: bool) -> nn.Module:
        if self.resize:
            kind = InertBiasConv2d if inert_bias else nn.Conv2d
            return nn.Sequential(nn.Upsample(scale_factor=2), kind(inputs, outputs, 3, 1, 1, bias=bias))
        return DoublingConv2d(inputs, outputs, bias, inert_bias)

    def forward(self, images: Tensor) -> Tensor:
        skips: list[Tensor] = []
        x = images
        for i, (conv, norm) in enumerate(zip(self.down, self.down_norms, strict=True)):
            x = norm(conv(F.leaky_relu(x, 0.2) if i else x))
            skips.append(x)
        skips.pop()  # The innermost has no skip connection: (B, 8f, 1, 1).
        for up, norm, dropout in zip(self.up, self.up_norms, self.dropouts, strict=True):
            x = torch.cat([skips.pop(), dropout(norm(up(F.relu(x))))], 1)
        return torch.tanh(self.last(F.relu(x)))
