"""Watching: an agent plays in a window at the emulator's 60 frames a second, or into a video file, Q values beside it."""

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from agents.dqn_config import DQNConfig
from agents.player import Frame, Player
from lab.errors import LabError, UsageError
from lab.registry import load

FPS = 60
SCALE = 3


def watch(
    net: nn.Module,
    config: DQNConfig,
    *,
    game: str | None = None,
    episodes: int = 1,
    video: Path | None = None,
    epsilon: float | None = None,
    seed: int = 0,
    sticky: float | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Play `episodes` (or `seconds`) into `video`, or in a window where there is none; the scores and frames."""
    player = Player(
        game or config.game, seed=seed, epsilon=config.eval_epsilon if epsilon is None else epsilon,
        sticky=config.sticky_actions if sticky is None else sticky, noop_max=config.noop_max, fire_reset=config.fire_reset,
    )  # fmt: skip
    actions = getattr(net, "actions", len(player.action_names))
    if actions != len(player.action_names):
        raise UsageError(f"{player.game} has {len(player.action_names)} actions, but this network was trained for {actions}.")
    if video is None:
        if importlib.util.find_spec("gui.watch_window") is None:
            raise LabError("No window can be opened by this installation. Give --video FILE.mp4.")
        return load("gui.watch_window:watch")(net, player, episodes=episodes, seconds=seconds)
    writer = VideoWriter(video, FPS)
    scores: list[float] = []
    frames = 0
    try:
        while len(scores) < episodes and (seconds is None or frames < seconds * FPS):
            frame = player.tick(net)
            writer.add(strip(frame, player.action_names))
            frames += 1
            if frame.over:
                scores.append(frame.score)
    finally:
        writer.close()
    return {"video": str(video), "frames": frames, "scores": scores or [frame.score], "finished": bool(scores)}


class VideoWriter:
    """Streams RGB frames (H, W, 3) uint8 to an .mp4 (H.264) or .gif encoder; nothing is collected in memory.

    A GIF gets every third frame at half the size, each with a palette of its own, or it would be very large.
    """

    def __init__(self, path: str | Path, fps: float = FPS):
        import imageio_ffmpeg

        self.path, self.fps, self.count = Path(path), fps, 0
        self.gif = self.path.suffix == ".gif"
        if self.path.suffix not in (".mp4", ".gif"):
            raise UsageError(f"{self.path.name}: expected a name that ends in .mp4 or .gif.")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LabError(f"Cannot write {self.path} ({error.strerror}).") from None
        self.open = imageio_ffmpeg.write_frames
        self.encoder: Any = None

    def add(self, frame: np.ndarray) -> None:
        """Encode one frame; all have the size of the first."""
        self.count += 1
        if self.gif and (self.count - 1) % 3:
            return
        if self.encoder is None:
            height, width = frame.shape[:2]
            if self.gif:
                palette = "scale=iw/2:-1:flags=area,split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=none"
                options: dict[str, Any] = {"codec": "gif", "pix_fmt_out": "pal8", "macro_block_size": 1, "output_params": ["-vf", palette]}
            else:
                options = {"codec": "libx264", "pix_fmt_out": "yuv420p", "quality": 8, "macro_block_size": 2}
            rate = self.fps / 3 if self.gif else self.fps
            self.encoder = self.open(str(self.path), (width, height), fps=rate, ffmpeg_log_level="error", **options)
            self.encoder.send(None)
        try:
            self.encoder.send(np.ascontiguousarray(frame))
        except OSError as error:
            raise LabError(f"The video {self.path} could not be written ({error}). Is the disk full?") from None

    def close(self) -> None:
        """Finish the file."""
        if self.encoder is not None:
            self.encoder.close()
            self.encoder = None


def strip(frame: Frame, action_names: tuple[str, ...]) -> np.ndarray:
    """The frame, enlarged, with its score and a bar of each action's Q value beside it: (H, W, 3) uint8."""
    game = frame.pixels.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    height, width = game.shape[:2]
    panel = Image.new("RGB", (280, height), (18, 20, 24))
    draw = ImageDraw.Draw(panel)
    draw.text((12, 10), f"score {frame.score:g}", fill=(240, 240, 240), font=font(22))
    draw.text((12, 40), f"{frame.frames / FPS:.1f} s   lives {frame.lives}", fill=(150, 155, 165), font=font(14))
    if frame.q is None:
        draw.text((12, 70), "no Q values: a person plays", fill=(150, 155, 165), font=font(14))
    else:
        draw_bars(draw, frame.q, frame.action, action_names, top=72, height=height - 84)
    picture = np.concatenate([game, np.asarray(panel)], axis=1)
    return picture[: height - height % 2, : (width + 280) - (width + 280) % 2]


def draw_bars(draw: ImageDraw.ImageDraw, q: np.ndarray, action: int, names: tuple[str, ...], top: int, height: int) -> None:
    """Horizontal bars of Q values (A,) from their least to their largest, the chosen action bright."""
    draw.text((12, top), "Q(s, a)", fill=(150, 155, 165), font=font(14))
    row = min(34, (height - 24) // max(1, len(q)))
    low, high = min(float(q.min()), 0.0), max(float(q.max()), 1e-6)
    for i, value in enumerate(q):
        y = top + 24 + i * row
        length = int(250 * (float(value) - low) / max(high - low, 1e-6))
        chosen = i == action
        draw.rectangle((12, y + row - 9, 12 + max(length, 1), y + row - 5), fill=(64, 196, 255) if chosen else (70, 78, 92))
        colour = (240, 240, 240) if chosen else (150, 155, 165)
        draw.text((12, y), names[i], fill=colour, font=font(min(14, row - 10)))
        draw.text((262, y), f"{value:.3f}", fill=colour, font=font(min(14, row - 10)), anchor="ra")


@lru_cache(maxsize=8)
def font(size: int) -> Any:
    return ImageFont.load_default(max(size, 8))
