"""MNIST and Fashion-MNIST, read from LeCun's IDX files."""

import gzip
import logging
from pathlib import Path

import numpy as np
import torch

from lab.data.cache import cache
from lab.data.catalogue import find
from lab.data.downloads import MD5, fetched
from lab.data.images import LabelledImages, Request, Split
from lab.errors import LabError

log = logging.getLogger("lab.data")


def mnist(request: Request) -> LabelledImages:
    """60,000 train and 10,000 test digits (N, 1, 28, 28)."""
    return idx_images("mnist", request.split)


def fashion_mnist(request: Request) -> LabelledImages:
    """60,000 train and 10,000 test articles (N, 1, 28, 28)."""
    return idx_images("fashion-mnist", request.split)


def idx_images(data: str, split: Split) -> LabelledImages:
    """One split from IDX files. Where only the 10,000 test images are at hand, they are divided 8,500 to 1,500."""
    folder = cache() / data
    has = {part: all((folder / name).exists() for name in MD5[data] if name.startswith(part)) for part in ("train", "t10k")}
    divided = has["t10k"] and not has["train"]
    part = "t10k" if divided or split == "test" else "train"
    images, labels = (read_idx(fetched(data, name)) for name in sorted(MD5[data]) if name.startswith(part))
    if divided:
        log.info("%s: only the 10,000 test images are in %s; the first 8,500 serve as train, the last 1,500 as test", data, folder)
        rows = slice(0, 8500) if split == "train" else slice(8500, None)
        images, labels = images[rows], labels[rows]
    return LabelledImages(torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.astype(np.int64)), find(data).classes)


def read_idx(path: Path) -> np.ndarray:
    """A gzipped IDX file of unsigned bytes (LeCun's format: two zero bytes, type 8, dimensions, sizes, data)."""
    try:
        raw = gzip.decompress(path.read_bytes())
        if raw[:3] != b"\0\0\x08":
            raise ValueError("it is no IDX file of bytes")
        sizes = np.frombuffer(raw, ">u4", count=raw[3], offset=4)
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes.astype(int))
    except (OSError, EOFError, ValueError) as error:
        raise LabError(f"{path} cannot be read ({error}). Delete it and try again.") from None
