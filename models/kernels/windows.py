"""Rows, windows and 2x2 blocks of feature maps: the layouts that turn convolutions into matrix products."""

import torch
from torch import Tensor
from torch.nn import functional as F


def rows(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B * H * W, C)."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])


def with_margin(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H + 2, W + 2, C), zero padding of one pixel."""
    return F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))


def windows(padded: Tensor, side: int, stride: int) -> Tensor:
    """The windows of `padded` (B, H, W, C), one per row: (B * h * w, side * side * C). `F.unfold` in channels_last order."""
    (n, height, width, c), s = padded.shape, padded.stride()
    h, w = ((size - side) // stride + 1 for size in (height, width))
    return padded.as_strided((n, h, w, side, side, c), (s[0], stride * s[1], stride * s[2], s[1], s[2], s[3])).reshape(h * w * n, -1)


def weight_gradient(padded: Tensor, grad: Tensor, side: int, stride: int) -> Tensor:
    """A convolution's weight gradient (O, I, side, side) for input `padded` (B, H, W, I) and output gradient (B, O, h, w), one matrix product."""
    product = rows(grad).t() @ windows(padded, side, stride)  # (O, side * side * I)
    return product.view(grad.shape[1], side, side, -1).permute(0, 3, 1, 2)


def to_blocks(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, 4C, H / 2, W / 2) channels_last, channel (r, s, c) of row r and column s in a 2x2 block.

    `F.pixel_unshuffle` puts c first; here the channels of a pixel stay together in memory.
    """
    b, c, h, w = x.shape
    blocks = x.permute(0, 2, 3, 1).reshape(b, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 2, 4, 5)
    return blocks.reshape(b, h // 2, w // 2, 4 * c).permute(0, 3, 1, 2)


def from_blocks(x: Tensor) -> Tensor:
    """The inverse of `to_blocks`."""
    b, c, h, w = x.shape
    pixels = x.permute(0, 2, 3, 1).reshape(b, h, w, 2, 2, c // 4).permute(0, 1, 3, 2, 4, 5)
    return pixels.reshape(b, 2 * h, 2 * w, c // 4).permute(0, 3, 1, 2)


def plain_to_blocks(x: Tensor) -> Tensor:
    b, c, h, w = x.shape
    return F.pixel_unshuffle(x, 2).view(b, c, 4, h // 2, w // 2).transpose(1, 2).reshape(b, 4 * c, h // 2, w // 2)


def with_bias(x: Tensor, bias: Tensor | None) -> Tensor:
    """x (B, C, H, W) + bias (C,) in x's dtype."""
    return x if bias is None else x + bias.to(x.dtype)[:, None, None]


def in_bf16_on_cpu(x: Tensor) -> bool:
    """Whether autocast computes in bf16 on the CPU at present."""
    return x.device.type == "cpu" and torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
