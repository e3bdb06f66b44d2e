"""Instance normalisation (Ulyanov et al. 2016) that reads channels_last images in place, beside PyTorch's `plain_instance_norm`.

PyTorch's CPU kernel copies channels_last images to another order and back, which costs more than the convolution beside it. Here
an image is a matrix (pixels, channels) whose columns are normalised: large images one by one, small ones all together.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

EPS = 1e-5
ROW = 48
FEW = 2
"""Images up to which a GPU normalises them one by one: more would be more kernels than copies cost."""
LARGE = 16384
"""Elements per image from which on each image gets a call of its own."""


def plain_instance_norm(x: Tensor, gain: Tensor | None, shift: Tensor | None, slope: float) -> Tensor:
    """f(gain * (x - mean) / sqrt(var + eps) + shift) for x (B, C, H, W), mean and variance over H * W, f the leaky ReLU of `slope`.

    `gain` and `shift` are (B, C) fp32, or both None: 1 and 0.
    """
    return affine(F.instance_norm(x, eps=EPS), gain, shift, slope)


def instance_norm(x: Tensor, gain: Tensor | None, shift: Tensor | None, slope: float) -> Tensor:
    """`plain_instance_norm`, fast where x is channels_last on a CPU."""
    if not x.is_contiguous(memory_format=torch.channels_last) or x.is_contiguous():
        return plain_instance_norm(x, gain, shift, slope)
    if x.device.type != "cpu":
        return affine(normalised_on_gpu(x), gain, shift, slope)
    if x[0].numel() < LARGE:
        return affine(NormaliseTogether.apply(x)[0], gain, shift, slope)
    if gain is None or shift is None:
        gain, shift = torch.ones(x.shape[:2]), torch.zeros(x.shape[:2])
    return NormaliseEach.apply(x, gain, shift, slope)


def normalised_on_gpu(x: Tensor) -> Tensor:
    """(x - mean) / sqrt(var + eps) for channels_last x (B, C, H, W), channels_last: what is drawn behind it is then that of a processor.

    One image's instance norm is its batch norm, which reads channels_last in place; `F.instance_norm` copies.
    """
    if len(x) > FEW:
        return F.instance_norm(x, eps=EPS).contiguous(memory_format=torch.channels_last)
    normal = [F.batch_norm(image, None, None, training=True, eps=EPS) for image in x.split(1)]
    return normal[0] if len(normal) == 1 else torch.cat(normal)


def affine(y: Tensor, gain: Tensor | None, shift: Tensor | None, slope: float) -> Tensor:
    if gain is not None and shift is not None:
        y = torch.addcmul(shift.to(y.dtype)[:, :, None, None], y, gain.to(y.dtype)[:, :, None, None])
    return y if slope == 1 else F.leaky_relu(y, slope)


class NormaliseTogether(torch.autograd.Function):
    """x (B, C, H, W) -> y = (x - mean) / sqrt(var + eps), computed in fp32, and 1 / sqrt(var + eps), (B, 1, k * C) as `pixel_mean` gives it.

    The scale is an output because backward needs it: as a saved output it keeps its own derivative, so that second derivatives are right.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        channels = x.shape[1]
        centred = as_rows(x).float()
        centred = centred - pixel_mean(centred, channels)
        scale = torch.rsqrt(pixel_mean(centred.square(), channels) + EPS)
        y = as_images(centred.mul_(scale).to(x.dtype), x)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(y, scale)
        return y, scale

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Tensor | None:
        """dy: (g - mean(g) - y * mean(g * y)) / sqrt(var + eps); dscale / dx = -y * scale^2 / pixels. Writes to no saved tensor."""
        normal, scale = ctx.saved_tensors
        grad, grad_scale = gradients
        channels, y = normal.shape[1], as_rows(normal).float()  # In fp32, the output itself.
        grad_x: Tensor | None = None
        if grad is not None:
            g = as_rows(grad).float()  # In fp32, the gradient itself.
            inner = pixel_mean(g * y, channels)
            grad_x = (g - pixel_mean(g, channels)).sub_(y * inner).mul_(scale)
        if grad_scale is not None:
            total = grad_scale.unflatten(2, (-1, channels)).sum(2).repeat(1, 1, scale.shape[2] // channels)
            extra = y * scale.square() * total * (-channels / normal[0].numel())
            grad_x = extra if grad_x is None else grad_x + extra
        return None if grad_x is None else as_images(grad_x.to(normal.dtype), normal)


class NormaliseEach(torch.autograd.Function):
    """x (B, C, H, W), gain and shift (B, C) fp32 -> f(gain * (x - mean) / sqrt(var + eps) + shift), f the leaky ReLU of `slope`.

    PyTorch's batch norm of one image is its instance norm, and reads channels_last in place. Image by image the data stay in the
    processor's cache, where passes over the whole batch would each go to memory and back.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, shift: Tensor, slope: float) -> Tensor:
        y = torch.empty_like(x)
        mean, scale = gain.new_empty(gain.shape), gain.new_empty(gain.shape)
        images = zip(x.split(1), gain.unbind(), shift.unbind(), y.split(1), mean.unbind(), scale.unbind(), strict=True)
        for image, g, s, out, m, r in images:
            torch.ops.aten.native_batch_norm.out(image, g, s, None, None, True, 0.0, EPS, out=out, save_mean=m, save_invstd=r)
        if slope != 1:
            F.leaky_relu(y, slope, inplace=True)
        ctx.slope = slope
        ctx.save_for_backward(x, gain, mean, scale, None if slope == 1 else y)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        x, gain, mean, scale, y = ctx.saved_tensors
        grad = gradients[0].contiguous(memory_format=torch.channels_last)
        if y is not None:
            grad = torch.ops.aten.leaky_relu_backward(grad, y, ctx.slope, True)
        wanted = [ctx.needs_input_grad[0], *ctx.needs_input_grad[1:3]]
        backward = torch.ops.aten.native_batch_norm_backward.default
        images = zip(grad.split(1), x.split(1), gain.unbind(), mean.unbind(), scale.unbind(), strict=True)
        grads = (backward(d, i, g, None, None, m, r, True, EPS, wanted) for d, i, g, m, r in images)
        grad_x, grad_gain, grad_shift = zip(*grads, strict=True)
        return (
            torch.cat(grad_x) if wanted[0] else None,
            torch.stack(grad_gain) if wanted[1] else None,
            torch.stack(grad_shift) if wanted[2] else None,
            None,
        )


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
