"""The 4x4 convolution of stride 2 and its transpose, as DCGAN and U-Nets have them, with faster forms where oneDNN's bf16 is slow.

On processors, in bf16, some cases run at a half to a tenth of the speed of the others: gradients of the weights of deep
layers (few pixels, many maps), maps of one pixel, and convolutions to one or a few maps. They are written here as one
matrix product over the 4x4 windows. The functions are the same as nn.Conv2d's and nn.ConvTranspose2d's, and so are parameters and state.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEW_MAPS = 4
FEW_PIXELS = 8
"""Up to this side of the larger image, `HalvingConv2d` and its transpose take the faster forms."""
FEW_PIXELS_OF_WEIGHTS = 16
"""Up to this side, gradients of weights are matrix products,"""
FEWEST_PIXELS = 4
"""up to this one everything is."""


class DownConv(nn.Conv2d):
    """(B, in, H, W) -> (B, out, H / 2, W / 2), 4x4 windows, no bias."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 4, 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if not in_bf16_on_cpu(x):
            return super().forward(x)
        return Resized.apply(*lowered(x, self.weight), False)


class UpConv(nn.ConvTranspose2d):
    """(B, in, H, W) -> (B, out, 2 H, 2 W), the transpose of `DownConv`, no bias."""

    def __init__(self, channels: int, maps: int):
        super().__init__(channels, maps, 4, 2, 1, bias=False)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        if not in_bf16_on_cpu(x):
            return super().forward(x, output_size)
        return Resized.apply(*lowered(x, self.weight), True)


class HalvingConv2d(nn.Conv2d):
    """(B, in, H, W) -> (B, out, H / 2, W / 2), 4x4 windows; from 2x2 pixels to one, 12 of the 16 places see the padding alone.

    Before an instance norm (`normed`) the bias is left out, see `normed_conv`.
    """

    def __init__(self, channels: int, maps: int, bias: bool = True, normed: bool = False):
        super().__init__(channels, maps, 4, 2, 1, bias=bias)
        self.normed = normed

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.normed else self.bias
        if x.device.type != "cpu" or x.dtype != torch.bfloat16 or x.shape[2] > FEW_PIXELS:
            return F.conv2d(x, self.weight, bias, 2, 1)
        if x.shape[2:] == (2, 2):
            inner = InnerPlaces.apply(self.weight).permute(0, 2, 3, 1).reshape(self.out_channels, -1)  # (O, 4 I)
            return F.linear(x.permute(0, 2, 3, 1).reshape(len(x), -1), inner, bias)[:, :, None, None]
        return with_bias(Resized.apply(*lowered(x, self.weight), False), bias)


