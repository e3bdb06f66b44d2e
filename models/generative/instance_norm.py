"""Instance normalisation (Ulyanov et al. 2016), fast on images in channels_last order, and its form with a style.

PyTorch's own kernels lay channels_last images out anew before and after (or read them with large strides): on a processor
that takes longer than the convolution beside it. Here a channels_last image is a matrix (pixels, channels), whose columns
are normalised in place of it: large images one by one (`NormaliseEach`), small ones together (`Normalise`).
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPS = 1e-5
ROW = 48
LARGE = 16384
"""Numbers in an image from which on it is worth a call of its own."""


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


class NormaliseEach(torch.autograd.Function):
    """x (B, C, H, W) -> f(gain * (x - mean) / sqrt(var + eps) + shift), gain and shift (B, C) fp32, f the leaky ReLU of `slope`.

    PyTorch's batch norm of a single image is its instance norm, and reads channels_last in place. Image by image everything
    stays in the processor's cache, where passes over the whole batch would each go to memory and back.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, shift: Tensor, slope: float) -> Tensor:
        y = torch.empty_like(x)
        mean, scale = gain.new_empty(gain.shape), gain.new_empty(gain.shape)
        parts = zip(x.split(1), gain.unbind(), shift.unbind(), y.split(1), mean.unbind(), scale.unbind(), strict=True)
        for image, g, s, out, m, r in parts:
            torch.ops.aten.native_batch_norm.out(image, g, s, None, None, True, 0.0, EPS, out=out, save_mean=m, save_invstd=r)
        if slope != 1:
            F.leaky_relu(y, slope, inplace=True)
        ctx.slope = slope
        ctx.save_for_backward(x, gain, mean, scale, None if slope == 1 else y)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        x, gain, mean, scale, y = ctx.saved_tensors
        found = gradients[0].contiguous(memory_format=torch.channels_last)
        if y is not None:
            found = torch.ops.aten.leaky_relu_backward(found, y, ctx.slope, True)
        wanted = [ctx.needs_input_grad[0], *ctx.needs_input_grad[1:3]]
        backward = torch.ops.aten.native_batch_norm_backward.default
        parts = zip(found.split(1), x.split(1), gain.unbind(), mean.unbind(), scale.unbind(), strict=True)
        of_x, of_gain, of_shift = zip(*(backward(d, i, g, None, None, m, r, True, EPS, wanted) for d, i, g, m, r in parts), strict=True)
        return (
            torch.cat(of_x) if wanted[0] else None, torch.stack(of_gain) if wanted[1] else None, torch.stack(of_shift) if wanted[2] else None, None
        )  # fmt: skip


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
    """Instance normalisation without parameters: each image by itself, so its output does not depend on the rest of its batch.

    A leaky ReLU of `slope` follows: 0 is the ReLU, 1 leaves it out.
    """

    def __init__(self, slope: float = 1.0):
        super().__init__()
        self.slope = slope

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        return self.normalised(x, None, None)

    def normalised(self, x: Tensor, gain: Tensor | None, shift: Tensor | None) -> Tensor:
        """f(gain * norm(x) + shift), gain and shift (B, C) fp32 or both None: 1 and 0."""
        in_place = x.device.type == "cpu" and x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
        if in_place and x[0].numel() >= LARGE:
            if gain is None or shift is None:
                gain, shift = torch.ones(x.shape[:2]), torch.zeros(x.shape[:2])
            return NormaliseEach.apply(x, gain, shift, self.slope)
        y = Normalise.apply(x) if in_place else F.instance_norm(x, eps=EPS)
        if gain is not None and shift is not None:
            y = torch.addcmul(shift.to(y.dtype)[:, :, None, None], y, gain.to(y.dtype)[:, :, None, None])
        return y if self.slope == 1 else F.leaky_relu(y, self.slope)


class StyledInstanceNorm(InstanceNorm):
    """The same with y * (1 + gamma(s)) + beta(s) before the ReLU, gamma and beta linear in a style s (B, D) (Huang & Belongie 2017).

    A style that is laid beside the image as constant planes would be lost: normalisation takes constants away.
    """

    def __init__(self, channels: int, style: int, slope: float = 1.0):
        super().__init__(slope)
        self.to_scale_and_shift = nn.Linear(style, 2 * channels)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        if style is None:
            raise ValueError("a network with a style needs one")
        gamma, beta = self.to_scale_and_shift(style).float().chunk(2, 1)
        return self.normalised(x, (1 + gamma).contiguous(), beta.contiguous())
