"""U-Net for segmentation (Ronneberger et al. 2015): a contracting path, an expanding one, and the maps of each level carried across.

Two 3x3 convolutions with ReLU at each level, 2x2 pooling down with twice the channels, 2x2 up with half of them. Unlike the published
network it pads, so that the answer has the picture's size, and has batch norm after each convolution.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.vision.surgery import initialise
from models.vision.upsampling import Up, Upsampling


def conv_norm_relu(channels_in: int, channels_out: int) -> list[nn.Module]:
    return [nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False), nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True)]


def double_conv(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(*conv_norm_relu(channels_in, channels_out), *conv_norm_relu(channels_out, channels_out))


def padded(images: Tensor, multiple: int) -> Tensor:
    """(B, C, H, W) with the last row and column repeated until both sides are multiples."""
    down, right = -images.shape[2] % multiple, -images.shape[3] % multiple
    return F.pad(images, (0, right, 0, down), mode="replicate") if down or right else images


class UNet(nn.Module):
    """(B, channels, H, W) -> class scores (B, classes, H, W), of pictures of any size."""

    head = "score"

    def __init__(self, classes: int, channels: int = 3, features: int = 16, depth: int = 3, upsampling: Upsampling = "transpose"):
        """`depth` poolings; `features` maps at the full size, twice as many at each level below."""
        super().__init__()
        widths = [features * 2**i for i in range(depth + 1)]
        self.depth = depth
        self.down = nn.ModuleList(double_conv(a, b) for a, b in zip([channels, *widths], widths, strict=False))
        self.up = nn.ModuleList(Up(2 * width, width, upsampling) for width in widths[:-1])
        self.merge = nn.ModuleList(double_conv(2 * width, width) for width in widths[:-1])
        self.score = nn.Conv2d(features, classes, 1)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """He's initialisation, drawn from `generator`."""
        initialise(self, "he", generator)
        for up in self.up:
            up.initialise(generator)  # type: ignore[operator]

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        maps, carried, places = padded(images, 2**self.depth), [], []
        for level, block in enumerate(self.down):
            if level:
                maps, place = F.max_pool2d_with_indices(maps, [2, 2])
                places.append(place)
            maps = block(maps)
            carried.append(maps)
        for level in reversed(range(self.depth)):
            maps = self.up[level](maps, places[level])
            maps = self.merge[level](torch.cat([carried[level], maps], 1))  # Concatenated, where an FCN adds.
        return self.score(maps)[:, :, :height, :width]
