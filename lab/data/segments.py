"""Segmentation maps of Atari frames: the colours of a game's sprites and surfaces are its labels.

The console draws with a palette of 128 colours and each object in one or a few of them, so the true labels of a frame can be
read off it, at its own size, before any shrinking mixes colours.
"""

import logging
from collections import Counter

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from lab.atari.games import check_game
from lab.data.atari_frames import native_frames, squared
from lab.data.domains import Domains
from lab.data.images import LabelledImages, Split
from lab.data.painted import hsv
from lab.data.sources import cache
from lab.errors import LabError

log = logging.getLogger("lab.data")

LABELS = 16
"""The colours of a game that are labels of their own, the most frequent ones; others count as the nearest of these."""


def segmented(games: list[str], split: Split, *, size: int, frames: int, seed: int = 0) -> Domains:
    """Maps (A) and frames (B), `frames` of each game (a fifth for test), classes the games. The palette is that of the train split."""
    games = [check_game(game) for game in games]
    count = frames if split == "train" else max(1, frames // 5)
    parts = [of_game(game, split, size, count, seed) for game in games]
    labels = torch.cat([torch.full((len(part[0]),), i) for i, part in enumerate(parts)])
    maps, pictures = (torch.cat([part[i] for part in parts]) for i in (0, 1))
    return Domains(LabelledImages(maps, labels, tuple(games)), LabelledImages(pictures, labels, tuple(games)), ("map", "frame"), True)


def of_game(game: str, split: Split, size: int, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """(maps, frames), both (count, 3, size, size) uint8, from the cache or played."""
    file = cache() / "atari" / f"{game}-segments-{split}-{size}px-{count}-s{seed}.safetensors"
    if file.exists():
        try:
            found = load_file(file)
            return found["maps"], found["frames"]
        except (OSError, SafetensorError, KeyError) as error:
            raise LabError(f"{file} cannot be read ({error}). Delete it and try again.") from None
    palette = sprite_colours(game, seed)
    maps, pictures = [], []
    for block in native_frames(game, split, count, "random", seed):
        maps.append(coloured_labels(shrunk(labels_of(np.stack(block), palette), size)))
        pictures.append(squared(block, size, 3))
    found = {"maps": torch.cat(maps), "frames": torch.cat(pictures)}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".tmp")
        save_file(found, temporary)
        temporary.replace(file)
    except (OSError, SafetensorError) as error:
        log.warning("the maps of %s could not be kept in %s (%s); they are made again next time", game, file.parent, error)
    return found["maps"], found["frames"]


def sprite_colours(game: str, seed: int = 0) -> np.ndarray:
    """The most frequent colours (K, 3) uint8 of 256 train frames, the most frequent first, K at most `LABELS`."""
    counts: Counter[int] = Counter()
    for block in native_frames(game, "train", 256, "random", seed):
        values, times = np.unique(packed(np.stack(block)), return_counts=True)
        counts.update(dict(zip(values.tolist(), times.tolist(), strict=True)))
    codes = np.array([code for code, _ in counts.most_common(LABELS)])
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], 1).astype(np.uint8)


def packed(frames: np.ndarray) -> np.ndarray:
    """RGB (..., 3) uint8 -> one number a pixel (...), int64."""
    wide = frames.astype(np.int64)
    return (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]


def labels_of(frames: np.ndarray, palette: np.ndarray) -> Tensor:
    """(N, H, W) int64: each pixel's place in the palette (K, 3), of the nearest colour where it is not in it."""
    codes, place = np.unique(packed(frames), return_inverse=True)
    colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], 1)
    distance = np.square(colours[:, None] - palette[None].astype(np.int64)).sum(2)
    return torch.from_numpy(distance.argmin(1)[place].reshape(frames.shape[:3]))


def shrunk(labels: Tensor, size: int) -> Tensor:
    """(N, H, W) -> (N, size, size): of the labels in a cell the rarest one stays (the largest number), so that a ball is not lost."""
    return F.adaptive_max_pool2d(labels[:, None].float(), size)[:, 0].long()


def coloured_labels(labels: Tensor) -> Tensor:
    """(N, S, S) -> (N, 3, S, S) uint8: label 0 black, the others in hues far from each other."""
    number = torch.arange(LABELS).view(-1, 1, 1, 1).float()
    colours = hsv(number * 0.618034, torch.full_like(number, 0.8), 1 - 0.35 * (number % 2))[..., 0, 0]
    colours[0] = 0
    return (255 * colours).round().to(torch.uint8)[labels].permute(0, 3, 1, 2).contiguous()
