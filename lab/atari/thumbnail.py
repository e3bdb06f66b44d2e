"""A small picture of a game: its screen some seconds into a random game."""

import numpy as np

from lab.atari.games import load_ale

FRAMES = 240
"""Four seconds of play."""


def thumbnail(game: str) -> np.ndarray:
    """The screen (H, W, 3) uint8 after `FRAMES` frames of random play, the same at every call."""
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
