"""Layers whose gradient is the same each time on a GPU, where PyTorch's own adds what overlaps in any order.

On a processor they are PyTorch's own; so are maximum pools where cuDNN too may add in any order. Read first: `MaxPool2d`.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Places = slice | Tensor
"""Of one offset within every window: the rows of an image, or its columns."""


def in_fixed_order(x: Tensor) -> bool:
    """Whether x is on a GPU on which sums are to be the same each time (`torch.backends.cudnn.deterministic`), at the cost of many kernels."""
    return x.is_cuda and torch.backends.cudnn.deterministic


class MaxPool2d(nn.MaxPool2d):
    """Maximum pooling whose windows may overlap."""

    def forward(self, x: Tensor) -> Tensor:
        side, stride, padding = self.kernel_size, self.stride, self.padding
        assert isinstance(side, int)
        assert isinstance(stride, int)
        assert isinstance(padding, int)
        if side <= stride or not in_fixed_order(x):
            return super().forward(x)
        return max_pool(x, side, stride, padding, self.ceil_mode)


class AdaptiveMaxPool2d(nn.AdaptiveMaxPool2d):
    """Maximum pooling to a size, by windows that overlap where it does not divide the image's."""

    def forward(self, x: Tensor) -> Tensor:
        assert isinstance(self.output_size, int)
        return adaptive_max_pool(x, self.output_size) if in_fixed_order(x) else super().forward(x)


class AdaptiveAvgPool2d(nn.AdaptiveAvgPool2d):
    """Averages of `output_size` parts along each side, which overlap where it does not divide the image's."""

    def forward(self, x: Tensor) -> Tensor:
        assert isinstance(self.output_size, int)
        return adaptive_avg_pool(x, self.output_size)


class Embedding(nn.Embedding):
    """Rows of a matrix for numbers (...), of which many are the same."""

    def forward(self, numbers: Tensor) -> Tensor:
        return rows_by_products(numbers, self.weight) if in_fixed_order(numbers) else super().forward(numbers)


def rows_by_products(numbers: Tensor, weight: Tensor) -> Tensor:
    """`F.embedding(numbers, weight)` as a matrix product, and so its gradient."""
    return F.one_hot(numbers, len(weight)).to(weight.dtype) @ weight


def max_pool(x: Tensor, side: int, stride: int, padding: int = 0, ceil_mode: bool = False) -> Tensor:
    """`F.max_pool2d` of x (B, C, H, W), with a gradient that is added offset by offset."""

    def starts(of: int, count: int) -> Tensor:
        return torch.arange(count, device=x.device) * stride - padding

    def places(starts: Tensor, offset: int) -> Places:
        return slice(offset, offset + stride * (len(starts) - 1) + 1, stride)

    def pool(x: Tensor) -> tuple[Tensor, Tensor]:
        return F.max_pool2d(x, side, stride, padding, ceil_mode=ceil_mode, return_indices=True)

    return Pool.apply(x, pool, starts, places, side, padding)


