"""The discriminator of image-to-image models: PatchGAN (Isola et al. 2017), which judges every patch of an image by itself.

With 64 features and 3 halvings each score sees 70x70 pixels. 2,764,737 parameters for RGB with instance norm (CycleGAN),
2,768,705 for two RGB images with batch norm (pix2pix).
"""

import itertools
from typing import Literal

from torch import Tensor, nn

from models.generative.conv import InertBiasConv2d, OneMapConv2d
from models.generative.instance_norm import InstanceNorm


class PatchGAN(nn.Module):
    """Images in [-1, 1] (B, C, H, W) -> scores (B, 1, h, w), one per patch: C64-C128-C256-C512 for 3 `layers`, 4x4 convolutions.

    The patches overlap; where one lies is `patch_span`. The first layer has no norm. Batch norm takes biases' place.
    Instance norm hides how bright a picture is, and how strong its contrast; with "none" D sees it (Huang et al. 2018).
    """

    def __init__(self, channels: int = 3, features: int = 64, layers: int = 3, norm: Literal["batch", "instance", "none"] = "instance"):
        super().__init__()
        self.strides = (2,) * layers + (1, 1)
        widths = [channels, *(features * min(8, 2**i) for i in range(layers + 1))]
        modules: list[nn.Module] = []
        for n, (i, o) in enumerate(itertools.pairwise(widths)):
            plain = n == 0
            kind = InertBiasConv2d if norm == "instance" and not plain else nn.Conv2d
            modules.append(kind(i, o, 4, self.strides[n], 1, bias=plain or norm != "batch"))
            if not plain and norm != "none":
                modules.append(nn.BatchNorm2d(o) if norm == "batch" else InstanceNorm())
            modules.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*modules, OneMapConv2d(widths[-1]))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)

    def patch_span(self, index: int) -> tuple[int, int]:
        """The pixels [first, last] of one axis that the score at `index` sees; they may lie outside the image (padding)."""
        first = last = index
        for stride in reversed(self.strides):
            first, last = first * stride - 1, last * stride + 2
        return first, last
