"""Boxes from class activation maps, and how well boxes of single things fit: mean IoU, and the share above a half."""

import numpy as np
from scipy import ndimage

from lab.quality.detection import overlaps


def box_of_heat(heat: np.ndarray, threshold: float) -> np.ndarray:
    """The box (4,) float32 around the largest connected part of a map (H, W) that is at least `threshold` of its maximum (Zhou et al. 2016, section 3.1).

    A map without a positive value has the whole picture as its box.
    """
    height, width = heat.shape
    peak = float(heat.max())
    if peak <= 0:
        return np.array([0, 0, width, height], np.float32)
    parts, _ = ndimage.label(heat >= threshold * peak)
    ys, xs = ndimage.find_objects(parts)[int(np.bincount(parts.ravel())[1:].argmax())]
    return np.array([xs.start, ys.start, xs.stop, ys.stop], np.float32)


def pairwise_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of boxes (N, 4) with those (N, 4) of the same rows: (N,)."""
    return np.array([overlaps(one[None], other[None])[0, 0] for one, other in zip(a, b, strict=True)])


def fit(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Mean IoU of boxes (N, 4) with the true ones, and the share whose IoU is above 0.5."""
    values = pairwise_iou(a, b)
    return float(values.mean()), float((values > 0.5).mean())
