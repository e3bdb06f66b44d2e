"""DCGAN (Radford et al. 2016): a convolutional generator and discriminator, for any size that `building_blocks.stages` takes.

At 64 pixels, RGB, z 100 and 64 features they have 3,576,704 and 2,765,568 parameters.
"""

import itertools

from torch import Tensor, nn

from models.generative.building_blocks import Norm, normalisation, stages, with_classes
from models.generative.conv import DownConv, ImageToPixel, PixelToImage, UpConv

WIDEST = 8
"""The widest layer has this many times `features` maps."""


class DCGANGenerator(nn.Module):
    """z (B, latent) -> images in [-1, 1] (B, C, H, W): a transposed convolution to the base, then upsampling to the size."""

    has_encoder = False

    def __init__(self, latent: int = 100, channels: int = 3, size: int = 64, features: int = 64, classes: int = 0):
        super().__init__()
        self.shape, self.latent, self.classes = (channels, size, size), latent, classes
        base, k = stages(size)
        widths = [features * min(WIDEST, 2**i) for i in reversed(range(k))]
        self.first = PixelToImage(latent + classes, widths[0], base)
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[0]), nn.ReLU(True)]
        for i, o in itertools.pairwise(widths):
            layers += [UpConv(i, o), nn.BatchNorm2d(o), nn.ReLU(True)]
        self.layers = nn.Sequential(*layers, UpConv(widths[-1], channels), nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layers(self.first(with_classes(z, labels, self.classes)[:, :, None, None]))

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images in [0, 1]."""
        return 0.5 + 0.5 * self(z, labels).float()

    def prior(self, noise: Tensor) -> Tensor:
        return noise

    @property
    def feature_layer(self) -> nn.Module:
        """The first that does not only turn and stretch z: its outputs are features whose principal directions mean something."""
        return self.layers[1]

    def directions(self) -> Tensor:
        """The first layer's weights (maps * base^2, latent): along its principal directions the picture changes most (Shen & Zhou 2021)."""
        return self.first.weight[: self.latent].flatten(1).T


class DCGANDiscriminator(nn.Module):
    """Images in [-1, 1] (B, C, H, W) -> scores (B,): downsampling to the base, then one number.

    A conditional one gets the class as constant planes beside the image. A critic that is trained with a gradient
    penalty must not mix the images of a batch: give it norm "instance" or "none".
    """

    def __init__(
        self, channels: int = 3, size: int = 64, features: int = 64, classes: int = 0,
        norm: Norm = "batch", spectral: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.classes = classes
        base, k = stages(size)
        widths = [channels + classes, *(features * min(WIDEST, 2**i) for i in range(k))]
        layers: list[nn.Module] = []
        for number, (i, o) in enumerate(itertools.pairwise(widths)):
            between = [normalisation(norm, o)] if number and norm != "none" else []
            layers += [DownConv(i, o), *between, nn.LeakyReLU(0.2, True)]
        layers += [ImageToPixel(widths[-1], 1, base), nn.Flatten(0)]
        if spectral:
            layers = [nn.utils.parametrizations.spectral_norm(m) if isinstance(m, nn.Conv2d) else m for m in layers]
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layers(with_classes(images, labels, self.classes))
