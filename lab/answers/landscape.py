"""The plane as an answer: dots in groups, and behind them a coloured surface, arrows and paths."""

from dataclasses import dataclass, field

import numpy as np

from lab.answers.base import Answer
from lab.answers.plots import new_figure, rendered
from lab.fonts import literal


@dataclass(frozen=True)
class Landscape(Answer):
    """Dots by group, `groups` name -> (N, 2); `surface` (R, C) over `extent` (left, right, bottom, top), its first row the lowest;
    `arrows` (M, 4) x, y, dx, dy; `paths` (P, T, 2). What is not there has no elements. `heights` names places on the axis upwards, where it
    does not show y."""

    groups: dict[str, np.ndarray]
    extent: tuple[float, float, float, float]
    surface: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    arrows: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    paths: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 2)))
    title: str = ""
    heights: dict[float, str] = field(default_factory=dict)

    def arrays(self) -> dict[str, np.ndarray]:
        parts = {"surface": self.surface, "arrows": self.arrows, "paths": self.paths}
        return {**{f"group/{name}": points for name, points in self.groups.items()}, **{k: v for k, v in parts.items() if v.size}}

    def picture(self) -> np.ndarray:
        figure = new_figure(6, 6.4)
        axes = figure.add_subplot()
        if self.surface.size:
            axes.imshow(self.surface, extent=self.extent, origin="lower", cmap="PiYG", alpha=0.6, interpolation="bilinear", aspect="auto")
        for path in self.paths:
            axes.plot(*path.T, color="#888888", linewidth=0.7, alpha=0.7)
        if len(self.arrows):
            x, y, dx, dy = self.arrows.T
            axes.quiver(x, y, dx, dy, angles="xy", scale_units="xy", scale=1, width=0.003, color="#444444")
        for i, (name, points) in enumerate(self.groups.items()):
            axes.scatter(*points.T, s=8, color=f"C{i}", label=literal(name), alpha=0.8)
        axes.set(xlim=self.extent[:2], ylim=self.extent[2:], title=literal(self.title))
        if self.heights:
            axes.set_yticks(list(self.heights), list(self.heights.values()))
        axes.set_aspect("equal")
        figure.legend(loc="outside lower center", ncols=4, fontsize=8, frameon=False, markerscale=1.8)
        return rendered(figure)
