"""scikit-learn's 1,797 real handwritten digits of 8x8 pixels: they come with the package, no download."""

import torch

from lab.data.images import LabelledImages, Split

__all__ = ["LabelledImages", "digits", "read"]


def digits(split: str, device: torch.device) -> LabelledImages:
    """The "train" split (the first 1,500) or the "test" split (the last 297, from other writers), pixels scaled to 0..255."""
    found = read("train" if split == "train" else "test")
    return LabelledImages(found.images.to(device), found.labels.to(device), found.classes)


def read(split: Split) -> LabelledImages:
    """The same on the CPU."""
    from sklearn.datasets import load_digits

    found = load_digits()
    part = slice(0, 1500) if split == "train" else slice(1500, None)
    images = torch.from_numpy(found.images[part]).mul(255 / 16).round().to(torch.uint8)[:, None]
    return LabelledImages(images, torch.from_numpy(found.target[part]).long())