def adaptive_max_pool(x: Tensor, count: int) -> Tensor:
    """`F.adaptive_max_pool2d` of x (B, C, H, W) to (B, C, count, count); likewise."""

    def starts(of: int, count: int) -> Tensor:
        return torch.arange(count, device=x.device) * of // count

    def places(starts: Tensor, offset: int) -> Places:
        return starts + offset

    def pool(x: Tensor) -> tuple[Tensor, Tensor]:
        return F.adaptive_max_pool2d(x, count, return_indices=True)

    return Pool.apply(x, pool, starts, places, max(-(-of // count) + 1 for of in x.shape[2:]), 0)


class Pool(torch.autograd.Function):
    """`pool(x)` gives the maxima of windows and where in the image they are. Windows begin at `starts`, and reach `side` pixels at most."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, pool: Callable[[Tensor], tuple[Tensor, Tensor]], starts: Callable[[int, int], Tensor],
        places: Callable[[Tensor, int], Places], side: int, padding: int,
    ) -> Tensor:  # fmt: skip
        y, where = pool(x)
        ctx.save_for_backward(where)
        ctx.shape, ctx.starts, ctx.places, ctx.side, ctx.padding = x.shape, starts, places, side, padding
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Of all windows, what the maximum at one offset gets does not overlap: one offset is added after the other."""
        (where,), gradient, (height, width), reach = ctx.saved_tensors, gradients[0], ctx.shape[2:], ctx.side + ctx.padding
        rows, columns = (ctx.starts(of, count) for of, count in zip((height, width), where.shape[2:], strict=True))
        layout = torch.channels_last if gradient.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
        size = (*ctx.shape[:2], height + 2 * reach, width + 2 * reach)
        total = torch.zeros(size, device=gradient.device).contiguous(memory_format=layout)
        for i in range(ctx.side):
            for j in range(ctx.side):
                y, x = (rows + i)[:, None], columns + j
                place = torch.where((y >= 0) & (y < height) & (x >= 0) & (x < width), y * width + x, -1)
                part = torch.where(where == place, gradient, 0)
                across, down = ctx.places(columns, j), ctx.places(rows, i)
                total[:, :, down[:, None] if isinstance(down, Tensor) else down, across] += part
        inner = total[:, :, ctx.padding : ctx.padding + height, ctx.padding : ctx.padding + width]
        return inner.to(gradient.dtype), None, None, None, None, None


def bilinear(x: Tensor, factor: int) -> Tensor:
    """`F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)` of x (B, C, H, W)."""
    if not x.is_cuda:
        return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
    return by_products(x, factor)


def by_products(x: Tensor, factor: int) -> Tensor:
    """`bilinear` as two matrix products: along the columns, then along the rows."""
    down, across = (interpolation(size, factor, x.dtype, x.device) for size in x.shape[2:])
    return down @ (x @ across.T)


@cache  # For good: a captured step goes on reading it.
def interpolation(size: int, factor: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """What each of `size` values counts in each of `size * factor` interpolated ones, (size * factor, size)."""
    with torch.inference_mode(False), torch.no_grad():
        lines = F.interpolate(torch.eye(size)[:, None], scale_factor=factor, mode="linear", align_corners=False)[:, 0]
        return lines.T.to(device, dtype)


def adaptive_avg_pool(x: Tensor, count: int) -> Tensor:
    """`F.adaptive_avg_pool2d` of x (B, C, H, W) to (B, C, count, count)."""
    even = all(of % count == 0 for of in x.shape[2:])
    return F.adaptive_avg_pool2d(x, count) if even or not x.is_cuda else averages_by_products(x, count)


def averages_by_products(x: Tensor, count: int) -> Tensor:
    """`adaptive_avg_pool` as two matrix products."""
    down, across = (parts(size, count, x.dtype, x.device) for size in x.shape[2:])
    return down @ (x @ across.T)


@cache  # For good: a captured step goes on reading it.
def parts(size: int, count: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """What each of `size` values counts in the average of each of `count` parts, (count, size)."""
    with torch.inference_mode(False), torch.no_grad():
        return F.adaptive_avg_pool1d(torch.eye(size)[:, None], count)[:, 0].T.to(device, dtype)


def totals(points: Tensor, groups: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """How many of the points (N, D) float32 are in each of `count` groups (count,), float32, and their sums (count, D); groups (N,) int64."""
    if not points.is_cuda:
        sums = torch.zeros(count, points.shape[1], dtype=points.dtype).index_add_(0, groups, points)
        return torch.bincount(groups, minlength=count).float(), sums
    return totals_by_products(points, groups, count)


def totals_by_products(points: Tensor, groups: Tensor, count: int) -> tuple[Tensor, Tensor]:
    member = (groups == torch.arange(count, device=points.device)[:, None]).to(points.dtype)  # (count, N)
    with torch.autocast(points.device.type, enabled=False):
        return member.sum(1).float(), member @ points
