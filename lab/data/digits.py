"""scikit-learn's 1,797 handwritten digits of 8x8 pixels: they come with the package, no download.

The package itself is not imported, which would take longer than everything else that a small training needs.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from lab.data.catalogue import find
from lab.data.images import LabelledImages, Request


def digits(request: Request) -> LabelledImages:
    """The first 1,500 for training, the last 297, from other writers, for test; pixels scaled to 0..255."""
    rows = np.loadtxt(table(), delimiter=",")  # (1797, 65): the pixels, from 0 to 16, and the digit
    part = slice(0, 1500) if request.split == "train" else slice(1500, None)
    images = torch.from_numpy(rows[part, :-1].reshape(-1, 8, 8)).mul(255 / 16).round().to(torch.uint8)[:, None]
    return LabelledImages(images, torch.from_numpy(rows[part, -1]).long(), find("digits").classes)


def table() -> Path:
    """The file in which scikit-learn keeps them."""
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
