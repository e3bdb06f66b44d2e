"""Answers that matplotlib draws: curves, a heat map, bars, a scatter plot, a table."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from lab.answers.base import Answer, cell_text
from lab.fonts import literal, set_families
from lab.saving import ENDINGS


@dataclass(frozen=True)
class Curves(Answer):
    """Lines: `series` maps a name to its x (N,) and y (N,)."""

    series: dict[str, tuple[np.ndarray, np.ndarray]]
    x_label: str = "steps"
    y_label: str = ""
    title: str = ""
    separate: bool = False
    """One plot per line, where the lines have different units."""
    filled: bool = False
    """As steps over a filled ground: a histogram, x the middles of its bins."""
    endings: ClassVar[tuple[str, ...]] = (*ENDINGS, ".csv")

    def spreadsheet(self) -> tuple[list[str], list[list[Any]]]:
        """A row for each point of each line."""
        points = [[name, px, py] for name, (x, y) in self.series.items() for px, py in zip(np.asarray(x), np.asarray(y), strict=True)]
        return ["line", self.x_label or "x", self.y_label or "value"], points

    def arrays(self) -> dict[str, np.ndarray]:
        return {f"{name}/{axis}": np.asarray(line[i]) for name, line in self.series.items() for i, axis in enumerate("xy")}

    def picture(self) -> np.ndarray:
        plots = [{name: line} for name, line in self.series.items()] if self.separate and self.series else [self.series]
        figure = new_figure(9, 2.6 * len(plots) + 1 if self.separate else 4.5)
        for i, lines in enumerate(plots):
            axes = figure.add_subplot(len(plots), 1, i + 1)
            for name, (x, y) in lines.items():
                if self.filled:
                    axes.fill_between(x, y, step="mid", alpha=0.3)
                axes.plot(x, y, label=literal(name), linewidth=1.2, drawstyle="steps-mid" if self.filled else "default")
            axes.set_ylabel(literal(next(iter(lines), "") if self.separate else self.y_label))
            axes.grid(alpha=0.3)
        axes.set_xlabel(literal(self.x_label))
        if not self.separate and 1 < len(self.series) <= 20:
            columns = max(1, min(4, 130 // (8 + max(map(len, self.series)))))
            handles = axes.get_lines()
            names = [literal(name) for name in self.series]  # Given by hand: matplotlib leaves a name that begins with _ out.
            figure.legend(
                handles, names, loc="outside lower center", ncols=columns, fontsize=8, frameon=False
            )  # On the plot it would hide lines.
        figure.suptitle(literal(self.title), fontsize=10)
        return rendered(figure)


@dataclass(frozen=True)
class Heatmap(Answer):
    """A matrix `values` (H, W) as colours, with a name for each column and row where there are `x_ticks` and `y_ticks`."""

    values: np.ndarray
    x_label: str = ""
    y_label: str = ""
    title: str = ""
    x_ticks: list[str] = field(default_factory=list)
    y_ticks: list[str] = field(default_factory=list)
    of: str = "value"
    """What the colours are, such as "probability"."""

    def arrays(self) -> dict[str, np.ndarray]:
        ticks = {"x_ticks": self.x_ticks, "y_ticks": self.y_ticks}
        return {"values": self.values, **{name: np.array(names) for name, names in ticks.items() if names}}

    def picture(self) -> np.ndarray:
        rows, columns = self.values.shape
        figure = new_figure(
            min(18.0, max(6.0, 0.16 * columns)) if self.x_ticks else 6, min(12.0, max(5.0, 0.2 * rows)) if self.y_ticks else 5
        )
        axes = figure.add_subplot()
        figure.colorbar(axes.imshow(self.values, aspect="auto", cmap="viridis", interpolation="nearest"), label=literal(self.of))
        axes.set(xlabel=literal(self.x_label), ylabel=literal(self.y_label), title=literal(self.title))
        long = max(map(len, self.x_ticks), default=0) > 3
        if self.x_ticks:
            axes.set_xticks(
                range(columns), list(map(literal, self.x_ticks)), rotation=60 if long else 0, ha="right" if long else "center", fontsize=8
            )
        if self.y_ticks:
            axes.set_yticks(range(rows), list(map(literal, self.y_ticks)), fontsize=8)
        return rendered(figure)


@dataclass(frozen=True)
class Bars(Answer):
    """A value per name as horizontal bars: `values` (N,); the one at `chosen`, if any, is in colour."""

    names: list[str]
    values: np.ndarray
    chosen: int = -1
    title: str = ""

    def arrays(self) -> dict[str, np.ndarray]:
        return {"names": np.array(self.names), "values": np.asarray(self.values), "chosen": np.array(self.chosen)}

    def picture(self) -> np.ndarray:
        figure = new_figure(6, 0.3 * len(self.names) + 0.8)
        axes = figure.add_subplot()
        colours = ["#3b8ee0" if i == self.chosen else "#a8aeb7" for i in range(len(self.names))]
        drawn = axes.barh(range(len(self.names)), self.values, color=colours)
        axes.bar_label(drawn, [f"{value:.3f}" for value in self.values], padding=3, fontsize=8)
        axes.set_yticks(range(len(self.names)), list(map(literal, self.names)))
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_title(literal(self.title), fontsize=10)
        return rendered(figure)


@dataclass(frozen=True)
class Scatter(Answer):
    """Dots: `points` (N, 2) float, the class (N,) int of each, the classes' names, and a label at each dot where there are any."""

    points: np.ndarray
    classes: np.ndarray
    names: list[str] = field(default_factory=list)
    x_label: str = ""
    y_label: str = ""
    title: str = ""
    labels: list[str] = field(default_factory=list)
    log_x: bool = False
    """Whether the axis of x is logarithmic; every x is above 0 then."""

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"points": self.points, "classes": self.classes, "names": np.array(self.names)}
        return {**arrays, "labels": np.array(self.labels)} if self.labels else arrays

    def picture(self) -> np.ndarray:
        figure = new_figure(6.5, 6)
        axes = figure.add_subplot()
        dots, names = [], []
        for i in sorted(set(np.asarray(self.classes).tolist())):
            x, y = self.points[np.asarray(self.classes) == i].T
            dots.append(axes.scatter(x, y, s=10, color=f"C{i % 10}"))
            names.append(literal(self.names[i]) if i < len(self.names) else str(i))
        for (x, y), label in zip(self.points, self.labels, strict=False):
            axes.annotate(literal(label), (x, y), xytext=(3, 2), textcoords="offset points", fontsize=8)
        axes.set(xlabel=literal(self.x_label), ylabel=literal(self.y_label), title=literal(self.title))
        if self.log_x:
            axes.set_xscale("log")
        axes.grid(alpha=0.3)
        if 1 < len(self.names) <= 20:
            axes.legend(dots, names, fontsize=8, markerscale=1.5)
        return rendered(figure)


