"""Answers to views: plain arrays with their labels, and how each becomes a picture or a data file.

The screen draws the arrays; `lab show` and `.save` write them as PNG, GIF, MP4 or NPZ.
"""

from lab.answers.base import FPS, STILL_SECONDS, Answer, cell_text, write_film
from lab.answers.images import Boxes, Images, Masks, class_colour
from lab.answers.landscape import Landscape
from lab.answers.plots import Bars, Confusion, Curves, Heatmap, Scatter, Table
from lab.answers.text import Text

__all__ = [
    "FPS", "STILL_SECONDS", "Answer", "Bars", "Boxes", "Confusion", "Curves", "Heatmap", "Images", "Landscape", "Masks", "Scatter", "Table", "Text",
    "cell_text", "class_colour", "write_film",
]  # fmt: skip
