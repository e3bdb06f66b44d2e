"""The networks of CycleGAN (Zhu et al. 2017): a ResNet generator for each direction, and a code for the style of domain B.

With 64 features and 9 or 6 residual blocks, RGB, a generator has 11,378,179 or 7,837,699 parameters. The discriminators
are in `patchgan.py`, training in `lab/recipes/generative/cyclegan.py`.
"""

from collections import OrderedDict
from functools import lru_cache
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.instance_norm import InstanceNorm, StyledInstanceNorm
from models.generative.normed_conv import NormedConv2d, NormedConvTranspose2d, ReflectedConv2d

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
            "1": LargeConv2d(channels, f, 7, normed=True), "2": InstanceNorm(RELU),
            "3": NormedConv2d(f, 2 * f, 3, 2, 1), "4": InstanceNorm(RELU),
            "5": NormedConv2d(2 * f, 4 * f, 3, 2, 1), "6": InstanceNorm(RELU),
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
        self.conv: nn.Module = ReflectedConv2d(inputs, outputs) if self.resize else NormedConvTranspose2d(inputs, outputs)
        self.norm = norm(outputs, style, RELU)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        if self.resize:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.norm(self.conv(x), style)


class LargeConv2d(nn.Conv2d):
    """(B, C, H, W) -> (B, O, H, W): reflection padding and a convolution with a large odd kernel, computed on 2x2 blocks of pixels as channels.

    It is for few channels on one side. The sum is the same, y[2i + a] = sum over p = a + u of x[2i + p] w[p - a], with
    p = 2m + r split into block and place. Kernels for matrices work on 16 channels at a time, of which an RGB image fills 3,
    and its blocks 12: on a processor a step of these layers takes two thirds of the time. Before a norm (`normed`) the bias is left out.
    """

    def __init__(self, channels: int, maps: int, kernel: int, normed: bool = False):
        super().__init__(channels, maps, kernel)
        self.reach, self.normed = kernel // 2, normed

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.normed else self.bias
        height, width = x.shape[2:]
        if min(height, width) <= self.reach:
            raise ValueError(f"an image of {width}x{height} pixels at this layer is too small to be reflected by {self.reach}")
        if x.device.type != "cpu" or height % 2 or width % 2:
            return F.conv2d(F.pad(x, (self.reach,) * 4, mode="reflect"), self.weight, bias)
        outputs, inputs, k, _ = self.weight.shape
        m = (k + 1) // 2
        # Places come before channels, (a, b, o) and (r, s, c), so that a pixel's channels stay together in memory.
        shifted = torch.stack([F.pad(self.weight, (b, 1 - b, a, 1 - a)) for a in (0, 1) for b in (0, 1)])  # (4, O, C, k + 1, k + 1)
        blocks = shifted.reshape(4 * outputs, inputs, m, 2, m, 2).permute(0, 3, 5, 1, 2, 4).reshape(4 * outputs, 4 * inputs, m, m)
        bias = None if bias is None else bias.repeat(4)
        return from_blocks(F.conv2d(ReflectedBlocks.apply(x, self.reach), blocks.contiguous(memory_format=torch.channels_last), bias))


class ReflectedBlocks(torch.autograd.Function):
    """`to_blocks` of x (B, C, H, W) with reflection padding of `reach` pixels: one copy in place of two, as memory is what limits it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, reach: int) -> Tensor:
        n, c, h, w = x.shape
        ctx.reach = reach
        rows = x.permute(0, 2, 3, 1).reshape(-1, c).index_select(0, reflected_places(n, h, w, reach))
        return rows.view(n, h // 2 + reach, w // 2 + reach, 4 * c).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        reach = ctx.reach
        padded = from_blocks(gradients[0])
        inner = padded[:, :, reach:-reach, reach:-reach]  # For its shape and order alone.
        return torch.ops.aten.reflection_pad2d_backward(padded, inner, [reach] * 4), None


@lru_cache(maxsize=16)
def reflected_places(count: int, height: int, width: int, reach: int) -> Tensor:
    """The pixels, numbered through `count` images, that `ReflectedBlocks` puts one after the other, (count * (H + 2 reach) * (W + 2 reach),) int64."""
    with torch.inference_mode(False):
        pixels = torch.arange(height * width, dtype=torch.float64).view(1, 1, height, width)
        places = to_blocks(F.pad(pixels, (reach,) * 4, mode="reflect")).permute(0, 2, 3, 1).reshape(1, -1).long()
        return (torch.arange(count)[:, None] * height * width + places).reshape(-1)


def to_blocks(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, 4C, H / 2, W / 2), channel (r, s, c) of the pixel in row r and column s of a 2x2 block; channels_last."""
    b, c, h, w = x.shape
    blocks = x.permute(0, 2, 3, 1).reshape(b, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 2, 4, 5)
    return blocks.reshape(b, h // 2, w // 2, 4 * c).permute(0, 3, 1, 2)


def from_blocks(x: Tensor) -> Tensor:
    """The inverse of `to_blocks`."""
    b, c, h, w = x.shape
    pixels = x.permute(0, 2, 3, 1).reshape(b, h, w, 2, 2, c // 4).permute(0, 1, 3, 2, 4, 5)
    return pixels.reshape(b, 2 * h, 2 * w, c // 4).permute(0, 3, 1, 2)


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


@torch.no_grad()
def draw_weights(module: nn.Module, scale: float = 0.02) -> None:
    """Convolutions and dense layers from N(0, 0.02), gains of batch norm from N(1, 0.02), biases 0 (Zhu et al. 2017, Isola et al. 2017)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            layer.weight.normal_(0, scale)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.weight.normal_(1, scale)
        else:
            continue
        if layer.bias is not None:
            layer.bias.zero_()
