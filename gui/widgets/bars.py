"""Q values per action as horizontal bars with the actions' names; the chosen one in colour."""

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme


class QBars(QWidget):
    """One row per action: name, bar, value. The bars' scale widens with what was seen and starts over with `reset`."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.values: np.ndarray | None = None
        self.chosen = -1
        self.hue = "#3b8ee0"
        self.low, self.high = float("inf"), float("-inf")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Q(s, a): the return that the network expects of each action. The chosen action is in colour.")

    def reset(self, names: tuple[str, ...], hue: str) -> None:
        """Show other actions."""
        self.names, self.hue, self.values, self.chosen = names, hue, None, -1
        self.low, self.high = float("inf"), float("-inf")
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def show_values(self, values: np.ndarray | None, chosen: int) -> None:
        """`values` (A,) or None where nobody computed any; `chosen` the index of the action taken."""
        self.values, self.chosen = values, chosen
        if values is not None:
            self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        self.update()

    @property
    def row(self) -> int:
        """The height of a row."""
        return self.fontMetrics().height() + theme.GAP

    def sizeHint(self) -> QSize:
        return QSize(260, max(1, len(self.names)) * self.row + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.setFixedHeight(self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tall = QPainter(self), self.row
        text, faint = self.palette().color(QPalette.ColorRole.Text), self.palette().color(QPalette.ColorRole.Mid)
        metrics = painter.fontMetrics()
        left = max((metrics.horizontalAdvance(name) for name in self.names), default=0) + 10
        right = metrics.horizontalAdvance("-000.000") + 6
        room = max(10, self.width() - left - right - 6)
        span = max(self.high - self.low, 1e-6)
        for i, name in enumerate(self.names):
            y = 2 + i * tall
            painter.setPen(text)
            painter.drawText(QRectF(2, y, left - 8, tall), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, name)
            painter.fillRect(QRectF(left, y + 4, room, tall - 8), QColor(faint.red(), faint.green(), faint.blue(), 60))
            if self.values is None or i >= len(self.values):
                if i == self.chosen:
                    painter.fillRect(QRectF(left, y + 4, room, tall - 8), QColor(self.hue))
                continue
            length = room * (0.04 + 0.96 * (float(self.values[i]) - self.low) / span)
            painter.fillRect(QRectF(left, y + 4, length, tall - 8), QColor(self.hue) if i == self.chosen else faint)
            where = QRectF(left + room + 4, y, right, tall)
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{self.values[i]:z.3f}")
        painter.end()
