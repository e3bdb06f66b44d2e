"""scikit-learn's 1,797 handwritten digits of 8x8 pixels: they come with the package, no download."""

import torch

from lab.data.catalogue import find
from lab.data.images import LabelledImages, Request


def digits(request: Request) -> LabelledImages:
    """The first 1,500 for training, the last 297, from other writers, for test; pixels scaled to 0..255."""
    from sklearn.datasets import load_digits

    stored = load_digits()
    part = slice(0, 1500) if request.split == "train" else slice(1500, None)
    images = torch.from_numpy(stored.images[part]).mul(255 / 16).round().to(torch.uint8)[:, None]
    return LabelledImages(images, torch.from_numpy(stored.target[part]).long(), find("digits").classes)
