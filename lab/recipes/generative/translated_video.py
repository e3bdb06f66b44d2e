"""Videos of a game, each frame beside its translation by an image-to-image model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.atari.play_options import PlayOptions
from lab.atari.player import Player
from lab.data.images import resize
from lab.errors import UsageError
from lab.recipes.generative.pixels import to_pixels
from lab.stored_runs import agent_for
from lab.video import VideoWriter

FPS = 60


def watch(
    translate: Callable[[Tensor], Tensor],
    *,
    game: str,
    size: int,
    episodes: int = 1,
    video: Path | None = None,
    epsilon: float | None = None,
    seed: int = 0,
    sticky: float | None = None,
    seconds: float | None = None,
    film_size: int | None = None,
) -> dict[str, Any]:
    """Play `episodes` (or `seconds`) of `game` by its shipped agent (at random where there is none); `translate` turns frames
    (1, 3, size, size) uint8 into images of the other domain, (1, 3, size, size) in [-1, 1].

    Raises UsageError for values out of the bounds of `PlayOptions`.
    """
    PlayOptions.parse({"episodes": episodes, "epsilon": epsilon, "seed": seed, "sticky": sticky, "seconds": seconds})
    if video is None:
        raise UsageError(
            "Give --video FILE.mp4, to which the frames are written beside their translations. For a live view, use the Generate panel."
        )
    source, agent = player_of(game, seed, epsilon, sticky or 0.0)
    writer, scores, frames = VideoWriter(video, FPS, film_size), list[float](), 0
    try:
        while len(scores) < episodes and (seconds is None or frames < seconds * FPS):
            frame = source.tick(agent)
            with torch.no_grad():
                drawn = to_pixels(translate(resize(torch.from_numpy(frame.pixels).permute(2, 0, 1)[None], size)))[0]
            writer.add(beside(frame.pixels, drawn))
            frames += 1
            if frame.over:
                scores.append(frame.score)
    finally:
        writer.close()
    return {"video": str(video), "game": game, "frames": frames, "scores": scores or [frame.score], "finished": bool(scores)}


def player_of(game: str, seed: int, epsilon: float | None, sticky: float) -> tuple[Player, nn.Module | None]:
    """(a player of the game, who decides): the game's shipped agent, or random play where there is none."""
    agent, crop = agent_for(game)
    player = Player(game, seed=seed, epsilon=0.01 if epsilon is None else epsilon, sticky=sticky, crop=crop)
    return player, agent


def beside(frame: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """A frame (H, W, 3), doubled, and its translation (S, S, 3), drawn out to the same shape: (2H, 4W, 3) uint8."""
    height, width = 2 * frame.shape[0], 2 * frame.shape[1]
    rows, columns = (np.arange(side) * drawn.shape[0] // side for side in (height, width))
    return np.concatenate([frame.repeat(2, 0).repeat(2, 1), drawn[rows][:, columns]], 1)
