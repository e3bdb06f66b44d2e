"""What the generative networks share: how often an image is halved, class conditioning, normalisation, dense layers."""

import itertools
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Norm = Literal["batch", "instance", "none"]

LARGEST_BASE, SMALLEST_BASE = 9, 4


def stages(size: int) -> tuple[int, int]:
    """(base, k) with size = base * 2^k: an image is halved to `base` pixels, of which 4 to 9 remain.

    64 -> (4, 4), 32 -> (4, 3), 28 -> (7, 2), 8 -> (4, 1). Raises ValueError for a size that is no such product.
    """
    base, k = size, 0
    while base % 2 == 0 and base // 2 >= SMALLEST_BASE:
        base, k = base // 2, k + 1
    if k == 0 or base > LARGEST_BASE:
        raise ValueError(f"the size must be 4 to 9 pixels times a power of 2 (8, 16, 24, 28, 32, 48, 64, 96, 128), got {size}")
    return base, k


def class_weights(labels: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """(B, classes) of labels (B,) int64, one-hot; weights (B, classes) float, for a mixture of classes, stay as they are."""
    if labels.is_floating_point():
        return labels.to(dtype)
    return F.one_hot(labels, classes).to(dtype)


def with_classes(x: Tensor, labels: Tensor | None, classes: int) -> Tensor:
    """x (B, D) or (B, C, H, W) with the class appended: D + classes numbers, or C + classes constant planes.

    Raises ValueError where a conditional network gets no labels.
    """
    if not classes:
        return x
    if labels is None:
        raise ValueError("a conditional network needs labels")
    weights = class_weights(labels, classes, x.dtype)
    if x.dim() == 2:
        return torch.cat([x, weights], 1)
    planes = weights[:, :, None, None].expand(-1, -1, *x.shape[2:])
    return torch.cat([x, planes], 1).contiguous(memory_format=torch.channels_last)


def normalisation(kind: Norm, channels: int) -> nn.Module:
    """The layer that normalises feature maps (B, C, H, W)."""
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "instance":
        return nn.GroupNorm(channels, channels)
    return nn.Identity()


def dense(sizes: list[int], activation: type[nn.Module] = nn.ReLU) -> list[nn.Module]:
    """Linear layers through `sizes`, each followed by the activation."""
    return [layer for i, o in itertools.pairwise(sizes) for layer in (nn.Linear(i, o), activation())]
