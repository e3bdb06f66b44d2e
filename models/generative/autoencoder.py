"""Autoencoders: an encoder to a code and a decoder back, dense or convolutional.

Undercomplete where the code is narrow; denoising and sparsity are part of training (`lab/recipes/generative/autoencoder.py`).
The encoders and decoders serve the VAE too (`vae.py`).
"""

import itertools
import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from models.generative.building_blocks import dense, stages, with_classes
from models.generative.latent import eigh

Architecture = Literal["dense", "conv"]


class DenseEncoder(nn.Module):
    """Images (B, C, H, W) and their classes -> features (B, `width`), through dense layers with ReLU."""

    def __init__(self, shape: Sequence[int], hidden: Sequence[int], classes: int = 0):
        super().__init__()
        self.classes, self.width = classes, hidden[-1]
        self.layers = nn.Sequential(*dense([math.prod(shape) + classes, *hidden]))

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layers(with_classes(images.flatten(1), labels, self.classes))


class DenseDecoder(nn.Module):
    """z (B, latent) and classes -> logits (B, C, H, W)."""

    def __init__(self, shape: Sequence[int], hidden: Sequence[int], latent: int, classes: int = 0):
        super().__init__()
        self.classes, self.shape = classes, tuple(shape)
        sizes = [latent + classes, *reversed(hidden)]
        self.layers = nn.Sequential(*dense(sizes), nn.Linear(sizes[-1], math.prod(shape)))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layers(with_classes(z, labels, self.classes)).unflatten(1, self.shape)


class ConvEncoder(nn.Module):
    """Images (B, C, H, W) and classes (as planes) -> features (B, `width`), by 4x4 convolutions of stride 2 with ReLU."""

    def __init__(self, shape: Sequence[int], features: int, classes: int = 0):
        super().__init__()
        channels, size, _ = shape
        base, k = stages(size)
        widths = [channels + classes, *(features * 2**i for i in range(k))]
        self.classes, self.width = classes, widths[-1] * base * base
        layers = [m for i, o in itertools.pairwise(widths) for m in (nn.Conv2d(i, o, 4, 2, 1), nn.ReLU())]
        self.layers = nn.Sequential(*layers, nn.Flatten())

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layers(with_classes(images, labels, self.classes))


class ConvDecoder(nn.Module):
    """z (B, latent) and classes -> logits (B, C, H, W), the mirror of `ConvEncoder`."""

    def __init__(self, shape: Sequence[int], features: int, latent: int, classes: int = 0):
        super().__init__()
        channels, size, _ = shape
        base, k = stages(size)
        widths = [features * 2**i for i in reversed(range(k))]
        self.classes = classes
        layers: list[nn.Module] = [
            nn.Linear(latent + classes, widths[0] * base * base),
            nn.Unflatten(1, (widths[0], base, base)),
            nn.ReLU(),
        ]
        for i, o in itertools.pairwise(widths):
            layers += [nn.ConvTranspose2d(i, o, 4, 2, 1), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layers(with_classes(z, labels, self.classes))


def encoder(architecture: Architecture, shape: Sequence[int], hidden: Sequence[int], features: int, classes: int = 0) -> nn.Module:
    """The encoder of an architecture; its `width` is the number of features that it gives."""
    if architecture == "dense":
        return DenseEncoder(shape, hidden, classes)
    return ConvEncoder(shape, features, classes)


def decoder(
    architecture: Architecture, shape: Sequence[int], hidden: Sequence[int], features: int, latent: int, classes: int = 0
) -> nn.Module:
    if architecture == "dense":
        return DenseDecoder(shape, hidden, latent, classes)
    return ConvDecoder(shape, features, latent, classes)


class Autoencoder(nn.Module):
    """images in [0, 1] (B, C, H, W) -> code (B, latent) -> images.

    An autoencoder has no prior to draw codes from. The running mean and covariance of the codes seen in training stand
    in for one: `prior` maps standard normal noise to a normal distribution with these.
    """

    code_mean: Tensor
    code_covariance: Tensor
    has_encoder = True
    classes = 0

    def __init__(
        self, shape: Sequence[int] = (1, 28, 28), latent: int = 32, hidden: Sequence[int] = (256,), features: int = 32,
        architecture: Architecture = "dense",
    ):  # fmt: skip
        super().__init__()
        self.shape, self.latent = tuple(shape), latent
        self.encoder = encoder(architecture, shape, hidden, features)
        self.to_code = nn.Linear(int(self.encoder.width), latent)  # type: ignore[arg-type]
        self.decoder = decoder(architecture, shape, hidden, features, latent)
        self.register_buffer("code_mean", torch.zeros(latent))
        self.register_buffer("code_covariance", torch.eye(latent))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(logits of the reconstruction (B, C, H, W), codes (B, latent))."""
        code = self.encode(images)
        return self.decoder(code), code

    def encode(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.to_code(self.encoder(images))

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return torch.sigmoid(self.decoder(z))

    def prior(self, noise: Tensor) -> Tensor:
        """Codes (B, latent) for standard normal noise (B, latent)."""
        values, vectors = eigh(torch.nan_to_num(self.code_covariance.float()))
        return self.code_mean + (noise * values.clamp(min=0).sqrt()) @ vectors.T

    @torch.no_grad()
    def update_code_statistics(self, codes: Tensor, momentum: float) -> None:
        """Move the running mean and covariance towards those of a batch of codes (B, latent) by `momentum`."""
        codes = codes.float()
        self.code_mean.lerp_(codes.mean(0), momentum)
        centred = codes - self.code_mean
        self.code_covariance.lerp_(centred.T @ centred / len(codes), momentum)
