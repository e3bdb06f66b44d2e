"""The wall as a film, drawn without a screen: `lab watch wall --video FILE`. The app draws its own (`gui.atari.wall`).

Read first: `film`.
"""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from agents.wall import EPSILON, FPS, Place, Wall, WallAgent, grid, scaled, short, words_alike
from lab.cores import one_thread
from lab.errors import LabError
from lab.fonts import SANS, carried, sized
from lab.video import VideoWriter

GROUND, TEXT, FAINT, BELOW, ABOVE, TRACK = (23, 25, 28), (228, 231, 234), (138, 146, 155), (59, 142, 224), (63, 166, 92), (56, 60, 66)
BAR = 3
SCALE_END = 1.5
"""The bar under a picture ends at random + 1.5 (human - random)."""
FILM_SIZES = {".mp4": (1280, 720), ".gif": (640, 400)}
WARM_UP = 20 * FPS
"""Pictures that are not filmed: games begin with titles and empty screens."""


def film(
    agents: list[WallAgent],
    path: Path,
    *,
    seconds: float = 10.0,
    seed: int = 0,
    epsilon: float = EPSILON,
    sticky: float = 0.0,
    size: int | None = None,
) -> dict[str, Any]:
    """Write `seconds` of the wall as an .mp4 or .gif; the frames and the last scores."""
    if not agents:
        raise LabError("There is no agent to film: none is shipped, and no run has finished a game yet. `lab train dqn-fast` makes one.")
    wall = Wall(agents, seed=seed, epsilon=epsilon, sticky=sticky)
    writer = VideoWriter(path, FPS, size)
    frames = max(1, round(seconds * FPS))
    try:
        with one_thread():
            wall.load()
            picture = WallPicture(wall, *FILM_SIZES[path.suffix.lower()])
            for _ in range(WARM_UP):
                wall.advance()
            for _ in range(frames):
                wall.advance()
                writer.add(picture.draw())
    finally:
        writer.close()
    scores = {place.agent.title: place.score for place in wall.places if place.player is not None}
    return {"video": str(path), "frames": frames, "agents": len(agents), "scores": scores}


class WallPicture:
    """Draws `wall` in a picture of `width`, as tall as its rows and `height` at most."""

    def __init__(self, wall: Wall, width: int, height: int):
        self.wall, count = wall, len(wall.places)
        self.font = 10 if width < 1000 else 15
        caption = 2 * self.font + 12
        self.size = width, min(height, grid(count, width, height, caption).used)
        self.grid = grid(count, *self.size, caption)
        pen, small = ImageDraw.Draw(Image.new("RGB", (1, 1))), sized(carried(SANS), self.font - 1)
        room = self.grid.picture[0]
        self.words = words_alike([place.agent for place in wall.places], lambda words: pen.textlength(words, font=small) <= room)

    def draw(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        canvas = Image.new("RGB", self.size, GROUND)
        pen = ImageDraw.Draw(canvas)
        for i, place in enumerate(self.wall.places):
            x, y, width, height = self.grid.rectangle(i)
            if place.pixels is not None:
                pixels = scaled(place.pixels, width, height)
                canvas.paste(Image.fromarray(pixels), (x + (width - pixels.shape[1]) // 2, y + (height - pixels.shape[0]) // 2))
            self.caption(pen, place, place.problem or self.words[i], x, y + height + 3, width)
        return np.asarray(canvas)

    def caption(self, pen: ImageDraw.ImageDraw, place: Place, words: str, x: int, y: int, width: int) -> None:
        """The bar with the human's mark, name and score, and the agent's mean with the human's."""
        agent, font = place.agent, sized(carried(SANS), self.font)
        live = agent.on_scale(place.score)
        pen.rectangle((x, y, x + width - 1, y + BAR - 1), fill=TRACK)
        length = round(width * min(max(live, 0.0), SCALE_END) / SCALE_END)
        if length:
            pen.rectangle((x, y, x + length - 1, y + BAR - 1), fill=ABOVE if live >= 1 else BELOW)
        mark = x + round(width / SCALE_END)
        pen.rectangle((mark - 1, y - 2, mark, y + BAR), fill=TEXT)
        score = short(place.score)
        right = x + width - pen.textlength(score, font=font)
        pen.text((right, y + BAR + 2), score, fill=TEXT, font=font)
        pen.text((x, y + BAR + 2), shortened(pen, agent.title, right - x - 6, font), fill=TEXT, font=font)
        small = sized(carried(SANS), self.font - 1)
        colour = ABOVE if agent.at_human_level else FAINT
        pen.text((x, y + BAR + self.font + 6), shortened(pen, words, width, small), fill=colour, font=small)


def shortened(pen: ImageDraw.ImageDraw, text: str, width: float, font: object) -> str:
    """The text, or its beginning with … where it is wider than `width`."""
    if pen.textlength(text, font=font) <= width:  # type: ignore[arg-type]
        return text
    while text and pen.textlength(text + "…", font=font) > width:  # type: ignore[arg-type]
        text = text[:-1]
    return text.rstrip(" ·") + "…"
