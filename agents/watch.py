"""Watching: an agent plays in a window at the emulator's 60 frames per second, or into a video file, with its Q values."""

import importlib.util
import logging
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from torch import nn

from agents.agent_config import AgentConfig
from lab import fonts
from lab.atari.play_options import PlayOptions
from lab.atari.player import Frame, Player
from lab.errors import LabError, UsageError
from lab.registry import load
from lab.video import VideoWriter

log = logging.getLogger("lab.agents")

FPS = 60
SCALE = 3
BRIGHT, FAINT = (240, 240, 240), (150, 155, 165)


def watch(
    net: nn.Module,
    config: AgentConfig,
    *,
    game: str | None = None,
    episodes: int = 1,
    video: Path | None = None,
    epsilon: float | None = None,
    seed: int = 0,
    sticky: float | None = None,
    seconds: float | None = None,
    film_size: int | None = None,
) -> dict[str, Any]:
    """Play `episodes` (or `seconds`) into `video`, or in a window where there is none; the scores and frames. `film_size`: pixels of its longer side.

    Raises UsageError for values out of the bounds of `PlayOptions`.
    """
    PlayOptions.parse({"episodes": episodes, "epsilon": epsilon, "seed": seed, "sticky": sticky, "seconds": seconds})
    player = Player(
        game or config.game, seed=seed, epsilon=config.eval_epsilon if epsilon is None else epsilon,
        sticky=config.sticky_actions if sticky is None else sticky, noop_max=config.noop_max, fire_reset=config.fire_reset,
        crop=config.crop,
    )  # fmt: skip
    actions = getattr(net, "actions", len(player.action_names))
    if actions != len(player.action_names):
        raise UsageError(f"{player.game} has {len(player.action_names)} actions, but this network was trained for {actions}.")
    if video is None:
        if importlib.util.find_spec("gui.watch_window") is None:
            raise LabError("No window can be opened by this installation. Give --video FILE.mp4.")
        return load("gui.watch_window:watch")(net, player, episodes=episodes, seconds=seconds)
    writer = VideoWriter(video, FPS, film_size)
    scores: list[float] = []
    frames = 0
    try:
        while len(scores) < episodes and (seconds is None or frames < seconds * FPS):
            frame = player.tick(net)
            writer.add(strip(frame, player.action_names))
            frames += 1
            if frames % (10 * FPS) == 0:
                log.info("%d s of play, score %g", frames // FPS, frame.score)
            if frame.over:
                scores.append(frame.score)
    finally:
        writer.close()
    return {"video": str(video), "frames": frames, "scores": scores or [frame.score], "finished": bool(scores)}


def strip(frame: Frame, action_names: tuple[str, ...]) -> np.ndarray:
    """The frame, enlarged, with its score and a bar of each action's Q value beside it: (H, W, 3) uint8."""
    game = frame.pixels.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    height = len(game)
    panel = Image.new("RGB", (280, height), (18, 20, 24))
    draw = ImageDraw.Draw(panel)
    fonts.draw_text(draw, (12, 10), f"score {frame.score:g}", BRIGHT, 22)
    fonts.draw_text(draw, (12, 40), f"{frame.frames / FPS:.1f} s   lives {frame.lives}", FAINT, 14)
    if frame.q is None:
        fonts.draw_text(draw, (12, 70), "no Q values: human player", FAINT, 14)
    else:
        draw_bars(draw, frame.q, frame.action, action_names, top=72, height=height - 84)
    return np.concatenate([game, np.asarray(panel)], axis=1)


def draw_bars(draw: ImageDraw.ImageDraw, q: np.ndarray, action: int, names: tuple[str, ...], top: int, height: int) -> None:
    """Horizontal bars of Q values (A,) from their least to their largest, the chosen action bright."""
    fonts.draw_text(draw, (12, top), "Q(s, a)", FAINT, 14)
    row = min(34, (height - 24) // max(1, len(q)))
    low, high = min(float(q.min()), 0.0), max(float(q.max()), 1e-6)
    for i, value in enumerate(q):
        y = top + 24 + i * row
        length = int(250 * (float(value) - low) / max(high - low, 1e-6))
        chosen = i == action
        draw.rectangle((12, y + row - 9, 12 + max(length, 1), y + row - 5), fill=(64, 196, 255) if chosen else (70, 78, 92))
        colour, size, number = BRIGHT if chosen else FAINT, max(8, min(14, row - 10)), f"{value:.3f}"
        fonts.draw_text(draw, (12, y), names[i], colour, size)
        fonts.draw_text(draw, (262 - fonts.width(number, size), y), number, colour, size)
