"""Answers made of pictures: plain ones, pictures with named boxes, pictures under a map of classes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from lab import fonts
from lab.answers.base import Answer

GROUND, INK = (24, 24, 24), (220, 220, 220)
CLASS_COLOURS = (
    "#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#911eb4", "#42d4f4", "#f032e6", "#bfef45", "#fabed4",
    "#469990", "#dcbeff", "#9a6324", "#fffac8", "#800000", "#aaffc3", "#808000", "#ffd8b1", "#000075", "#a9a9a9",
)  # fmt: skip
"""Twenty colours that differ as far as so many can; class 20 has that of class 0 again."""
LABEL_WIDTH = 96
"""Boxes are labelled in pictures at least so many pixels wide; in smaller ones the legend has to do."""


@dataclass(frozen=True)
class Images(Answer):
    """Pictures of one size: `pixels` (N, H, W) or (N, H, W, 3) uint8, `columns` to a row, a caption under each, a title above all.

    `codes` (N, D) float32 are the points of a latent space that they show, where they are of one.
    """

    pixels: np.ndarray
    captions: list[str] = field(default_factory=list)
    columns: int = 8
    scale: int = 1
    title: str = ""
    codes: np.ndarray | None = None

    def arrays(self) -> dict[str, np.ndarray]:
        codes = {} if self.codes is None else {"codes": self.codes}
        return {"pixels": self.pixels, "captions": np.array(self.captions)} | codes

    def frames(self) -> list[np.ndarray]:
        if not self.captions:
            return list(enlarged(self.pixels, self.scale))
        return [Images(self.pixels[i : i + 1], self.captions[i : i + 1], 1, self.scale).picture() for i in range(len(self.pixels))]

    def picture(self) -> np.ndarray:
        pixels = enlarged(self.pixels, self.scale)
        n, h, w, _ = pixels.shape
        text = 12 * max((caption.count("\n") + 1 for caption in self.captions), default=0)
        columns = max(1, min(self.columns, n))
        rows = -(-n // columns)
        top = 14 if self.title else 0
        grid = np.full((top + rows * (h + text + 2), columns * (w + 2), 3), GROUND[0], np.uint8)
        for i in range(n):
            y, x = top + (i // columns) * (h + text + 2) + 1, (i % columns) * (w + 2) + 1
            grid[y : y + h, x : x + w] = pixels[i]
        if not self.captions and not self.title:
            return grid
        image = Image.fromarray(grid)
        draw = ImageDraw.Draw(image)
        fonts.draw_text(draw, (2, 1), self.title, INK)
        for i, caption in enumerate(self.captions):
            y, x = top + (i // columns) * (h + text + 2) + 1 + h, (i % columns) * (w + 2) + 2
            fonts.draw_text(draw, (x, y), caption, INK)
        return np.asarray(image)


@dataclass(frozen=True, kw_only=True)
class Annotated(Answer):
    """Base of pictures with something drawn on each and a legend of the classes that occur: `pixels` (N, H, W) or (N, H, W, 3) uint8."""

    pixels: np.ndarray
    names: list[str]
    """Those of the classes."""
    captions: list[str] = field(default_factory=list)
    columns: int = 4
    scale: int = 1
    legend: bool = True
    title: str = ""

    def drawn(self) -> np.ndarray:
        """The enlarged pictures (N, H, W, 3) uint8 with what is drawn on them."""
        raise NotImplementedError

    def shown_classes(self) -> list[int]:
        """The classes that occur, in order."""
        raise NotImplementedError

    def picture(self) -> np.ndarray:
        return self.with_legend(Images(self.drawn(), self.captions, self.columns, title=self.title).picture())

    def frames(self) -> list[np.ndarray]:
        return [self.with_legend(frame) for frame in Images(self.drawn(), self.captions, title=self.title).frames()]

    def with_legend(self, grid: np.ndarray) -> np.ndarray:
        """A picture (H, W, 3) with the colours and names of the classes below it."""
        if not self.legend:
            return grid
        return legend_below(grid, [(class_colour(i), class_name(self.names, i)) for i in self.shown_classes()])


@dataclass(frozen=True, kw_only=True)
class Boxes(Annotated):
    """Pictures with named boxes, as of a detector.

    For each picture `boxes` (M, 4) float has x0, y0, x1, y1 in its pixels (x1 and y1 are the first ones outside), `classes` (M,) int, and
    `scores` (M,) float where there are any.
    """

    boxes: Sequence[np.ndarray]
    classes: Sequence[np.ndarray]
    scores: Sequence[np.ndarray] | None = None

    def arrays(self) -> dict[str, np.ndarray]:
        """All boxes in one row, `image` (M,) int saying in which picture each is."""
        image = np.repeat(np.arange(len(self.boxes)), [len(boxes) for boxes in self.boxes])
        boxes = np.concatenate([np.reshape(b, (-1, 4)) for b in self.boxes] or [np.zeros((0, 4))]).astype(np.float32)
        arrays = {"pixels": self.pixels, "boxes": boxes, "image": image, "classes": joined(self.classes, np.int64)}
        if self.scores is not None:
            arrays["scores"] = joined(self.scores, np.float32)
        return {**arrays, "names": np.array(self.names), "captions": np.array(self.captions)}

    def shown_classes(self) -> list[int]:
        return np.unique(joined(self.classes, np.int64)).tolist()

    def labels(self, i: int) -> list[str]:
        """What stands at each box of picture i: its class, and its score where there are any."""
        names = [class_name(self.names, int(c)) for c in self.classes[i]]
        return names if self.scores is None else [f"{name} {score:.2f}" for name, score in zip(names, self.scores[i], strict=True)]

    def drawn(self) -> np.ndarray:
        return np.stack([self.draw_one(i, pixels) for i, pixels in enumerate(enlarged(self.pixels, self.scale))])

    def draw_one(self, i: int, pixels: np.ndarray) -> np.ndarray:
        image = Image.fromarray(pixels)
        draw = ImageDraw.Draw(image)
        corners = [self.corners(box, image.width, image.height) for box in np.reshape(self.boxes[i], (-1, 4))]
        colours = [class_colour(int(c)) for c in self.classes[i]]
        for corner, colour in zip(corners, colours, strict=True):
            draw.rectangle(corner, outline=colour)
        if image.width >= LABEL_WIDTH:
            for (x, y, *_), colour, label in zip(corners, colours, self.labels(i), strict=True):
                top, wide = max(0, y - 12), fonts.width(label)
                left = max(0, min(x, image.width - round(wide) - 4))
                draw.rectangle((left, top, left + round(wide) + 3, top + 12), fill=colour)
                fonts.draw_text(draw, (left + 2, top), label, ink_on(colour))
        return np.asarray(image)

    def corners(self, box: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
        """The first and last column and row of a box in the enlarged picture, at least one pixel, inside of it."""
        x0, y0, x1, y1 = (round(float(value) * self.scale) for value in box)
        x0, y0 = min(max(x0, 0), width - 1), min(max(y0, 0), height - 1)
        return x0, y0, min(max(x1 - 1, x0), width - 1), min(max(y1 - 1, y0), height - 1)


@dataclass(frozen=True, kw_only=True)
class Masks(Annotated):
    """Pictures under class maps, as of a segmentation: `maps` (N, H, W) int.

    A pixel is `1 - opacity` of the picture and `opacity` of the colour of its class. The class `background`, and numbers beyond
    `names` (such as 255 for "not labelled"), stay as they are.
    """

    maps: np.ndarray
    opacity: float = 0.5
    background: int | None = None

    def arrays(self) -> dict[str, np.ndarray]:
        return {"pixels": self.pixels, "maps": self.maps, "names": np.array(self.names), "captions": np.array(self.captions)}

    def shown_classes(self) -> list[int]:
        return [i for i in np.unique(self.maps).tolist() if 0 <= i < len(self.names) and i != self.background]

    def drawn(self) -> np.ndarray:
        pixels = enlarged(self.pixels, 1).copy()
        for i in self.shown_classes():
            inside = self.maps == i
            pixels[inside] = np.rint((1 - self.opacity) * pixels[inside] + self.opacity * np.array(class_colour(i))).astype(np.uint8)
        return enlarged(pixels, self.scale)


def enlarged(pixels: np.ndarray, scale: int) -> np.ndarray:
    """(N, H, W) or (N, H, W, 3) -> (N, scale * H, scale * W, 3)."""
    pixels = np.repeat(pixels[..., None], 3, axis=-1) if pixels.ndim == 3 else pixels
    return pixels.repeat(scale, axis=1).repeat(scale, axis=2)


def joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.asarray(part).reshape(-1) for part in parts] or [np.zeros(0)]).astype(kind)


def class_name(names: Sequence[str], i: int) -> str:
    return names[i] if 0 <= i < len(names) else str(i)


def class_colour(i: int) -> tuple[int, int, int]:
    """The colour of class `i`, the same in every picture and on the screen."""
    code = CLASS_COLOURS[i % len(CLASS_COLOURS)]
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def ink_on(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Black or white, whichever has more contrast on a colour: at least 4.5 to 1 (WCAG 2.2).

    The two are equal where the relative luminance L is such that (L + 0.05)^2 = 0.05 * 1.05.
    """
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (channel / 255 for channel in colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (0, 0, 0) if luminance + 0.05 > (0.05 * 1.05) ** 0.5 else (255, 255, 255)


def legend_below(grid: np.ndarray, entries: Sequence[tuple[tuple[int, int, int], str]]) -> np.ndarray:
    """The picture (H, W, 3) with a row of colours and names below it, or as many rows as its width asks for."""
    if not entries:
        return grid
    widths = [round(fonts.width(name)) + 22 for _, name in entries]
    across = max(grid.shape[1], *widths)
    places, x, row = [], 0, 0
    for wide in widths:
        if x and x + wide > across:
            x, row = 0, row + 1
        places.append((x, grid.shape[0] + 14 * row))
        x += wide
    image = Image.new("RGB", (across, grid.shape[0] + 14 * (row + 1)), GROUND)
    image.paste(Image.fromarray(grid), (0, 0))
    draw = ImageDraw.Draw(image)
    for (x, y), (colour, name) in zip(places, entries, strict=True):
        draw.rectangle((x + 2, y + 3, x + 10, y + 11), fill=colour)
        fonts.draw_text(draw, (x + 14, y + 1), name, INK)
    return np.asarray(image)
