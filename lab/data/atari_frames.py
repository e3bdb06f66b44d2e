"""Frames of Atari games as images, played at first use and then kept in the cache folder as safetensors.

The classes are the games. Train and test frames come from different episodes.
"""

import logging
from collections.abc import Iterator

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lab.atari.games import check_game
from lab.atari.player import Player
from lab.data.images import LabelledImages, Split, as_channels, resize
from lab.data.sources import cache
from lab.errors import LabError
from lab.run import agent_for

log = logging.getLogger("lab.data")

APART = 8
"""Emulator frames (60 a second) between two that are kept, on average: neighbours are nearly the same picture."""


def atari_frames(games: list[str], split: Split, *, size: int, channels: int, frames: int, player: str, seed: int) -> LabelledImages:
    """`frames` of each game (a fifth of it for test): images (N, channels, size, size), labels the place in `games`.

    `player` is "random", or "agents": a shipped agent where there is one for the game, with 5 % of random actions.
    """
    games = [check_game(game) for game in games]
    count = frames if split == "train" else max(1, frames // 5)
    parts = [of_game(game, split, size, channels, count, player, seed) for game in games]
    labels = torch.cat([torch.full((len(part),), i) for i, part in enumerate(parts)])
    return LabelledImages(torch.cat(parts), labels, tuple(games))


def of_game(game: str, split: Split, size: int, channels: int, count: int, player: str, seed: int) -> Tensor:
    """(count, channels, size, size) uint8 from the cache, or played."""
    file = cache() / "atari" / f"{game}-{player}-{split}-{size}px-{channels}c-{count}-s{seed}.safetensors"
    if file.exists():
        try:
            return load_file(file)["images"]
        except (OSError, SafetensorError, KeyError) as error:
            raise LabError(f"{file} cannot be read ({error}). Delete it and try again.") from None
    log.info("playing %s for %d frames", game, count)
    images = played(game, split, size, channels, count, player, seed)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".tmp")
        save_file({"images": images}, temporary)
        temporary.replace(file)
    except (OSError, SafetensorError) as error:
        log.warning("the frames of %s could not be kept in %s (%s); they are played again next time", game, file.parent, error)
    return images


def played(game: str, split: Split, size: int, channels: int, count: int, player: str, seed: int) -> Tensor:
    """The same, by playing."""
    blocks = native_frames(game, split, count, player, seed)
    return torch.cat([squared(block, size, channels) for block in blocks])


def native_frames(game: str, split: Split, count: int, player: str, seed: int) -> Iterator[list[np.ndarray]]:
    """`count` RGB frames (H, W, 3) uint8 of the console's own size, in blocks of 256, by playing. The gaps between frames are
    random, so that no rhythm of the game is met."""
    net = agent_for(game) if player == "agents" else None
    seeds = np.random.SeedSequence([seed, 0 if split == "train" else 1])
    source = Player(game, seed=int(seeds.generate_state(1)[0] >> 1), epsilon=1.0 if net is None else 0.05)
    rng = np.random.default_rng(seeds.spawn(1)[0])
    block: list[np.ndarray] = []
    for done in range(1, count + 1):
        for _ in range(int(rng.integers(1, 2 * APART))):
            frame = source.tick(net)
        block.append(frame.pixels)
        if len(block) == 256 or done == count:
            yield block
            block = []
            log.info("%s: %d of %d frames", game, done, count)


def squared(block: list[np.ndarray], size: int, channels: int) -> Tensor:
    """RGB frames (H, W, 3) -> uint8 (N, channels, size, size)."""
    return resize(as_channels(torch.from_numpy(np.stack(block)).permute(0, 3, 1, 2), channels), size).contiguous()
