"""Plain text as an answer, with colours where its characters are of several kinds."""

import math
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import numpy as np
from PIL import Image, ImageDraw

from lab import fonts
from lab.answers.base import Answer

TEXT_COLOURS = ("#7a828c", "#1f63b5", "#1c2126", "#b3541e", "#2e8540", "#9a9a9a", "#9a4fb0", "#c2185b", "#00838f", "#827717")
"""Colours of kinds of characters, readable on white."""
SIZE, LINE = 13, 17
"""Height of the letters and of a line, in pixels."""


@dataclass(frozen=True)
class Text(Answer):
    """Plain text; with `kinds` (N,), the kind of each character as an index into `names`, in a colour for each kind."""

    text: str
    kinds: np.ndarray | None = None
    names: list[str] = field(default_factory=list)
    nothing: bool = False
    """Whether there is nothing to report, and the text says just that."""

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"text": np.array(self.text)}
        return arrays if self.kinds is None else {**arrays, "kinds": np.asarray(self.kinds), "names": np.array(self.names)}

    def spans(self) -> list[list[str]]:
        """Kind and text of each run of characters of one kind, but for those of the first kind, which is none in particular."""
        if self.kinds is None:
            return []
        runs = groupby(zip(self.text, map(int, self.kinds), strict=True), itemgetter(1))
        return [[self.names[kind], "".join(character for character, _ in run).strip()] for kind, run in runs if kind]

    def picture(self) -> np.ndarray:
        lines = self.text.expandtabs(8).split("\n")
        wide = fonts.width("0", SIZE, mono=True)
        across = max(*map(fonts.cells, lines), sum(fonts.cells(name) + 2 for name in self.names))
        image = Image.new("RGB", (16 + math.ceil(wide * across), 16 + LINE * (len(lines) + bool(self.names))), (255, 255, 255))
        draw = ImageDraw.Draw(image)

        def write(x: float, y: float, text: str, fill: str) -> None:
            fonts.draw_line(draw, (x, y + SIZE), text, fill, SIZE, mono=True)

        if self.kinds is None:
            for i, line in enumerate(lines):
                write(8, 8 + LINE * i, line, "#000000")
            return np.asarray(image)
        x = y = 8.0
        for i, name in enumerate(self.names):
            write(x, y, name, TEXT_COLOURS[i % len(TEXT_COLOURS)])
            x += wide * (fonts.cells(name) + 2)
        x, y = 8.0, y + LINE
        for character, kind in zip(self.text, self.kinds, strict=True):
            if character == "\n":
                x, y = 8.0, y + LINE
            else:
                write(x, y, character, TEXT_COLOURS[int(kind) % len(TEXT_COLOURS)])
                x += wide * (8 - round((x - 8) / wide) % 8 if character == "\t" else fonts.cells(character))
        return np.asarray(image)
