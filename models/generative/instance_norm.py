"""Instance normalisation (Ulyanov et al. 2016), fast on images in channels_last order, and its form with a style.

PyTorch's own kernels lay channels_last images out anew before and after (or read them with large strides): on a processor
that takes longer than the convolution beside it. Here a channels_last image is a matrix (pixels, channels), whose columns
are normalised in place of it.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPS = 1e-5
ROW = 192


class Normalise(torch.autograd.Function):
    """x (B, C, H, W) -> (x - mean) / sqrt(var + eps), mean and variance over each image's and channel's H * W pixels, in fp32."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        channels = x.shape[1]
        centred = as_rows(x).float()
        centred = centred - pixel_mean(centred, channels)
        scale = torch.rsqrt(pixel_mean(centred.square(), channels) + EPS)
        normal = centred.mul_(scale).to(x.dtype)
        ctx.save_for_backward(normal, scale)
        return as_images(normal, x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """dx = (g - mean(g) - y * mean(g * y)) / sqrt(var + eps)."""
        normal, scale = ctx.saved_tensors
        channels = gradients[0].shape[1]
        g, y = as_rows(gradients[0]).float(), normal.float()
        inner = pixel_mean(g * y, channels)
        return as_images((g - pixel_mean(g, channels)).sub_(y.mul_(inner)).mul_(scale).to(normal.dtype), gradients[0])


def as_rows(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H * W / k, k * C), k pixels to a row; no copy where x is channels_last.

    A row is what one vector loop runs over, so few channels are put together to rows of at least `ROW` numbers.
    """
    b, c, h, w = x.shape
    k = 1
    while k * c < ROW and (h * w) % (2 * k) == 0:
        k *= 2
    return x.permute(0, 2, 3, 1).reshape(b, h * w // k, k * c)


def as_images(rows: Tensor, like: Tensor) -> Tensor:
    """The inverse of `as_rows`, to the shape of `like`."""
    b, c, h, w = like.shape
    return rows.view(b, h, w, c).permute(0, 3, 1, 2)


def pixel_mean(rows: Tensor, channels: int) -> Tensor:
    """The mean over all pixels of each channel, (B, 1, k * C), the same for each of the k pixels of a row."""
    k = rows.shape[2] // channels
    mean = rows.mean(1, keepdim=True)
    return mean if k == 1 else mean.unflatten(2, (k, channels)).mean(2).repeat(1, 1, k)


class InstanceNorm(nn.Module):
    """Instance normalisation without parameters: each image by itself, so its output does not depend on the rest of its batch."""

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        if x.device.type == "cpu" and x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous():
            return Normalise.apply(x)
        return F.instance_norm(x, eps=EPS)


class StyledInstanceNorm(InstanceNorm):
    """The same, then y * (1 + gamma(s)) + beta(s) with gamma and beta linear in a style s (B, D) (Huang & Belongie 2017).

    A style that is laid beside the image as constant planes would be lost: normalisation takes constants away.
    """

    def __init__(self, channels: int, style: int):
        super().__init__()
        self.to_scale_and_shift = nn.Linear(style, 2 * channels)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        if style is None:
            raise ValueError("a network with a style needs one")
        gamma, beta = self.to_scale_and_shift(style)[:, :, None, None].chunk(2, 1)
        return torch.addcmul(beta, super().forward(x), 1 + gamma)
