"""Orange, blue and the ground between them: negative and positive, class 0 and class 1, on every page."""

from functools import cache

import numpy as np
from PySide6.QtGui import QColor, QImage, QPalette

from gui.theme import COLOURS

NEGATIVE, POSITIVE = COLOURS[1], COLOURS[0]
SIGNS = (QColor(NEGATIVE), QColor(POSITIVE))


@cache
def table(ground: int) -> tuple[int, ...]:
    """256 colours from negative over the ground to positive, as Qt's numbers."""
    middle = QColor.fromRgb(ground)
    made = []
    for i in range(256):
        share = min(1.0, abs(i - 127.5) / 127.5) ** 0.8 * 0.92
        end = QColor(POSITIVE if i > 127 else NEGATIVE)
        parts = [
            round(a + share * (b - a))
            for a, b in zip((middle.red(), middle.green(), middle.blue()), (end.red(), end.green(), end.blue()), strict=True)
        ]
        made.append(QColor(*parts).rgb())
    return tuple(made)


def heat(surface: np.ndarray, palette: QPalette, scale: float = 1.0) -> QImage:
    """A surface (R, C), first row on top, in these colours; `scale` is the value of the full colour."""
    level = np.nan_to_num(surface / max(scale, 1e-9), nan=0.0, posinf=1.0, neginf=-1.0)
    return coloured(np.ascontiguousarray(127.5 + 127.5 * np.clip(level, -1, 1), np.float32).astype(np.uint8), palette)


def coloured(pixels: np.ndarray, palette: QPalette) -> QImage:
    """Levels (R, C) uint8, 0 the most negative and 255 the most positive, in these colours."""
    rows, columns = pixels.shape
    image = QImage(pixels.data, columns, rows, columns, QImage.Format.Format_Indexed8).copy()
    image.setColorTable(table(palette.color(QPalette.ColorRole.Base).rgb()))
    return image.convertToFormat(QImage.Format.Format_RGB32)  # Only these are scaled smoothly.


def sign_colour(value: float, opacity: float = 1.0) -> QColor:
    """Blue for what is positive, orange for what is negative."""
    hue = QColor(SIGNS[value >= 0])
    hue.setAlphaF(min(1.0, max(0.0, opacity)))
    return hue
