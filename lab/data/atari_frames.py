"""Frames of Atari games as images, recorded at first use and kept in the cache folder as safetensors.

The classes are the games. Train and test frames come from different episodes.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lab.atari.games import check_game
from lab.atari.player import Player
from lab.data.cache import kept
from lab.data.images import LabelledImages, Request, Split, as_channels, resize
from lab.stored_runs import agent_for

log = logging.getLogger("lab.data")

APART = 8
"""Emulator frames (60 a second) between two that are kept, on average: neighbours are nearly the same picture."""


def atari_frames(request: Request) -> LabelledImages:
    """Images (N, channels, size, size), labels the place in `games`.

    The player is "random", or "agents": a shipped agent where there is one for the game, with 5 % of random actions.
    """
    games = [check_game(game) for game in request.games]
    parts = [of_game(game, replace(request, size=request.size or 84, channels=request.channels or 3)) for game in games]
    labels = torch.cat([torch.full((len(part),), i) for i, part in enumerate(parts)])
    return LabelledImages(torch.cat(parts), labels, tuple(games))


def of_game(game: str, request: Request) -> Tensor:
    """(count, channels, size, size) uint8 from the cache, or recorded now."""
    r, count = request, frame_count(request)

    def record() -> dict[str, Tensor]:
        log.info("playing %s for %d frames", game, count)
        blocks = native_frames(game, r.split, count, r.player, r.seed)
        return {"images": torch.cat([squared(block, r.size or 84, r.channels or 3) for block in blocks])}

    return kept(f"atari/{game}-{r.player}-{r.split}-{r.size}px-{r.channels}c-{count}-s{r.seed}.safetensors", record)["images"]


def frame_count(request: Request) -> int:
    """Frames of each game in the split."""
    return request.frames if request.split == "train" else max(1, request.frames // 5)


def native_frames(game: str, split: Split, count: int, player: str, seed: int, apart: int = APART) -> Iterator[list[np.ndarray]]:
    """`count` RGB frames (H, W, 3) uint8 of the console's own size, in blocks of 256, by playing. The gaps between frames are
    random, `apart` on average, so that no rhythm of the game is met."""
    net, crop = agent_for(game) if player == "agents" else (None, "0,0")
    seeds = np.random.SeedSequence([seed, 0 if split == "train" else 1])
    source = Player(game, seed=int(seeds.generate_state(1)[0] >> 1), epsilon=1.0 if net is None else 0.05, crop=crop)
    rng = np.random.default_rng(seeds.spawn(1)[0])
    block: list[np.ndarray] = []
    for done in range(1, count + 1):
        for _ in range(int(rng.integers(1, 2 * apart))):
            frame = source.tick(net)
        block.append(frame.pixels)
        if len(block) == 256 or done == count:
            yield block
            block = []
            log.info("%s: %d of %d frames", game, done, count)


def squared(block: list[np.ndarray], size: int, channels: int) -> Tensor:
    """RGB frames (H, W, 3) -> uint8 (N, channels, size, size)."""
    return resize(as_channels(torch.from_numpy(np.stack(block)).permute(0, 3, 1, 2), channels), size).contiguous()
