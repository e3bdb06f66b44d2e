"""Metrics of a run for plotting: `metrics.jsonl` read as it grows, kept as growing arrays."""

from pathlib import Path
from typing import Any

import numpy as np

from lab.metrics import parse

POINTS = 16_000
"""A line of more points is drawn with fewer: still more than a screen has columns."""
CHUNK = 1 << 20
"""Bytes of a metrics file read at once: a long file is taken in over many calls, as reading it whole would hold the window up."""
FOLD = 4
"""Each level of peaks stands for so many blocks of the level below; the first for blocks of `FOLD ** 2` points."""


class Series:
    """The points of one metric: step, seconds and value, in arrays that double when they are full.

    `raw` and `mean` give what a line shows of a stretch of x. Of many points they give few: sums of all values so far, and the
    lowest and highest of every 16, 64, 256, ... points, grow with the series, so ten million points cost no more than ten thousand.
    """

    def __init__(self) -> None:
        self.data = np.empty((4, 256))
        self.count = 0
        self.folds: list[np.ndarray] = []  # Of each level: (2, blocks), the lowest and the highest value of 16, 64, 256, ... points.

    def add(self, step: float, seconds: float, value: float) -> None:
        if self.count == self.data.shape[1]:
            grown = np.empty((4, 2 * self.count))
            grown[:, : self.count] = self.data
            self.data = grown
        before = self.data[3, self.count - 1] if self.count else 0.0
        self.data[:, self.count] = step, seconds, value, before + value
        self.count += 1

    def cut(self, step: float) -> None:
        """Forget the points beyond `step`."""
        self.count = int(np.searchsorted(self.steps, step, side="right"))
        self.folds = [fold[:, : self.count // FOLD ** (i + 2)] for i, fold in enumerate(self.folds)]

    @property
    def steps(self) -> np.ndarray:
        return self.data[0, : self.count]

    @property
    def seconds(self) -> np.ndarray:
        return self.data[1, : self.count]

    @property
    def values(self) -> np.ndarray:
        return self.data[2, : self.count]

    def raw(self, x: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
        """The points from `low` to `high` on the axis `x` (`steps` or `seconds`), with one more at either end; of many, the
        lowest and the highest of each block."""
        start, end = self.stretch(x, low, high)
        if end - start <= POINTS:
            return x[start:end], self.values[start:end]
        level = 0
        while (end - start) // FOLD ** (level + 2) > POINTS // FOLD:
            level += 1
        block, fold = FOLD ** (level + 2), self.fold(level)
        first, last = start // block, min(end // block, fold.shape[1])
        starts = np.arange(first, last) * block
        xs = np.stack([x[starts], x[starts + block // 2]], axis=1).ravel()
        rest = self.values[last * block : end]  # What fills no block yet.
        peaks = [rest.min(), rest.max()] if len(rest) else []
        ends = [x[last * block], x[end - 1]] if len(rest) else []
        return np.concatenate([xs, ends, x[end - 1 : end]]), np.concatenate(
            [fold[:, first:last].T.ravel(), peaks, self.values[end - 1 : end]]
        )

    def mean(self, x: np.ndarray, low: float, high: float, window: int) -> tuple[np.ndarray, np.ndarray]:
        """As `raw`, of the mean of the last `window` values at each point (of as many as there are, at the start)."""
        start, end = self.stretch(x, low, high)
        at = np.arange(start, end, 1 if end - start <= POINTS else FOLD * (end - start) // POINTS)
        if len(at) and at[-1] != end - 1:
            at = np.append(at, end - 1)
        sums, before = self.data[3], at - window
        sums_before = np.where(before >= 0, sums[np.maximum(before, 0)], 0.0)
        return x[at], (sums[at] - sums_before) / np.minimum(at + 1, window)

    def stretch(self, x: np.ndarray, low: float, high: float) -> tuple[int, int]:
        start = int(np.searchsorted(x, low)) - 1
        end = int(np.searchsorted(x, high, side="right")) + 1
        return max(0, start), min(self.count, end)

    def fold(self, level: int) -> np.ndarray:
        """The lowest and highest values of blocks of `FOLD ** (level + 2)` points, (2, blocks), brought up to date."""
        below, size = (np.broadcast_to(self.values, (2, self.count)), FOLD**2) if level == 0 else (self.fold(level - 1), FOLD)
        if len(self.folds) == level:
            self.folds.append(np.empty((2, 0)))
        done, blocks = self.folds[level].shape[1], below.shape[1] // size
        if blocks > done:
            lows, highs = (row[done * size : blocks * size].reshape(-1, size) for row in below)
            self.folds[level] = np.concatenate([self.folds[level], np.stack([lows.min(1), highs.max(1)])], axis=1)
        return self.folds[level]


class RunSeries:
    """All metrics of one run. `read` takes in what was appended to its file since the last time.

    The file, not the session, is the source: so no row is missed however rarely one looks, and a run that another
    process trains is followed in the same way.
    """

    def __init__(self, folder: Path):
        self.path = folder / "metrics.jsonl"
        self.metrics: dict[str, Series] = {}
        self.position = 0
        self.left = 0
        """Bytes of the file that were not taken in yet at the last `read`."""

    def read(self) -> bool:
        """Take in new rows, `CHUNK` bytes of them at most (`left` says whether to come again); whether there were any."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(self.position)
                data = file.read(CHUNK)
        except OSError:
            return False
        end = data.rfind(b"\n") + 1
        self.left = max(0, size - self.position - end) if len(data) == CHUNK else 0
        self.position += end
        for line in data[:end].splitlines():
            row = parse(line)
            if row is None:
                continue
            if "resumed_at" in row:
                for series in self.metrics.values():
                    series.cut(row["resumed_at"])
            else:
                self.add(row)
        return end > 0

    def add(self, row: dict[str, Any]) -> None:
        step, seconds = row.pop("step"), row.pop("time")
        for name, value in row.items():
            if value is not None:
                self.metrics.setdefault(name, Series()).add(step, seconds, value)
