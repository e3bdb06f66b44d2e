"""Labelled scenes: pictures with the class of each pixel, and boxes around their things.

A data set's loader takes a `Request` and gives `Scenes`. Read first: `Scenes`, then `boxes_of`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from lab.data import catalogue
from lab.data.images import Request, Split
from lab.registry import load

IGNORED = 255
"""The label of pixels that nobody labelled: they count neither in training nor in figures."""
FEWEST = 2
"""Pixels of a thing that has a box."""


@dataclass(frozen=True)
class Scenes:
    """images (N, 3, H, W) and maps (N, H, W) uint8 on the processor; class 0 is the background, `IGNORED` is not labelled.

    `boxes` holds for each image (M, 5) float32: class, x0, y0, x1, y1 in pixels, x1 and y1 the first ones outside.
    """

    images: Tensor
    maps: Tensor
    classes: tuple[str, ...]
    boxes: list[np.ndarray]
    things: tuple[int, ...]
    """The classes that have boxes; others are surfaces."""
    groups: Tensor | None = None
    """(N,) int64: to which of `group_names` each image belongs, such as its game."""
    group_names: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.images)

    def rows(self, index: Sequence[int]) -> "Scenes":
        """The scenes at `index`."""
        places = torch.as_tensor(index, dtype=torch.long)
        groups = None if self.groups is None else self.groups[places]
        return replace(self, images=self.images[places], maps=self.maps[places], boxes=[self.boxes[i] for i in index], groups=groups)


def load_scenes(data: str, split: Split, *, games: str = "", **settings: Any) -> Scenes:
    """The `split` of a data set of scenes; see `Request`. Raises UsageError for an unknown name, LabError where the data cannot be had."""
    catalogue.check_there(data)
    request = Request(data, split, channels=3, **settings)
    return load(catalogue.loader(data, "labelled scenes"))(replace(request, games=tuple(games.split(","))) if games else request)


def joined(parts: Sequence[Scenes], names: tuple[str, ...]) -> Scenes:
    """Scenes of the same classes one after another, each part a group."""
    groups = torch.arange(len(parts)).repeat_interleave(torch.tensor([len(part) for part in parts]))
    return Scenes(
        torch.cat([part.images for part in parts]), torch.cat([part.maps for part in parts]), parts[0].classes,
        [boxes for part in parts for boxes in part.boxes], parts[0].things, groups, names,
    )  # fmt: skip


def boxes_of(labels: np.ndarray, things: Sequence[int]) -> np.ndarray:
    """(M, 5) float32 of a map (H, W): a box around all pixels of a thing's class that touch, or lie one pixel apart."""
    rows = []
    for kind in things:
        for inside in instances(labels == kind):
            ys, xs = np.nonzero(inside[1])
            if len(ys) >= FEWEST:
                top, left = inside[0]
                rows.append([kind, left + xs.min(), top + ys.min(), left + xs.max() + 1, top + ys.max() + 1])
    return np.array(rows, np.float32).reshape(-1, 5)


def instances(mask: np.ndarray) -> list[tuple[tuple[int, int], np.ndarray]]:
    """Each group of pixels of a mask (H, W) that touch or lie one pixel apart: its corner (y, x) and its own small mask."""
    if not mask.any():
        return []
    near, _ = ndimage.label(ndimage.binary_dilation(mask, np.ones((2, 2))), np.ones((3, 3)))
    near *= mask
    return [((ys.start, xs.start), near[ys, xs] == i) for i, (ys, xs) in enumerate(ndimage.find_objects(near), start=1)]
