"""Windows of labelled scenes that show one thing each, for localisation. Read first: `single_things`."""

from dataclasses import replace

import numpy as np
import torch

from lab.data.scenes import Scenes

TRIES = 12
"""Places that are tried for a window around each thing."""


def single_things(scenes: Scenes, side: int, seed: int) -> Scenes:
    """Windows (N, 3, side, side), each with one whole thing and no part of another; with `side` 0 the scenes of one thing as they are.

    A thing has one window at most, at a random place around it; it has none where its neighbours are too near.
    """
    if not side:
        return scenes.rows([i for i, boxes in enumerate(scenes.boxes) if len(boxes) == 1])
    rng = np.random.default_rng(seed)
    height, width = scenes.images.shape[2:]
    rows, places, boxes = [], [], []
    for row, own in enumerate(scenes.boxes):
        for box in own:
            place = window_around(box, own, height, width, side, rng)
            if place is not None:
                top, left = place
                rows.append(row)
                places.append(place)
                boxes.append(np.array([[box[0], box[1] - left, box[2] - top, box[3] - left, box[4] - top]], np.float32))
    if not rows:
        return scenes.rows([])
    images = torch.stack([scenes.images[row, :, y : y + side, x : x + side] for row, (y, x) in zip(rows, places, strict=True)])
    maps = torch.stack([scenes.maps[row, y : y + side, x : x + side] for row, (y, x) in zip(rows, places, strict=True)])
    return replace(scenes.rows(rows), images=images, maps=maps, boxes=boxes)


def window_around(
    box: np.ndarray, others: np.ndarray, height: int, width: int, side: int, rng: np.random.Generator
) -> tuple[int, int] | None:
    """The upper left corner (y, x) of a window that holds `box` (class, x0, y0, x1, y1) and touches no other of `others` (M, 5)."""
    _, x0, y0, x1, y1 = (int(value) for value in box)
    low_y, high_y = max(0, y1 - side), min(y0, height - side)
    low_x, high_x = max(0, x1 - side), min(x0, width - side)
    if low_y > high_y or low_x > high_x:
        return None
    for _ in range(TRIES):
        top, left = int(rng.integers(low_y, high_y + 1)), int(rng.integers(low_x, high_x + 1))
        touching = (others[:, 1] < left + side) & (others[:, 3] > left) & (others[:, 2] < top + side) & (others[:, 4] > top)
        if touching.sum() == 1:
            return top, left
    return None
