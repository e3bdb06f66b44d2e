"""Whether a game stands still because its player does not press FIRE, as before a serve in Breakout."""

from typing import Any

import numpy as np

DECISIONS = 45
"""Three seconds."""
CHANGED = 0.015
"""The share of the pixels that may change where nothing but a paddle moves."""


class WaitsForFire:
    """Sees one frame after another of a game with the actions `names`; `now` says whether it waits."""

    def __init__(self, names: tuple[str, ...]):
        self.has_fire = any("FIRE" in name for name in names)
        self.names = names
        self.quiet = 0
        self.score: float | None = None

    def see(self, frame: Any) -> None:
        """`frame` is a `lab.atari.player.Frame`: its stack (4, 84, 84), action and score."""
        if not frame.decided:
            return
        moved = np.mean(frame.stack[-1] != frame.stack[0])
        still = moved <= CHANGED and frame.score == self.score and "FIRE" not in self.names[frame.action] and not frame.over
        self.quiet = self.quiet + 1 if still else 0
        self.score = frame.score

    @property
    def now(self) -> bool:
        return self.has_fire and self.quiet >= DECISIONS
