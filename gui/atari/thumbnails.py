"""A small picture of each game, taken from the real emulator some seconds into a random game and kept on disk."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QStandardPaths

FRAMES = 240


def folder() -> Path:
    """Where the pictures are kept."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericCacheLocation)) / "lab" / "games"


def thumbnail(game: str) -> np.ndarray:
    """(H, W, 3) uint8, from disk or, the first time, from the emulator."""
    from PIL import Image

    path = folder() / f"{game}.png"
    if path.exists():
        try:
            return np.asarray(Image.open(path).convert("RGB"))
        except OSError:
            path.unlink(missing_ok=True)
    pixels = play(game)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    except OSError:
        pass  # A cache that cannot be written costs time, nothing else.
    return pixels


def play(game: str) -> np.ndarray:
    """The screen after four seconds of random play."""
    from agents.atari import load_ale

    ale = load_ale(game)
    actions = ale.getMinimalActionSet()
    rng = np.random.Generator(np.random.PCG64(1))
    ale.reset_game()
    for i in range(FRAMES):
        if i % 8 == 0:
            action = actions[int(rng.integers(len(actions)))]
        ale.act(action)
        if ale.game_over():
            ale.reset_game()
    return np.array(ale.getScreenRGB())