@dataclass(frozen=True)
class Table(Answer):
    """Rows of cells under column names."""

    columns: list[str]
    rows: list[list[Any]]
    title: str = ""
    endings: ClassVar[tuple[str, ...]] = (*ENDINGS, ".csv")

    def spreadsheet(self) -> tuple[list[str], list[list[Any]]]:
        return self.columns, self.rows

    def arrays(self) -> dict[str, np.ndarray]:
        """A column each; one whose name another has too gets its number behind it."""
        names = [name if self.columns.count(name) == 1 else f"{name} {i + 1}" for i, name in enumerate(self.columns)]
        return {name: np.array([row[i] for row in self.rows]) for i, name in enumerate(names)}

    def picture(self) -> np.ndarray:
        figure = new_figure(max(4.0, 1.6 * len(self.columns)), 0.3 * len(self.rows) + 0.9)
        axes = figure.add_subplot()
        axes.axis("off")
        cells = [[literal(cell_text(cell)) for cell in row] for row in self.rows] or [[""] * len(self.columns)]
        table = axes.table(cells, colLabels=list(map(literal, self.columns)), loc="center", cellLoc="left")
        table.auto_set_font_size(False)
        table.set_fontsize(9)
        axes.set_title(literal(self.title), fontsize=10)
        return rendered(figure)


@dataclass(frozen=True)
class Confusion(Table):
    """Counts by true class (a row each, whose first cell is its name) and predicted class (columns after the first)."""

    def shares(self) -> np.ndarray:
        """(classes, classes) float64: the counts over those of their row, 0 in a row without any."""
        counts = np.array([row[1:] for row in self.rows], np.float64)
        return counts / counts.sum(1, keepdims=True).clip(1)

    def picture(self) -> np.ndarray:
        names = list(map(literal, self.columns[1:]))
        side = max(4.0, 0.5 * len(names) + 1.5)
        figure = new_figure(side + 1, side)
        axes = figure.add_subplot()
        shares = self.shares()
        figure.colorbar(axes.imshow(shares, cmap="Blues", vmin=0, vmax=1), label="share of the true class")
        for i, row in enumerate(self.rows):
            for j, count in enumerate(row[1:]):
                axes.text(j, i, str(count), ha="center", va="center", fontsize=8, color="white" if shares[i, j] > 0.5 else "black")
        axes.set(xlabel="predicted class", ylabel="true class", title=literal(self.title))
        axes.set_xticks(range(len(names)), names, rotation=60 if max(map(len, names)) > 3 else 0, fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8)
        return rendered(figure)


def new_figure(width: float, height: float) -> Any:
    """A matplotlib figure with no global state behind it (pyplot is not thread-safe)."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def rendered(figure: Any) -> np.ndarray:
    """(H, W, 3) uint8 of a matplotlib figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    set_families(figure)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()
