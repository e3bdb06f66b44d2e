"""Points of the plane as a line of text, "x,y x,y ...", which one can also draw with the mouse."""

import numpy as np
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from gui.widgets import icons
from gui.widgets.drawing import Drawing

SIDE = 25
"""A drawing becomes points on a grid of so many by so many."""
REACH = 2.5
"""The plane goes from -REACH to REACH in x and y."""
INK = 64
"""A place whose grey is above this has a point."""


class PointsEdit(QLineEdit):
    """The points, and a button in the line that opens a canvas."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setPlaceholderText("none drawn")
        self.draw = QAction(icons.icon(icons.pencil, self.palette(), 16), "Draw the points…", self)
        self.draw.setToolTip("Draw the points with the mouse")
        self.draw.triggered.connect(self.open_canvas)
        self.addAction(self.draw, QLineEdit.ActionPosition.TrailingPosition)
        self.canvas: Canvas | None = None

    def open_canvas(self) -> None:
        self.canvas = Canvas(self.text(), self)
        self.canvas.accepted.connect(self.take)
        self.canvas.open()

    def take(self) -> None:
        assert self.canvas is not None
        self.setText(self.canvas.text())
        self.setCursorPosition(0)
        self.editingFinished.emit()


class Canvas(QDialog):
    """A square of the plane to draw on."""

    def __init__(self, text: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Draw the points to learn")
        self.drawing = Drawing(pen=0.03)
        self.drawing.setMinimumSize(300, 300)
        note = QLabel("x and y go from -2.5 to 2.5. The left button draws, the right one erases, Delete clears.", wordWrap=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(note)
        layout.addWidget(self.drawing, 1)
        layout.addWidget(buttons)
        pixels = pixels_of(text)
        if pixels.any():
            self.drawing.show_pixels(pixels)

    def text(self) -> str:
        return text_of(self.drawing.pixels(SIDE, SIDE))


def text_of(pixels: np.ndarray) -> str:
    """A drawing (SIDE, SIDE) uint8 as points "x,y x,y ...", y upwards."""
    rows, columns = np.nonzero(pixels > INK)
    step = 2 * REACH / SIDE
    return " ".join(f"{-REACH + step * (x + 0.5):.2g},{REACH - step * (y + 0.5):.2g}" for y, x in zip(rows, columns, strict=True))


def pixels_of(text: str) -> np.ndarray:
    """The inverse of `text_of`; what are no points of the plane is left out."""
    pixels, step = np.zeros((SIDE, SIDE), np.uint8), 2 * REACH / SIDE
    for part in text.split():
        try:
            x, y = map(float, part.split(","))
            column, row = int((x + REACH) / step), int((REACH - y) / step)
        except (ValueError, OverflowError):
            continue
        if 0 <= row < SIDE and 0 <= column < SIDE:
            pixels[row, column] = 255
    return pixels
