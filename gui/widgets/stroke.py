"""The end of a stroke of the hand: what widgets share that are dragged in or changed by keys."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget


class Stroke(QWidget):
    """A widget that is dragged in: `last` is where the hand was, None between two strokes."""

    settled = Signal()
    """A stroke, or a key, has ended."""
    last: Any = None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.last is not None:
            self.last = None
            self.settled.emit()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        super().keyReleaseEvent(event)
        if not event.isAutoRepeat():
            self.settled.emit()
