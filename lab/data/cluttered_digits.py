"""Scenes of one to three digits among pieces of other digits (cluttered MNIST, Mnih et al. 2014), with the class of each pixel."""

from dataclasses import replace

import numpy as np
import torch
from PIL import Image

from lab.data import catalogue
from lab.data.images import Request
from lab.data.scenes import Scenes
from lab.registry import load

SIZE = 64
MOST, PIECES = 3, 8
"""Digits and pieces of others in a scene, at most and exactly."""
SIDES = (0.3, 0.45)
"""Side of a digit as a share of the scene's."""
INK = 96
"""Pixels at least so bright belong to the digit."""
GAP = 2
"""Pixels between the boxes of two digits."""


def cluttered_digits(request: Request) -> Scenes:
    """`request.frames` scenes (a fifth of it for test) of digits of the same split, (N, 3, size, size); the digits' classes after a background."""
    count = request.frames if request.split == "train" else max(1, request.frames // 5)
    source = load(catalogue.loader(request.data, "images"))(replace(request, size=None, channels=None))
    digits, labels = source.images[:, 0].numpy(), source.labels.numpy()
    rng = np.random.default_rng([request.seed, 0 if request.split == "train" else 1])
    size = request.size or SIZE
    made = [scene(digits, labels, size, rng, request.things or MOST) for _ in range(count)]
    images = torch.from_numpy(np.stack([pixels for pixels, _, _ in made]))[:, None].expand(-1, 3, -1, -1).contiguous()
    maps = torch.from_numpy(np.stack([labelled for _, labelled, _ in made]))
    classes = ("background", *source.classes)
    return Scenes(images, maps, classes, [boxes for _, _, boxes in made], tuple(range(1, len(classes))))


def scene(
    digits: np.ndarray, labels: np.ndarray, size: int, rng: np.random.Generator, most: int = MOST
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels and map (size, size) uint8 and boxes (M, 5) of one scene of digits (N, h, w)."""
    pixels, labelled = np.zeros((size, size), np.uint8), np.zeros((size, size), np.uint8)
    for _ in range(PIECES):
        digit, side = enlarged(digits[rng.integers(len(digits))], size, rng), size // 8
        y, x = rng.integers(0, len(digit) - side + 1, 2)
        top, left = rng.integers(0, size - side + 1, 2)
        patch = pixels[top : top + side, left : left + side]
        np.maximum(patch, digit[y : y + side, x : x + side], out=patch)
    boxes: list[list[int]] = []
    for _ in range(int(rng.integers(1, most + 1))):
        row = int(rng.integers(len(digits)))
        digit = enlarged(digits[row], size, rng)
        inside = digit >= INK
        ys, xs = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        if not len(ys):
            continue
        for _ in range(20):  # Tries to find room.
            top, left = (int(v) for v in rng.integers(0, size - len(digit) + 1, 2))
            box = [left + xs[0], top + ys[0], left + xs[-1] + 1, top + ys[-1] + 1]
            if all(apart(box, other[1:]) for other in boxes):
                where = slice(top, top + len(digit)), slice(left, left + len(digit))
                pixels[where] = np.where(inside, digit, np.maximum(pixels[where], digit))
                labelled[where][inside] = labels[row] + 1
                boxes.append([int(labels[row]) + 1, *box])
                break
    return pixels, labelled, np.array(boxes, np.float32).reshape(-1, 5)


def enlarged(digit: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A digit (h, w) at a side drawn from `SIDES`, stretched to the full range of brightness."""
    side = round(size * rng.uniform(*SIDES))
    large = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BILINEAR), np.float32)
    return (255 * large / max(1.0, large.max())).astype(np.uint8)


def apart(a: list[int], b: list[int]) -> bool:
    """Whether two boxes x0, y0, x1, y1 leave a gap."""
    return a[2] + GAP <= b[0] or b[2] + GAP <= a[0] or a[3] + GAP <= b[1] or b[3] + GAP <= a[1]
