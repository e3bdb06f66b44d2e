"""Whether a game stands still because its player does not press FIRE, as before a serve in Breakout."""

import numpy as np

DECISIONS = 45
"""Three seconds."""
BAND = 8
"""Rows or columns, of 84, in which a paddle moves; a ball that flies leaves them."""


class WaitsForFire:
    """Sees one decision after another of a game with the actions `names`; `now` says whether it waits."""

    def __init__(self, names: tuple[str, ...]):
        self.has_fire = any("FIRE" in name for name in names)
        self.names = names
        self.quiet = 0
        self.score: float | None = None
        self.count = 0
        self.rows, self.columns = np.zeros(84, np.int64), np.zeros(84, np.int64)
        """The decision at which each row and column last changed."""

    def see(self, stack: np.ndarray, action: int, score: float, over: bool) -> None:
        """`stack` (4, 84, 84) uint8 is what the decision saw, `score` and `over` are those after it."""
        self.count += 1
        moved = stack[-1] != stack[-2]
        self.rows[moved.any(1)] = self.columns[moved.any(0)] = self.count
        still = score == self.score and "FIRE" not in self.names[action] and not over
        self.quiet = self.quiet + 1 if still else 0
        self.score = score

    @property
    def now(self) -> bool:
        if not self.has_fire or self.quiet < DECISIONS:
            return False
        recent = self.count - DECISIONS
        return min(int((last > recent).sum()) for last in (self.rows, self.columns)) <= BAND