class DoublingConv2d(nn.ConvTranspose2d):
    """(B, in, H, W) -> (B, out, 2 H, 2 W), the transpose of `HalvingConv2d`."""

    def __init__(self, channels: int, maps: int, bias: bool = True, normed: bool = False):
        super().__init__(channels, maps, 4, 2, 1, bias=bias)
        self.normed = normed

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        bias = None if self.normed else self.bias
        if x.device.type != "cpu" or x.dtype != torch.bfloat16 or (x.shape[2] > FEW_PIXELS // 2 and self.out_channels > FEW_MAPS):
            return F.conv_transpose2d(x, self.weight, bias, 2, 1)
        if x.shape[2:] == (1, 1):
            inner = InnerPlaces.apply(self.weight).permute(0, 2, 3, 1).reshape(self.in_channels, -1)  # (I, 4 O)
            drawn = (x.reshape(len(x), -1) @ inner).view(len(x), 2, 2, self.out_channels).permute(0, 3, 1, 2)
        else:
            drawn = Resized.apply(*lowered(x, self.weight), True)
        return with_bias(drawn, bias)


class PixelToImage(nn.ConvTranspose2d):
    """(B, in, 1, 1) -> (B, out, side, side), no bias: a dense layer whose outputs are laid out as an image, channels_last."""

    def __init__(self, channels: int, maps: int, side: int):
        super().__init__(channels, maps, side, 1, 0, bias=False)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        side, flat = self.kernel_size[0], self.weight.permute(0, 2, 3, 1).flatten(1)  # (in, side * side * out)
        return (x.flatten(1) @ flat).view(len(x), side, side, self.out_channels).permute(0, 3, 1, 2)


class ImageToPixel(nn.Conv2d):
    """(B, in, side, side) -> (B, out, 1, 1), no bias: a dense layer on the whole image, the inverse shape of `PixelToImage`."""

    def __init__(self, channels: int, maps: int, side: int):
        super().__init__(channels, maps, side, 1, 0, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.permute(0, 2, 3, 1).flatten(1), self.weight.permute(0, 2, 3, 1).flatten(1))[:, :, None, None]


class OneMapConv2d(nn.Conv2d):
    """(B, in, H, W) -> (B, 1, H - 1, W - 1), 4x4 windows of stride 1 and padding 1: a PatchGAN's last layer."""

    def __init__(self, channels: int):
        super().__init__(channels, 1, 4, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        return with_bias(OneMap.apply(x, self.weight), self.bias)


class InnerPlaces(torch.autograd.Function):
    """(O, I, 4, 4) -> (O, I, 2, 2), the places in the middle. The gradient has the order of the weights: filling it in another is slow."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return weight[:, :, 1:3, 1:3]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        whole = torch.zeros_like(ctx.saved_tensors[0])
        whole[:, :, 1:3, 1:3] = gradients[0]
        return whole


def with_bias(x: Tensor, bias: Tensor | None) -> Tensor:
    return x if bias is None else x + bias.to(x.dtype)[:, None, None]


def in_bf16_on_cpu(x: Tensor) -> bool:
    return x.device.type == "cpu" and torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16


def lowered(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    return x.to(torch.bfloat16, memory_format=torch.channels_last), weight.to(torch.bfloat16)


class Resized(torch.autograd.Function):
    """y = up(x, w) where `doubled`, else down(x, w); the gradient in x is the other of the two.

    The backward pass is made of differentiable operations.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, doubled: bool) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.doubled = doubled
        return up(x, weight) if doubled else down(x, weight)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, _ = ctx.needs_input_grad
        back, large, small = (down, g, x) if ctx.doubled else (up, x, g)
        return back(g, weight) if needs_x else None, weight_gradient(large, small) if needs_weight else None, None


class OneMap(torch.autograd.Function):
    """The convolution of x (B, I, H, W) with weight (1, I, 4, 4), stride 1, padding 1 -> (B, 1, H - 1, W - 1).

    First what each pixel is worth at each of the 16 places of a window, one matrix product; then the sums over windows.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        (n, _, h, w), places = x.shape, weight.permute(1, 2, 3, 0).reshape(-1, 16)  # (I, 16)
        exact = torch.float32 if x.dtype == torch.bfloat16 else x.dtype
        worth = F.pad((rows(x) @ places).to(exact).view(n, h, w, 16), (0, 0, 1, 1, 1, 1))
        s = worth.stride()
        windows = worth.as_strided((n, h - 1, w - 1, 4, 4), (s[0], s[1], s[2], s[1] + 4, s[2] + 1))
        return windows.sum((3, 4)).to(x.dtype)[:, None]

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        (n, i, h, w), needs = x.shape, ctx.needs_input_grad
        padded = F.pad(g[:, 0], (2, 2, 2, 2))  # The windows that a pixel lies in, and where: the last comes first.
        s = padded.stride()
        windows = padded.as_strided((n, h, w, 4, 4), (s[0], s[1], s[2], s[1], s[2])).reshape(-1, 16)
        places = weight.flip(2, 3).permute(0, 2, 3, 1).reshape(16, i)
        of_x = (windows @ places).view(n, h, w, i).permute(0, 3, 1, 2) if needs[0] else None
        of_weight = (windows.t() @ rows(x)).view(1, 4, 4, i).permute(0, 3, 1, 2).flip(2, 3) if needs[1] else None
        return of_x, of_weight


def down(x: Tensor, weight: Tensor) -> Tensor:
    """The convolution of x (B, I, H, W) with weight (O, I, 4, 4), stride 2, padding 1."""
    n, i, h, w = x.shape
    if h > FEWEST_PIXELS or i < 16:
        return F.conv2d(x, weight, stride=2, padding=1)
    drawn = windows(with_margin(x), 4, 2) @ weight.permute(0, 2, 3, 1).reshape(len(weight), -1).t()  # (B * H * W / 4, O)
    return drawn.view(n, h // 2, w // 2, len(weight)).permute(0, 3, 1, 2)


def up(x: Tensor, weight: Tensor) -> Tensor:
    """The transposed convolution of x (B, O, H, W) with weight (O, I, 4, 4), stride 2, padding 1."""
    (n, o, h, w), maps = x.shape, weight.shape[1]
    if maps > FEW_MAPS and 2 * h > FEWEST_PIXELS:
        return F.conv_transpose2d(x, weight, stride=2, padding=1)
    if maps <= FEW_MAPS:
        added = rows(x) @ weight.reshape(o, maps * 16)  # What each pixel adds to its 4x4 window.
        folded = F.fold(added.float().view(n, h * w, maps * 16).transpose(1, 2), (2 * h, 2 * w), 4, stride=2, padding=1)
        return folded.to(x.dtype, memory_format=torch.channels_last)
    # A window has 2x2 blocks of 2x2 pixels: each is added to the block that it lies on.
    added = (rows(x) @ weight.permute(0, 2, 3, 1).reshape(o, -1)).view(n, h, w, 2, 2, 2, 2, maps)
    drawn = x.new_zeros(n, h + 1, 2, w + 1, 2, maps)
    for top in (0, 1):
        for left in (0, 1):
            drawn[:, top : top + h, :, left : left + w] += added[:, :, :, top, :, left].transpose(2, 3)
    return drawn.view(n, 2 * h + 2, 2 * w + 2, maps)[:, 1:-1, 1:-1].permute(0, 3, 1, 2)


def weight_gradient(large: Tensor, small: Tensor) -> Tensor:
    """(O, I, 4, 4): the sum over pixels of small (B, O, H, W) times the windows of large (B, I, 2 H, 2 W)."""
    (n, i, h, w), o = large.shape, small.shape[1]
    if h > FEW_PIXELS_OF_WEIGHTS or i < 16:
        if i == 1:  # Both orders of dimensions are contiguous then; by the strides oneDNN takes it for the slower one.
            large = large.reshape(n, h, w, 1).permute(0, 3, 1, 2)
        return torch.ops.aten.convolution_backward(
            small, large, small.new_empty(o, i, 4, 4), None, [2, 2], [1, 1], [1, 1], False, [0, 0], 1, [False, True, False]
        )[1]  # fmt: skip
    return gradient_of_windows(with_margin(large), small, 4, 2)


def gradient_of_windows(padded: Tensor, g: Tensor, side: int, stride: int) -> Tensor:
    """(O, I, side, side): the sum over pixels of g (B, O, h, w) times the windows of `padded` (B, H, W, I), one matrix product."""
    product = rows(g).t() @ windows(padded, side, stride)  # (O, side * side * I)
    return product.view(g.shape[1], side, side, -1).permute(0, 3, 1, 2)


def with_margin(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H + 2, W + 2, C), zeros around."""
    return F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))


def windows(padded: Tensor, side: int, stride: int) -> Tensor:
    """The windows of `padded` (B, H, W, C), one after the other: (B * h * w, side * side * C)."""
    (n, height, width, c), s = padded.shape, padded.stride()
    h, w = ((size - side) // stride + 1 for size in (height, width))
    return padded.as_strided((n, h, w, side, side, c), (s[0], stride * s[1], stride * s[2], s[1], s[2], s[3])).reshape(h * w * n, -1)


def rows(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B * H * W, C)."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
