"""StyleGAN's generator (Karras et al. 2019; 2020): a mapping network turns z into a style w, which scales the maps of each convolution.

Two layers work at each side from the smallest to the largest, and each side adds its part to the picture: the first styles decide
what is coarse, the last what is fine. Read first: `ModulatedConv`, then `StyleGenerator.synthesise`. Its discriminator is R3GAN's.
"""

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fixed_order import bilinear
from models.generative.r3gan import widths

SLOPE = 0.2
GAIN = math.sqrt(2)
RATE = 0.1
"""The mapping network learns at this share of the learning rate (0.01 in the paper, for trainings a hundred times as long)."""
LAYERS_PER_SIDE = 2
MEAN_OF = 512
"""Fixed z whose styles are averaged for the centre of truncation."""


class Dense(nn.Module):
    """(B, in) -> (B, out): a dense layer that learns at the share `rate` of the learning rate, its stored parameters being larger by 1 / rate.

    `equalised` (Karras et al. 2018, section 4.1): weights are stored with a variance of 1 and scaled in use, so that Adam, whose
    steps have one size, moves a layer of many inputs no further than one of few.
    """

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0, bias: float = 0.0, equalised: bool = True):
        super().__init__()
        self.rate, self.scale = rate, rate / math.sqrt(inputs) if equalised else rate
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / (self.scale * math.sqrt(inputs)))
        self.bias = nn.Parameter(torch.full((outputs,), bias))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.scale * self.weight, self.rate * self.bias)


