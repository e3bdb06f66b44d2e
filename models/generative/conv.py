"""The convolutions of the generative networks. Parameters and state are those of nn.Conv2d and nn.ConvTranspose2d; `models.kernels` computes them.

An instance norm takes every constant away, so a bias before it changes no output and has gradient 0. The papers' networks have it
all the same: layers with `inert_bias` keep the parameter, for published shapes and weights, and leave it out of the sum.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrize import is_parametrized

from models.kernels.conv4x4 import (
    conv4x4,
    conv4x4_to_one_map,
    conv_transpose4x4,
    image_to_pixel,
    pixel_to_image,
    small_conv4x4,
    small_conv_transpose4x4,
)
from models.kernels.reflected_conv import reflected_conv3x3, reflected_conv_on_blocks


class DownConv(nn.Conv2d):
    """(B, in, H, W) -> (B, out, H / 2, W / 2), 4x4 windows, no bias: DCGAN's."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 4, 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return conv4x4(x, self.weight)


class UpConv(nn.ConvTranspose2d):
    """(B, in, H, W) -> (B, out, 2 H, 2 W), the transpose of `DownConv`, no bias."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 4, 2, 1, bias=False)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return conv_transpose4x4(x, self.weight)


class PixelToImage(nn.ConvTranspose2d):
    """(B, in, 1, 1) -> (B, out, side, side), no bias: a dense layer whose outputs are laid out as an image, channels_last."""

    def __init__(self, channels: int, maps: int, side: int):
        super().__init__(channels, maps, side, 1, 0, bias=False)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return pixel_to_image(x, self.weight)


class ImageToPixel(nn.Conv2d):
    """(B, in, side, side) -> (B, out, 1, 1), no bias: a dense layer on the whole image, the inverse shape of `PixelToImage`."""

    def __init__(self, channels: int, maps: int, side: int):
        super().__init__(channels, maps, side, 1, 0, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return image_to_pixel(x, self.weight)


class HalvingConv2d(nn.Conv2d):
    """(B, in, H, W) -> (B, out, H / 2, W / 2), 4x4 windows: a U-Net's, down to one pixel."""

    def __init__(self, channels: int, maps: int, bias: bool = True, inert_bias: bool = False):
        super().__init__(channels, maps, 4, 2, 1, bias=bias)
        self.inert_bias = inert_bias

    def forward(self, x: Tensor) -> Tensor:
        return small_conv4x4(x, self.weight, None if self.inert_bias else self.bias)


class DoublingConv2d(nn.ConvTranspose2d):
    """(B, in, H, W) -> (B, out, 2 H, 2 W), the transpose of `HalvingConv2d`."""

    def __init__(self, channels: int, maps: int, bias: bool = True, inert_bias: bool = False):
        super().__init__(channels, maps, 4, 2, 1, bias=bias)
        self.inert_bias = inert_bias

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return small_conv_transpose4x4(x, self.weight, None if self.inert_bias else self.bias)


class OneMapConv2d(nn.Conv2d):
    """(B, in, H, W) -> (B, 1, H - 1, W - 1), 4x4 windows of stride 1 and padding 1: a PatchGAN's last layer."""

    def __init__(self, channels: int):
        super().__init__(channels, 1, 4, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return conv4x4_to_one_map(x, self.weight, self.bias)


class InertBiasConv2d(nn.Conv2d):
    """nn.Conv2d, its bias inert."""

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight, None)


class InertBiasConvTranspose2d(nn.ConvTranspose2d):
    """(B, in, H, W) -> (B, out, 2 H, 2 W): 3x3 windows, stride 2, its bias inert."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 3, 2, 1, 1)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return F.conv_transpose2d(x, self.weight, None, 2, 1, 1)


class ReflectedConv2d(nn.Conv2d):
    """(B, in, H, W) -> (B, out, H, W): reflection padding by one pixel and a 3x3 convolution, its bias inert."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 3)

    def forward(self, x: Tensor) -> Tensor:
        return reflected_conv3x3(x, self.weight)


class LargeConv2d(nn.Conv2d):
    """(B, C, H, W) -> (B, O, H, W): reflection padding and a convolution with a large odd kernel; few channels on one side."""

    def __init__(self, channels: int, maps: int, kernel: int, inert_bias: bool = False):
        super().__init__(channels, maps, kernel)
        self.inert_bias = inert_bias

    def forward(self, x: Tensor) -> Tensor:
        return reflected_conv_on_blocks(x, self.weight, None if self.inert_bias else self.bias)


POWER_STEPS = 15
"""As many as PyTorch's spectral norm begins with."""


@torch.no_grad()
def draw_weights(module: nn.Module, scale: float = 0.02) -> None:
    """Convolutions and dense layers from N(0, 0.02), gains of batch norm from N(1, 0.02), biases 0.

    The initialisation of DCGAN (Radford et al. 2016), pix2pix (Isola et al. 2017) and CycleGAN (Zhu et al. 2017).
    Under spectral normalisation the weight that is normalised is drawn; its singular vectors are estimated anew.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            if is_parametrized(layer, "weight"):
                layer.get_parameter("parametrizations.weight.original").normal_(0, scale)
                for _ in range(POWER_STEPS):
                    _ = layer.weight  # Each reading is a step of the power iteration.
            else:
                layer.weight.normal_(0, scale)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.weight.normal_(1, scale)
        else:
            continue
        if layer.bias is not None:
            layer.bias.zero_()
