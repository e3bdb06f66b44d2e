"""Answers to views: plain arrays with their labels, and how each becomes a picture or a data file.

The screen draws the arrays; `lab show` and `.save` write them as PNG, GIF, MP4 or NPZ.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from lab.errors import LabError, UsageError
from lab.video import VideoWriter

ENDINGS = (".png", ".gif", ".mp4", ".npz")
FPS = 20
"""Frames per second of a sequence saved as GIF or MP4."""
STILL_SECONDS = 2
"""How long an MP4 of one picture lasts."""


class Answer:
    """Base of the answers, the classes that a view may return. `save` picks the format from the file's name."""

    def save(self, path: str | Path) -> Path:
        """Write a .png, .gif, .mp4 or .npz. Raises UsageError for other endings."""
        path = Path(path)
        if path.suffix not in ENDINGS:
            raise UsageError(f"--out {path.name}: expected a name that ends in .png, .gif, .mp4 or .npz.")
        try:
            self.write(path)
        except OSError as error:
            raise LabError(f"Cannot write {path} ({error.strerror or error}). Choose another name with --out.") from None
        return path

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".npz":
            np.savez_compressed(path, allow_pickle=False, **self.arrays())
        elif path.suffix == ".gif":
            first, *rest = [Image.fromarray(frame) for frame in self.frames()]
            first.save(path, save_all=True, append_images=rest, duration=1000 // FPS, loop=0)
        elif path.suffix == ".mp4":
            frames = self.frames()
            write_film(path, frames if len(frames) > 1 else frames * (FPS * STILL_SECONDS))
        else:
            Image.fromarray(self.picture()).save(path)

    def arrays(self) -> dict[str, np.ndarray]:
        """The numbers behind the picture."""
        raise NotImplementedError

    def picture(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        raise NotImplementedError

    def frames(self) -> list[np.ndarray]:
        """The pictures of a GIF or MP4; one unless the view is a sequence."""
        return [self.picture()]


@dataclass(frozen=True)
class Images(Answer):
    """Pictures of one size: `pixels` (N, H, W) or (N, H, W, 3) uint8, `columns` to a row, a caption under each, a title above all."""

    pixels: np.ndarray
    captions: list[str] = field(default_factory=list)
    columns: int = 8
    scale: int = 1
    title: str = ""

    def arrays(self) -> dict[str, np.ndarray]:
        return {"pixels": self.pixels, "captions": np.array(self.captions)}

    def frames(self) -> list[np.ndarray]:
        return [Images(self.pixels[i : i + 1], self.captions[i : i + 1], 1, self.scale).picture() for i in range(len(self.pixels))]

    def picture(self) -> np.ndarray:
        pixels = np.repeat(self.pixels[..., None], 3, axis=-1) if self.pixels.ndim == 3 else self.pixels
        pixels = pixels.repeat(self.scale, axis=1).repeat(self.scale, axis=2)
        n, h, w, _ = pixels.shape
        text = 12 * max((caption.count("\n") + 1 for caption in self.captions), default=0)
        columns = max(1, min(self.columns, n))
        rows = -(-n // columns)
        top = 14 if self.title else 0
        grid = np.full((top + rows * (h + text + 2), columns * (w + 2), 3), 24, np.uint8)
        for i in range(n):
            y, x = top + (i // columns) * (h + text + 2) + 1, (i % columns) * (w + 2) + 1
            grid[y : y + h, x : x + w] = pixels[i]
        if not self.captions and not self.title:
            return grid
        image = Image.fromarray(grid)
        draw = ImageDraw.Draw(image)
        draw.text((2, 1), self.title, fill=(220, 220, 220))
        for i, caption in enumerate(self.captions):
            y, x = top + (i // columns) * (h + text + 2) + 1 + h, (i % columns) * (w + 2) + 2
            draw.multiline_text((x, y), caption, fill=(220, 220, 220), spacing=1)
        return np.asarray(image)


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

    def arrays(self) -> dict[str, np.ndarray]:
        return {f"{name}/{axis}": np.asarray(line[i]) for name, line in self.series.items() for i, axis in enumerate("xy")}

    def picture(self) -> np.ndarray:
        plots = [{name: line} for name, line in self.series.items()] if self.separate else [self.series]
        figure = new_figure(9, 2.6 * len(plots) + 1 if self.separate else 4.5)
        for i, lines in enumerate(plots):
            axes = figure.add_subplot(len(plots), 1, i + 1)
            for name, (x, y) in lines.items():
                if self.filled:
                    axes.fill_between(x, y, step="mid", alpha=0.3)
                axes.plot(x, y, label=name, linewidth=1.2, drawstyle="steps-mid" if self.filled else "default")
            axes.set_ylabel(next(iter(lines)) if self.separate else self.y_label)
            axes.grid(alpha=0.3)
        axes.set_xlabel(self.x_label)
        if not self.separate and 1 < len(self.series) <= 20:
            columns = max(1, min(4, 130 // (8 + max(map(len, self.series)))))
            figure.legend(loc="outside lower center", ncols=columns, fontsize=8, frameon=False)  # On the plot it would hide lines.
        figure.suptitle(self.title, fontsize=10)
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

    def arrays(self) -> dict[str, np.ndarray]:
        ticks = {"x_ticks": self.x_ticks, "y_ticks": self.y_ticks}
        return {"values": self.values, **{name: np.array(names) for name, names in ticks.items() if names}}

    def picture(self) -> np.ndarray:
        rows, columns = self.values.shape
        figure = new_figure(
            min(18.0, max(6.0, 0.16 * columns)) if self.x_ticks else 6, min(12.0, max(5.0, 0.2 * rows)) if self.y_ticks else 5
        )
        axes = figure.add_subplot()
        figure.colorbar(axes.imshow(self.values, aspect="auto", cmap="viridis", interpolation="nearest"))
        axes.set(xlabel=self.x_label, ylabel=self.y_label, title=self.title)
        long = max(map(len, self.x_ticks), default=0) > 3
        if self.x_ticks:
            axes.set_xticks(range(columns), self.x_ticks, rotation=60 if long else 0, ha="right" if long else "center", fontsize=8)
        if self.y_ticks:
            axes.set_yticks(range(rows), self.y_ticks, fontsize=8)
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
        axes.set_yticks(range(len(self.names)), self.names)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_title(self.title, fontsize=10)
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

    def arrays(self) -> dict[str, np.ndarray]:
        found = {"points": self.points, "classes": self.classes, "names": np.array(self.names)}
        return {**found, "labels": np.array(self.labels)} if self.labels else found

    def picture(self) -> np.ndarray:
        figure = new_figure(6.5, 6)
        axes = figure.add_subplot()
        for i in sorted(set(np.asarray(self.classes).tolist())):
            x, y = self.points[np.asarray(self.classes) == i].T
            axes.scatter(x, y, s=10, color=f"C{i % 10}", label=self.names[i] if i < len(self.names) else str(i))
        for (x, y), label in zip(self.points, self.labels, strict=False):
            axes.annotate(label.replace("$", r"\$"), (x, y), xytext=(3, 2), textcoords="offset points", fontsize=8)
        axes.set(xlabel=self.x_label, ylabel=self.y_label, title=self.title)
        axes.grid(alpha=0.3)
        if 1 < len(self.names) <= 20:
            axes.legend(fontsize=8, markerscale=1.5)
        return rendered(figure)


@dataclass(frozen=True)
class Table(Answer):
    """Rows of cells under column names."""

    columns: list[str]
    rows: list[list[Any]]
    title: str = ""

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: np.array([row[i] for row in self.rows]) for i, name in enumerate(self.columns)}

    def picture(self) -> np.ndarray:
        figure = new_figure(max(4.0, 1.6 * len(self.columns)), 0.3 * len(self.rows) + 0.9)
        axes = figure.add_subplot()
        axes.axis("off")
        cells = [[cell_text(cell) for cell in row] for row in self.rows] or [[""] * len(self.columns)]
        table = axes.table(cells, colLabels=self.columns, loc="center", cellLoc="left")
        table.auto_set_font_size(False)
        table.set_fontsize(9)
        axes.set_title(self.title, fontsize=10)
        return rendered(figure)


@dataclass(frozen=True)
class Text(Answer):
    """Plain text; with `kinds` (N,), the kind of each character as an index into `names`, in a colour for each kind."""

    text: str
    kinds: np.ndarray | None = None
    names: list[str] = field(default_factory=list)

    def arrays(self) -> dict[str, np.ndarray]:
        found = {"text": np.array(self.text)}
        return found if self.kinds is None else {**found, "kinds": np.asarray(self.kinds), "names": np.array(self.names)}

    def picture(self) -> np.ndarray:
        lines = self.text.expandtabs(8).split("\n")
        font = monospaced(13)
        wide, high = font.getlength("0"), 17
        across = max(*map(len, lines), sum(len(name) + 2 for name in self.names))
        image = Image.new("RGB", (16 + math.ceil(wide * across), 16 + high * (len(lines) + bool(self.names))), (255, 255, 255))
        draw = ImageDraw.Draw(image)
        if self.kinds is None:
            draw.multiline_text((8, 8), "\n".join(lines), fill=(0, 0, 0), font=font, spacing=2)
            return np.asarray(image)
        x = y = 8.0
        for i, name in enumerate(self.names):
            draw.text((x, y), name, fill=TEXT_COLOURS[i % len(TEXT_COLOURS)], font=font)
            x += wide * (len(name) + 2)
        x, y = 8.0, y + high
        for character, kind in zip(self.text, self.kinds, strict=True):
            if character == "\n":
                x, y = 8.0, y + high
            else:
                draw.text((x, y), character, fill=TEXT_COLOURS[int(kind) % len(TEXT_COLOURS)], font=font)
                x += wide * (8 - round((x - 8) / wide) % 8 if character == "\t" else 1)
        return np.asarray(image)


TEXT_COLOURS = ("#7a828c", "#1f63b5", "#1c2126", "#b3541e", "#2e8540", "#9a9a9a", "#9a4fb0", "#c2185b", "#00838f", "#827717")
"""Colours of kinds of characters, readable on white."""


def monospaced(size: int) -> Any:
    """matplotlib's DejaVu Sans Mono: it has the signs that other fonts lack, and is there wherever the lab is."""
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(get_data_path()) / "fonts/ttf/DejaVuSansMono.ttf"), size)


def write_film(path: Path, frames: Iterable[np.ndarray], fps: float = FPS) -> None:
    """Write pictures (H, W, 3) uint8 of one size as an .mp4 or .gif."""
    writer = VideoWriter(path, fps)
    try:
        for frame in frames:
            writer.add(frame)
    finally:
        writer.close()


def cell_text(cell: Any) -> str:
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def new_figure(width: float, height: float) -> Any:
    """A matplotlib figure with no global state behind it (pyplot is not thread-safe)."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def rendered(figure: Any) -> np.ndarray:
    """(H, W, 3) uint8 of a matplotlib figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()
