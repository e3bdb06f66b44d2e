"""Answers to views: plain arrays with their labels, and how each becomes a picture or a data file.

The screen draws the arrays; `lab show` and `.save` write them as PNG, GIF or NPZ.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from lab.errors import LabError, UsageError


class View:
    """Base of the answers. `save` picks the format from the file's name."""

    def save(self, path: str | Path) -> Path:
        """Write a .png, .gif or .npz. Raises UsageError for other endings."""
        path = Path(path)
        if path.suffix not in (".png", ".gif", ".npz"):
            raise UsageError(f"--out {path.name}: expected a name that ends in .png, .gif or .npz.")
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
            first.save(path, save_all=True, append_images=rest, duration=50, loop=0)
        else:
            Image.fromarray(self.picture()).save(path)

    def arrays(self) -> dict[str, np.ndarray]:
        """The numbers behind the picture."""
        raise NotImplementedError

    def picture(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        raise NotImplementedError

    def frames(self) -> list[np.ndarray]:
        """The pictures of a GIF; one unless the view is a sequence."""
        return [self.picture()]


@dataclass(frozen=True)
class Images(View):
    """Pictures of one size: `pixels` (N, H, W) or (N, H, W, 3) uint8, `columns` to a row, a caption under each."""

    pixels: np.ndarray
    captions: list[str] = field(default_factory=list)
    columns: int = 8
    scale: int = 1

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
        grid = np.full((rows * (h + text + 2), columns * (w + 2), 3), 24, np.uint8)
        for i in range(n):
            y, x = (i // columns) * (h + text + 2) + 1, (i % columns) * (w + 2) + 1
            grid[y : y + h, x : x + w] = pixels[i]
        if not self.captions:
            return grid
        image = Image.fromarray(grid)
        draw = ImageDraw.Draw(image)
        for i, caption in enumerate(self.captions):
            y, x = (i // columns) * (h + text + 2) + 1 + h, (i % columns) * (w + 2) + 2
            draw.multiline_text((x, y), caption, fill=(220, 220, 220), spacing=1)
        return np.asarray(image)


@dataclass(frozen=True)
class Curves(View):
    """Lines: `series` maps a name to its x (N,) and y (N,)."""

    series: dict[str, tuple[np.ndarray, np.ndarray]]
    x_label: str = "steps"
    y_label: str = ""
    title: str = ""
    separate: bool = False
    """One plot per line, where the lines have different units."""

    def arrays(self) -> dict[str, np.ndarray]:
        return {f"{name}/{axis}": np.asarray(line[i]) for name, line in self.series.items() for i, axis in enumerate("xy")}

    def picture(self) -> np.ndarray:
        plots = [{name: line} for name, line in self.series.items()] if self.separate else [self.series]
        figure = new_figure(9, 2.6 * len(plots) + 1 if self.separate else 4.5)
        for i, lines in enumerate(plots):
            axes = figure.add_subplot(len(plots), 1, i + 1)
            for name, (x, y) in lines.items():
                axes.plot(x, y, label=name, linewidth=1.2)
            axes.set_ylabel(next(iter(lines)) if self.separate else self.y_label)
            axes.grid(alpha=0.3)
            if not self.separate and 1 < len(lines) <= 20:
                axes.legend(fontsize=8)
        axes.set_xlabel(self.x_label)
        figure.suptitle(self.title, fontsize=10)
        return rendered(figure)


@dataclass(frozen=True)
class Heatmap(View):
    """A matrix `values` (H, W) as colours."""

    values: np.ndarray
    x_label: str = ""
    y_label: str = ""
    title: str = ""

    def arrays(self) -> dict[str, np.ndarray]:
        return {"values": self.values}

    def picture(self) -> np.ndarray:
        figure = new_figure(6, 5)
        axes = figure.add_subplot()
        figure.colorbar(axes.imshow(self.values, aspect="auto", cmap="viridis"))
        axes.set(xlabel=self.x_label, ylabel=self.y_label, title=self.title)
        return rendered(figure)


@dataclass(frozen=True)
class Table(View):
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
class Text(View):
    """Plain text."""

    text: str

    def arrays(self) -> dict[str, np.ndarray]:
        return {"text": np.array(self.text)}

    def picture(self) -> np.ndarray:
        lines = self.text.splitlines() or [""]
        image = Image.new("RGB", (16 + 7 * max(map(len, lines)), 16 + 15 * len(lines)), (255, 255, 255))
        ImageDraw.Draw(image).multiline_text((8, 8), self.text, fill=(0, 0, 0))
        return np.asarray(image)


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
