"""scikit-learn's 1,797 real handwritten digits of 8x8 pixels: they come with the package, no download."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LabelledImages:
    """images (N, C, H, W) uint8, labels (N,) int64."""

    images: Tensor
    labels: Tensor


def digits(split: str, device: torch.device) -> LabelledImages:
    """The "train" split (the first 1,500) or the "test" split (the last 297, from other writers), pixels scaled to 0..255."""
    from sklearn.datasets import load_digits

    found = load_digits()
    part = slice(0, 1500) if split == "train" else slice(1500, None)
    images = torch.from_numpy(found.images[part]).mul(255 / 16).round().to(torch.uint8)[:, None]
    return LabelledImages(images.to(device), torch.from_numpy(found.target[part]).long().to(device))
