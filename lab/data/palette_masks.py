"""Label maps of Atari frames: the palette colours of a game's sprites and surfaces are its labels.

The console draws with a palette of 128 colours and each object in one or a few of them, so the true labels of a frame can be
read off it, at its own size, before any shrinking mixes colours.
"""

from collections import Counter

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.atari.games import check_game
from lab.data.atari_frames import frame_count, native_frames, squared
from lab.data.cache import kept
from lab.data.hue import hsv
from lab.data.images import Domains, LabelledImages, Request

LABELS = 16
"""The colours of a game that are labels of their own, the most frequent ones; others count as the nearest of these."""


def palette_masks(request: Request) -> Domains:
    """Label maps (A) and frames (B) of each game, classes the games. The palette is that of the train split."""
    games = [check_game(game) for game in request.games]
    parts = [of_game(game, request) for game in games]
    labels = torch.cat([torch.full((len(part["maps"]),), i) for i, part in enumerate(parts)])
    maps, frames = (LabelledImages(torch.cat([part[name] for part in parts]), labels, tuple(games)) for name in ("maps", "frames"))
    return Domains(maps, frames, ("map", "frame"), True)


def of_game(game: str, request: Request) -> dict[str, Tensor]:
    """maps and frames, both (count, 3, size, size) uint8, from the cache or recorded now."""
    size, count = request.size or 84, frame_count(request)

    def record() -> dict[str, Tensor]:
        palette = sprite_colours(game, request.seed)
        maps, frames = [], []
        for block in native_frames(game, request.split, count, "random", request.seed):
            maps.append(coloured_labels(shrunk(labels_of(np.stack(block), palette), size)))
            frames.append(squared(block, size, 3))
        return {"maps": torch.cat(maps), "frames": torch.cat(frames)}

    return kept(f"atari/{game}-segments-{request.split}-{size}px-{count}-s{request.seed}.safetensors", record)


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
