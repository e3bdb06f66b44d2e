"""The generative adversarial network with dense layers (Goodfellow et al. 2014); optionally conditioned on a label on both sides."""

import itertools
import math
from collections.abc import Sequence

from torch import Tensor, nn

from models.generative.building_blocks import with_classes


class DenseGenerator(nn.Module):
    """z (B, latent) -> images in [-1, 1] (B, C, H, W), through dense layers with batch normalisation and ReLU."""

    has_encoder = False

    def __init__(self, shape: Sequence[int] = (1, 28, 28), latent: int = 64, hidden: Sequence[int] = (256, 512), classes: int = 0):
        super().__init__()
        self.shape, self.latent, self.classes = tuple(shape), latent, classes
        sizes = [latent + classes, *hidden]
        self.first = nn.Linear(sizes[0], sizes[1])
        layers: list[nn.Module] = [nn.BatchNorm1d(sizes[1]), nn.ReLU()]
        for i, o in itertools.pairwise(sizes[1:]):
            layers += [nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], math.prod(shape)), nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layers(self.first(with_classes(z, labels, self.classes))).unflatten(1, self.shape)

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return 0.5 + 0.5 * self(z, labels)

    def prior(self, noise: Tensor) -> Tensor:
        return noise

    @property
    def feature_layer(self) -> nn.Module:
        """The first that does not only turn and stretch z: its outputs are features whose principal directions mean something."""
        return self.layers[1]

    def directions(self) -> Tensor:
        """The first layer's weights (units, latent): along its principal directions the picture changes most (Shen & Zhou 2021)."""
        return self.first.weight[:, : self.latent]


class DenseDiscriminator(nn.Module):
    """Images in [-1, 1] (B, C, H, W) -> scores (B,): the logit that an image is real."""

    def __init__(self, shape: Sequence[int] = (1, 28, 28), hidden: Sequence[int] = (512, 256), classes: int = 0, spectral: bool = False):
        super().__init__()
        self.classes = classes
        sizes = [math.prod(shape) + classes, *hidden]
        layers: list[nn.Module] = []
        for i, o in itertools.pairwise(sizes):
            layers += [nn.Linear(i, o), nn.LeakyReLU(0.2)]
        layers.append(nn.Linear(sizes[-1], 1))
        if spectral:
            layers = [nn.utils.parametrizations.spectral_norm(m) if isinstance(m, nn.Linear) else m for m in layers]
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layers(with_classes(images.flatten(1), labels, self.classes)).squeeze(1)
