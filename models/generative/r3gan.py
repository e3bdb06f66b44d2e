"""The networks of R3GAN (Huang et al. 2024): residual blocks without any normalisation, alike in generator and discriminator, small.

A block is a 1x1, a grouped 3x3 and a 1x1 convolution with leaky ReLU between, beside a shortcut; the last one begins at 0, so that
the network is linear at first (Fixup). Sizes are doubled and halved by bilinear interpolation and means.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fixed_order import bilinear
from models.generative.building_blocks import stages, with_classes

GROUP = 16
"""Channels of a group of the 3x3 convolutions."""
EXPANSION = 2
SLOPE = 0.2
WIDEST = 4
"""The widest layer has this many times `features` maps."""


class ResidualBlock(nn.Module):
    """(B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int):
        super().__init__()
        inner = EXPANSION * channels
        self.widen = nn.Conv2d(channels, inner, 1)
        self.mix = nn.Conv2d(inner, inner, 3, padding=1, groups=max(1, inner // GROUP), bias=False)
        self.narrow = nn.Conv2d(inner, channels, 1, bias=False)
        for layer in (self.widen, self.mix):
            nn.init.kaiming_normal_(layer.weight, SLOPE)
        nn.init.zeros_(self.widen.bias)  # type: ignore[arg-type]
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor) -> Tensor:
        h = F.leaky_relu(self.widen(F.leaky_relu(x, SLOPE)), SLOPE)
        return x + self.narrow(F.leaky_relu(self.mix(h), SLOPE))


def widths(size: int, features: int) -> tuple[int, list[int]]:
    """(the smallest side, maps at each side from the smallest to the largest): of 28 pixels and 32 features 7, [128, 64, 32]."""
    base, k = stages(size)
    return base, [features * min(WIDEST, 2**i) for i in reversed(range(k + 1))]


def one_by_one(channels: int, maps: int) -> nn.Conv2d:
    """A 1x1 convolution whose output is as large as its input."""
    layer = nn.Conv2d(channels, maps, 1, bias=False)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    return layer


class R3Generator(nn.Module):
    """z (B, latent) -> images (B, C, H, W), about in [-1, 1]: a dense layer to the smallest side, a block at each side."""

    has_encoder = False

    def __init__(self, latent: int = 64, channels: int = 1, size: int = 28, features: int = 32, classes: int = 0):
        super().__init__()
        self.shape, self.latent, self.classes = (channels, size, size), latent, classes
        self.base, maps = widths(size, features)
        self.first = nn.Linear(latent + classes, maps[0] * self.base**2)
        nn.init.kaiming_normal_(self.first.weight, nonlinearity="linear")
        self.blocks = nn.ModuleList(ResidualBlock(m) for m in maps)
        self.change = nn.ModuleList(one_by_one(i, o) for i, o in itertools.pairwise(maps))
        self.last = one_by_one(maps[-1], channels)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        h = self.first(with_classes(z, labels, self.classes)).view(len(z), -1, self.base, self.base)
        h = self.blocks[0](h.contiguous(memory_format=torch.channels_last))
        for change, block in zip(self.change, list(self.blocks)[1:], strict=True):
            h = block(bilinear(change(h), 2))
        return self.last(h)

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images in [0, 1]."""
        return (0.5 + 0.5 * self(z, labels).float()).clamp(0, 1)

    def prior(self, noise: Tensor) -> Tensor:
        return noise

    @property
    def feature_layer(self) -> nn.Module:
        """The first that does not only turn and stretch z: its outputs are features whose principal directions mean something."""
        return self.blocks[0]

    def directions(self) -> Tensor:
        """The first layer's weights (maps * base^2, latent): along its principal directions the picture changes most (Shen & Zhou 2021)."""
        return self.first.weight[:, : self.latent]


class R3Discriminator(nn.Module):
    """Images (B, C, H, W) -> scores (B,): the generator's mirror image."""

    def __init__(self, channels: int = 1, size: int = 28, features: int = 32, classes: int = 0):
        super().__init__()
        self.classes = classes
        base, maps = widths(size, features)
        maps = maps[::-1]
        self.first = one_by_one(channels + classes, maps[0])
        self.blocks = nn.ModuleList(ResidualBlock(m) for m in maps)
        self.change = nn.ModuleList(one_by_one(i, o) for i, o in itertools.pairwise(maps))
        self.last = nn.Linear(maps[-1] * base**2, 1)
        nn.init.kaiming_normal_(self.last.weight, nonlinearity="linear")

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        h = self.first(with_classes(images, labels, self.classes))
        for change, block in zip(self.change, list(self.blocks)[:-1], strict=True):
            h = change(F.avg_pool2d(block(h), 2))
        return self.last(F.leaky_relu(self.blocks[-1](h), SLOPE).flatten(1)).flatten(0)
