"""Weights of pixels in a segmentation's loss: more for rare classes, and more where two things nearly touch (Ronneberger et al. 2015)."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from lab.data.scenes import IGNORED, instances


def class_weights(maps: Tensor, classes: int, balance: float) -> Tensor:
    """(classes,) float32, their mean over all labelled pixels 1: in proportion to frequency^-balance; 0 for a class that does not occur."""
    counts = torch.bincount(maps.flatten().int(), minlength=IGNORED + 1)[:classes].double()
    share = counts / counts.sum().clamp(min=1)
    weights = torch.where(share > 0, share.clamp(min=1e-12) ** -balance, 0.0)
    return (weights / (weights * share).sum().clamp(min=1e-12)).float()


def border_weights(labels: np.ndarray, sigma: float, things: Sequence[int]) -> np.ndarray:
    """(H, W) float32 of a map: exp(-(d1 + d2)^2 / (2 sigma^2)), d1 and d2 the distances to the nearest and the second nearest thing.

    Only in the background, and 0 further than 3 sigma from the second nearest, where it is below 0.011.
    """
    reach = int(np.ceil(3 * sigma))
    height, width = labels.shape
    first = np.full(labels.shape, np.inf)
    second = first.copy()
    for kind in things:
        for (top, left), shape in instances(labels == kind):
            high, wide = shape.shape
            up, before = min(top, reach), min(left, reach)
            below, after = min(height - top - high, reach), min(width - left - wide, reach)
            distance = ndimage.distance_transform_edt(~np.pad(shape, ((up, below), (before, after))))
            where = slice(top - up, top + high + below), slice(left - before, left + wide + after)
            nearest, next_one = first[where], second[where]
            np.copyto(next_one, np.minimum(np.maximum(nearest, distance), next_one))
            np.copyto(nearest, np.minimum(nearest, distance))
    total = np.where((labels == 0) & (second <= reach), first + second, np.inf)
    return np.exp(-np.square(total) / (2 * sigma**2)).astype(np.float32)
