"""The probability of each class as horizontal bars, the asked one in colour; a click on a row asks about its class."""

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

MOST = 20


class Probabilities(QWidget):
    """The likeliest classes, at most `MOST`; in the order of the classes where all of them fit."""

    picked = Signal(str)
    """A class, to be asked about."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.values: np.ndarray | None = None
        self.chosen = -1
        self.truth: int | None = None
        self.rows: list[int] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setToolTip("Softmax probabilities. Click a class (or use the arrow keys) to see the evidence for it; ✓ marks the true class.")
        self.setAccessibleName("Probabilities")

    def show_values(self, names: tuple[str, ...], values: np.ndarray, chosen: int, truth: int | None) -> None:
        """`values` (classes,) that sum to 1."""
        self.names, self.values, self.chosen, self.truth = names, values, chosen, truth
        order = range(len(names)) if len(names) <= 10 else np.argsort(-values, kind="stable")[:MOST].tolist()
        changed = len(self.rows) != len(order)
        self.rows = list(order)
        if changed:
            self.updateGeometry()
        self.update()

    @property
    def row(self) -> int:
        """The height of a row."""
        return self.fontMetrics().height() + theme.GAP

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(200, max(4, len(self.rows)) * self.row + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, min(10, max(4, len(self.rows))) * self.row + 6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int((event.position().y() - 3) // self.row)
        if 0 <= row < len(self.rows):
            self.picked.emit(self.names[self.rows[row]])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not self.rows:
            super().keyPressEvent(event)
            return
        at = self.rows.index(self.chosen) if self.chosen in self.rows else 0
        self.picked.emit(self.names[self.rows[(at + step) % len(self.rows)]])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.hasFocus():
            painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        text, faint = self.palette().color(QPalette.ColorRole.Text), self.palette().color(QPalette.ColorRole.Mid)
        if self.values is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Waiting for the network…")
            painter.end()
            return
        metrics = painter.fontMetrics()
        left = min(self.width() // 2, max(metrics.horizontalAdvance(self.names[i]) for i in self.rows) + 22)
        right = metrics.horizontalAdvance("0.000") + 8
        room = max(10, self.width() - left - right - 6)
        for row, i in enumerate(self.rows):
            y = 3 + row * self.row
            painter.setPen(text)
            name = metrics.elidedText(self.names[i], Qt.TextElideMode.ElideRight, left - 20)
            painter.drawText(QRectF(14, y, left - 18, self.row), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, name)
            if i == self.truth:
                painter.drawText(QRectF(2, y, 12, self.row), Qt.AlignmentFlag.AlignVCenter, "✓")
            painter.fillRect(QRectF(left, y + 4, room, self.row - 8), QColor(faint.red(), faint.green(), faint.blue(), 60))
            hue = self.palette().color(QPalette.ColorRole.Highlight) if i == self.chosen else faint
            painter.fillRect(QRectF(left, y + 4, room * float(self.values[i]), self.row - 8), hue)
            where = QRectF(left + room + 4, y, right, self.row)
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{self.values[i]:.3f}")
        painter.end()
