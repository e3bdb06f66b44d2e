"""The networks of CycleGAN (Zhu et al. 2017): a ResNet generator for each direction, and a code for the style of domain B.

With 64 features and 9 or 6 residual blocks, RGB, a generator has 11,378,179 or 7,837,699 parameters. The discriminators
are in `patchgan.py`, training in `lab/recipes/generative/cyclegan.py`.
"""

from collections import OrderedDict
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.conv import InertBiasConv2d, InertBiasConvTranspose2d, LargeConv2d, ReflectedConv2d
from models.generative.instance_norm import InstanceNorm, StyledInstanceNorm

Upsampling = Literal["transpose", "resize"]
RELU = 0.0
"""The slope of the ReLU, which the norms take over."""


class ResNetGenerator(nn.Module):
    """Images in [-1, 1] (B, C, H, W) -> images in [-1, 1], H and W multiples of 4 (Johnson et al. 2016; Zhu et al. 2017, sec. 7.2).

    c7s1-f, d2f, d4f, `blocks` residual blocks, u2f, uf, c7s1-3, with reflection padding and instance norm. `resize` takes a
    nearest-neighbour enlargement and a convolution in place of the transposed convolution, whose uneven overlap draws
    checkerboards (Odena et al. 2016). With `style` > 0 the norms from the first residual block on take a code (B, style).
    """

    def __init__(self, channels: int = 3, features: int = 64, blocks: int = 9, upsampling: Upsampling = "transpose", style: int = 0):
        super().__init__()
        f, self.style = features, style
        # Names count the padding as a layer, as the published state does.
        self.encoder = nn.Sequential(OrderedDict({
            "1": LargeConv2d(channels, f, 7, inert_bias=True), "2": InstanceNorm(RELU),
            "3": InertBiasConv2d(f, 2 * f, 3, 2, 1), "4": InstanceNorm(RELU),
            "5": InertBiasConv2d(2 * f, 4 * f, 3, 2, 1), "6": InstanceNorm(RELU),
        }))  # fmt: skip
        self.blocks = nn.ModuleList(ResidualBlock(4 * f, style) for _ in range(blocks))
        self.up = nn.ModuleList(Enlarge(i, i // 2, upsampling, style) for i in (4 * f, 2 * f))
        self.decoder = nn.Sequential(OrderedDict({"1": LargeConv2d(f, channels, 7), "2": nn.Tanh()}))

    def forward(self, images: Tensor, style: Tensor | None = None) -> Tensor:
        if self.style and style is None:  # The mean of the codes.
            style = images.new_zeros(len(images), self.style)
        x = self.encoder(images)  # (B, 4f, H / 4, W / 4)
        for block in self.blocks:
            x = block(x, style)
        for up in self.up:
            x = up(x, style)
        return self.decoder(x)


class ResidualBlock(nn.Module):
    """x + IN(conv(ReLU(IN(conv(x))))), no ReLU after the sum."""

    def __init__(self, channels: int, style: int = 0):
        super().__init__()
        self.conv1, self.conv2 = ReflectedConv2d(channels, channels), ReflectedConv2d(channels, channels)
        self.norm1, self.norm2 = norm(channels, style, RELU), norm(channels, style)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        y = self.norm1(self.conv1(x), style)
        return x + self.norm2(self.conv2(y), style)


class Enlarge(nn.Module):
    """Twice the size: a transposed convolution, or nearest neighbours and a convolution; then norm and ReLU."""

    def __init__(self, inputs: int, outputs: int, upsampling: Upsampling, style: int = 0):
        super().__init__()
        self.resize = upsampling == "resize"
        self.conv: nn.Module = ReflectedConv2d(inputs, outputs) if self.resize else InertBiasConvTranspose2d(inputs, outputs)
        self.norm = norm(outputs, style, RELU)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        if self.resize:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.norm(self.conv(x), style)


class StyleEncoder(nn.Module):
    """Images in [-1, 1] (B, C, H, W) -> the code of their style (B, `style`): 4x4 convolutions and a global average.

    No normalisation: it would take away the means of the colours, which are the style (Huang et al. 2018, sec. 5.1).
    """

    def __init__(self, channels: int = 3, features: int = 24, style: int = 8):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, features, 4, 2, 1), nn.LeakyReLU(0.2, True),
            nn.Conv2d(features, 2 * features, 4, 2, 1), nn.LeakyReLU(0.2, True),
            nn.Conv2d(2 * features, 4 * features, 4, 2, 1), nn.LeakyReLU(0.2, True),
        )  # fmt: skip
        self.to_code = nn.Linear(4 * features, style)

    def forward(self, images: Tensor) -> Tensor:
        return self.to_code(self.layers(images).mean((2, 3)))


def norm(channels: int, style: int, slope: float = 1.0) -> InstanceNorm:
    return StyledInstanceNorm(channels, style, slope) if style else InstanceNorm(slope)