class MappingLayer(Dense):
    """(B, in) -> (B, out), and a leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, equalised: bool = True):
        super().__init__(inputs, outputs, RATE, equalised=equalised)

    def forward(self, x: Tensor) -> Tensor:
        return GAIN * F.leaky_relu(super().forward(x), SLOPE)


class ModulatedConv(nn.Module):
    """x (B, in, H, W), style w (B, latent) -> (B, out, H, W): a convolution whose input maps are scaled by an affine function of w.

    Demodulation divides each output map by its expected deviation, sqrt(sum (s_i W_oik)^2), in place of a normalisation
    (Karras et al. 2020, eq. 3). Scaling the maps before and after equals scaling the weights, and needs no weights for each image.
    """

    def __init__(self, channels: int, maps: int, kernel: int, latent: int, demodulate: bool = True, equalised: bool = True):
        super().__init__()
        self.demodulate = demodulate
        deviation = 1 / math.sqrt(channels * kernel * kernel)
        self.scale = deviation if equalised else 1.0
        self.weight = nn.Parameter(torch.randn(maps, channels, kernel, kernel) * (deviation / self.scale))
        self.style = Dense(latent, channels, bias=1.0, equalised=equalised)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        s, weight = self.style(w), self.scale * self.weight  # (B, in), (out, in, kernel, kernel)
        y = F.conv2d(x * s[:, :, None, None], weight, padding=weight.shape[-1] // 2)
        if not self.demodulate:
            return y
        variance = s.float().square() @ weight.float().square().sum((2, 3)).T  # (B, out)
        return y * (variance + 1e-8).rsqrt()[:, :, None, None]


class StyleLayer(nn.Module):
    """A modulated 3x3 convolution, noise that is added to each pixel as strongly as is learned, a bias, leaky ReLU."""

    def __init__(self, channels: int, maps: int, latent: int, equalised: bool = True):
        super().__init__()
        self.conv = ModulatedConv(channels, maps, 3, latent, equalised=equalised)
        self.strength = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        """`noise` is (B or 1, 1, H, W)."""
        return GAIN * F.leaky_relu(self.conv(x, w) + self.strength * noise + self.bias[:, None, None], SLOPE)


class StyleGenerator(nn.Module):
    """z (B, latent) -> images (B, C, H, W), about in [-1, 1]."""

    has_encoder = False
    known: Tensor

    def __init__(
        self, latent: int = 64, channels: int = 1, size: int = 28, features: int = 32, mapping_layers: int = 4, classes: int = 0,
        equalised: bool = True,
    ):  # fmt: skip
        super().__init__()
        self.shape, self.latent, self.classes = (channels, size, size), latent, classes
        self.base, maps = widths(size, features)
        self.sides = [self.base * 2**i for i in range(len(maps))]
        inputs = [latent + classes, *[latent] * (mapping_layers - 1)]
        self.mapping = nn.Sequential(*(MappingLayer(i, latent, equalised) for i in inputs))
        self.constant = nn.Parameter(torch.randn(1, maps[0], self.base, self.base))
        before = [maps[0], *maps[:-1]]
        pairs = [pair for i, o in zip(before, maps, strict=True) for pair in ((i, o), (o, o))]
        self.layers = nn.ModuleList(StyleLayer(i, o, latent, equalised) for i, o in pairs)
        self.to_image = nn.ModuleList(ModulatedConv(m, channels, 1, latent, False, equalised) for m in maps)
        self.image_bias = nn.Parameter(torch.zeros(channels, 1, 1))
        fixed = torch.Generator().manual_seed(0)
        for i in range(len(pairs)):
            side = self.sides[i // LAYERS_PER_SIDE]
            self.register_buffer(f"noise_{i}", torch.randn(1, 1, side, side, generator=fixed))
        self.register_buffer("known", torch.randn(MEAN_OF, latent, generator=fixed))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.synthesise(self.styles(z))

    def styles(self, z: Tensor) -> Tensor:
        """w (B, layers, latent) of z (B, latent): the same in every layer."""
        return self.style_of(z)[:, None].expand(-1, len(self.layers), -1)

    def style_of(self, z: Tensor) -> Tensor:
        """w (B, latent) of z (B, latent), of which only the direction counts."""
        return self.mapping(z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt())

    def mean_style(self) -> Tensor:
        """The mean w (1, latent), about which styles are drawn together (truncation)."""
        return self.style_of(self.known).mean(0, keepdim=True)

    def truncated(self, w: Tensor, psi: float) -> Tensor:
        """Styles w (..., latent) at psi times their distance from the mean: 0 the mean alone, 1 as they are."""
        return torch.lerp(self.mean_style().to(w.dtype), w, psi)

    def synthesise(self, w: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images (B, C, H, W) of styles (B, layers, latent); `noise` has (B or 1, 1, side, side) for each layer, fixed ones unless given."""
        return self.by_side(w, noise)[-1]

    def by_side(self, w: Tensor, noise: Sequence[Tensor] | None = None) -> list[Tensor]:
        """The picture as it is after each side (B, C, side, side), from coarse to fine."""
        noise = [getattr(self, f"noise_{i}") for i in range(len(self.layers))] if noise is None else noise
        x, image, images = self.constant.expand(len(w), -1, -1, -1), None, list[Tensor]()
        for i, layer in enumerate(self.layers):
            if i and i % LAYERS_PER_SIDE == 0:
                x, image = doubled(x), doubled(images[-1])
            x = layer(x, w[:, i], noise[i])
            if i % LAYERS_PER_SIDE == LAYERS_PER_SIDE - 1:
                part = self.to_image[i // LAYERS_PER_SIDE](x, w[:, i])
                images.append(part + self.image_bias if image is None else image + part)
        return images

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images in [0, 1], with the fixed noise."""
        return in_unit_range(self(z, labels))

    def prior(self, noise: Tensor) -> Tensor:
        return noise

    @property
    def feature_layer(self) -> nn.Module:
        """The mapping: w are features whose principal directions mean something."""
        return self.mapping

    def directions(self) -> Tensor:
        """The affine functions of all layers (maps, latent), through the mapping at its mean: where w moves most the picture changes most."""
        with torch.enable_grad():
            z = self.known[:1].detach()
            slope = torch.func.jacrev(lambda at: self.style_of(at)[0])(z)[:, 0]  # (latent, latent)
        styles = [cast(StyleLayer, layer).conv.style for layer in self.layers]
        affine = torch.cat([style.scale * style.weight for style in styles])
        return affine.detach() @ slope.detach()


def doubled(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, C, 2 H, 2 W)."""
    return bilinear(x, 2)


def in_unit_range(images: Tensor) -> Tensor:
    """[-1, 1] -> [0, 1], what lies outside cut off."""
    return (0.5 + 0.5 * images.float()).clamp(0, 1)
