"""Curves with a band around each: the mean of several runs and how far they lie from it, a plot for each metric."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lab.answers.base import Answer
from lab.answers.plots import new_figure, rendered
from lab.fonts import literal
from lab.saving import ENDINGS

Band = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""x, middle, low and high, (N,) each."""


@dataclass(frozen=True)
class Bands(Answer):
    """`plots` maps a metric to its lines: of each name the x, the middle, and the low and the high edge of the band (N,)."""

    plots: dict[str, dict[str, Band]]
    x_label: str = "steps"
    title: str = ""
    about: str = ""
    """What the bands are, such as "mean and standard deviation"."""
    endings: ClassVar[tuple[str, ...]] = (*ENDINGS, ".csv")
    parts: ClassVar[tuple[str, ...]] = ("x", "middle", "low", "high")

    def arrays(self) -> dict[str, np.ndarray]:
        lines = ((f"{metric}/{name}", band) for metric, named in self.plots.items() for name, band in named.items())
        return {f"{key}/{part}": array for key, band in lines for part, array in zip(self.parts, band, strict=True)}

    def spreadsheet(self) -> tuple[list[str], list[list[Any]]]:
        """A row for each point of each line."""
        points = [
            [metric, name, *map(float, point)]
            for metric, named in self.plots.items()
            for name, band in named.items()
            for point in zip(*band, strict=True)
        ]
        return ["metric", "runs", self.x_label, *self.parts[1:]], points

    def picture(self) -> np.ndarray:
        names = list(dict.fromkeys(name for named in self.plots.values() for name in named))
        figure = new_figure(9, 2.6 * max(1, len(self.plots)) + 1)
        first: Any = None
        drawn: dict[str, Any] = {}
        for i, (metric, named) in enumerate(self.plots.items()):
            first = axes = figure.add_subplot(len(self.plots), 1, i + 1, sharex=first)
            for name, (x, middle, low, high) in named.items():
                hue = f"C{names.index(name) % 10}"
                (drawn[name],) = axes.plot(x, middle, color=hue, linewidth=1.2, marker="o" if len(x) == 1 else "")
                if np.any(high > low):
                    axes.fill_between(x, low, high, color=hue, alpha=0.2, linewidth=0)
            axes.set_ylabel(literal(metric))
            axes.grid(alpha=0.3)
        if first is not None:
            first.set_xlabel(literal(self.x_label))
        if names:  # Given by hand: matplotlib leaves a name that begins with _ out.
            columns = max(1, min(4, 130 // (8 + max(map(len, names)))))
            handles = [drawn[name] for name in names]
            figure.legend(handles, list(map(literal, names)), loc="outside lower center", ncols=columns, fontsize=8, frameon=False)
        figure.suptitle(literal(self.title), fontsize=10)
        return rendered(figure)
