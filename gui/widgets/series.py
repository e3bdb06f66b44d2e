"""Metrics of a run for plotting: `metrics.jsonl` read as it grows, kept as growing arrays."""

import json
from pathlib import Path

import numpy as np


class Series:
    """The points of one metric: step, seconds and value, each in an array that doubles when it is full."""

    def __init__(self) -> None:
        self.data = np.empty((3, 256))
        self.count = 0

    def add(self, step: float, seconds: float, value: float) -> None:
        if self.count == self.data.shape[1]:
            grown = np.empty((3, 2 * self.count))
            grown[:, : self.count] = self.data
            self.data = grown
        self.data[:, self.count] = step, seconds, value
        self.count += 1

    def cut(self, step: float) -> None:
        """Forget the points beyond `step`."""
        self.count = int(np.searchsorted(self.data[0, : self.count], step, side="right"))

    @property
    def steps(self) -> np.ndarray:
        return self.data[0, : self.count]

    @property
    def seconds(self) -> np.ndarray:
        return self.data[1, : self.count]

    @property
    def values(self) -> np.ndarray:
        return self.data[2, : self.count]


class RunSeries:
    """All metrics of one run. `read` takes in what was appended to its file since the last time.

    The file, not the session, is the source: so no row is missed however rarely one looks, and a run that another
    process trains is followed in the same way.
    """

    def __init__(self, folder: Path):
        self.path = folder / "metrics.jsonl"
        self.metrics: dict[str, Series] = {}
        self.position = 0

    def read(self) -> bool:
        """Take in new rows; whether there were any."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.position)
                data = file.read()
        except OSError:
            return False
        end = data.rfind(b"\n") + 1
        self.position += end
        for line in data[:end].splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if "resumed_at" in row:
                for series in self.metrics.values():
                    series.cut(row["resumed_at"])
            elif "step" in row:
                self.add(row)
        return end > 0

    def add(self, row: dict[str, float | None]) -> None:
        step, seconds = row.pop("step"), row.pop("time", None)
        for name, value in row.items():
            if value is not None and step is not None:
                self.metrics.setdefault(name, Series()).add(step, seconds or 0.0, value)


def smoothed(values: np.ndarray, window: int) -> np.ndarray:
    """The mean of the last `window` values at each point (of as many as there are, at the start), (N,)."""
    if window <= 1 or len(values) < 2:
        return values
    sums = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, len(values) + 1)
    first = np.maximum(0, last - window)
    return (sums[last] - sums[first]) / (last - first)
