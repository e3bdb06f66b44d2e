"""The losses of the training and the test points over the steps, as two quiet lines."""

import math

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.theme import COLOURS, is_dark, readable
from gui.widgets.fast_label import FastLabel

MOST = 600
"""Points of a line; of more, every second one is dropped."""
FLOOR = 1e-5
TRAIN, TEST = COLOURS[2], COLOURS[6]


class LossStrip(QWidget):
    """Losses on a logarithmic axis: equal distances are equal factors."""

    def __init__(self, floor: float = FLOOR, unit: str = "steps", parent: QWidget | None = None):
        """`floor` is the lowest value that is told apart from 0, `unit` what steps are called."""
        super().__init__(parent)
        self.floor, self.unit = floor, unit
        self.steps: list[int] = []
        self.train: list[float] = []
        self.test: list[float] = []
        self.every = 1
        self.lines = (QPolygonF(), QPolygonF())
        """Of training and test, through (step, power of ten)."""
        self.lowest, self.highest = math.inf, -math.inf
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Loss of the training points (green) and the test points (pink) over the steps; equal heights are equal factors")
        self.setAccessibleName("Losses over the steps")

    def sizeHint(self) -> QSize:
        return QSize(280, 90)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 40)

    def reset(self) -> None:
        self.steps, self.train, self.test, self.every = [], [], [], 1
        self.draw_lines()
        self.update()

    def draw_lines(self) -> None:
        """The lines again, in steps and powers of ten."""
        self.lines = (QPolygonF(), QPolygonF())
        self.lowest, self.highest = math.inf, -math.inf
        for step, train, test in zip(self.steps, self.train, self.test, strict=True):
            self.draw_on(step, train, test)

    def draw_on(self, step: int, train: float, test: float) -> None:
        for line, value in zip(self.lines, (train, test), strict=True):
            power = math.log10(max(value, self.floor))
            line.append(QPointF(step, power))
            self.lowest, self.highest = min(self.lowest, power), max(self.highest, power)

    def add(self, step: int, train: float, test: float) -> None:
        """Note the losses at a step; a step before the last means that training began anew."""
        if self.steps and step < self.steps[-1]:
            self.reset()
        if self.steps and step - self.steps[-1] < self.every:
            return
        if not (math.isfinite(train) and math.isfinite(test)):
            return
        self.steps.append(step)
        self.train.append(train)
        self.test.append(test)
        self.draw_on(step, train, test)
        if len(self.steps) > MOST:
            self.steps, self.train, self.test = self.steps[::2], self.train[::2], self.test[::2]
            self.every = max(self.every * 2, (self.steps[-1] - self.steps[0]) // MOST)
            self.draw_lines()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        faint = self.palette().color(QPalette.ColorRole.PlaceholderText)
        metrics = painter.fontMetrics()
        left, right = metrics.horizontalAdvance("0.001") + 8, 6
        top, bottom = 6, metrics.height() + 4
        if len(self.steps) > 1:
            low = math.floor(self.lowest)
            high = max(math.ceil(self.highest), low + 1)
            width, height = self.width() - left - right, self.height() - top - bottom
            span = max(1, self.steps[-1])
            tall = height / (high - low)  # Pixels of a power of ten.
            grid = QColor(self.palette().color(QPalette.ColorRole.Mid))
            grid.setAlpha(110)
            for power in range(low, high + 1):
                y = top + (high - power) * tall
                painter.setPen(QPen(grid, 1))
                painter.drawLine(QPointF(left, y), QPointF(self.width() - right, y))
                if (high - low) <= 4 or (power - low) % 2 == 0:
                    painter.setPen(faint)
                    painter.drawText(
                        QPointF(4, min(max(y + metrics.ascent() / 2 - 1, metrics.ascent()), self.height())), f"{10.0**power:g}"
                    )
            painter.setPen(faint)
            painter.drawText(
                self.rect().adjusted(left, 0, -right, -2),
                Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight,
                f"{span:,} {self.unit}",
            )
            placed = QTransform(width / span, 0, 0, -tall, left, top + high * tall)
            for line, hue in zip(reversed(self.lines), (TEST, TRAIN), strict=True):
                painter.setPen(QPen(QColor(hue), 1.8))
                painter.drawPolyline(placed.map(line))
        painter.end()


class LossWord(FastLabel):
    """A loss after the name of its line, which has the line's colour."""

    def __init__(self, name: str, hue: str, parent: QWidget | None = None):
        super().__init__(f"{name} 0.000", parent=parent)
        self.name, self.hue = name, hue

    def show_loss(self, loss: float) -> None:
        self.setText(f"{self.name} {loss:.3f}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(readable(self.hue, is_dark(self.palette())))
        painter.drawText(self.rect(), self.flags, self.name)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        after = self.rect().adjusted(painter.fontMetrics().horizontalAdvance(self.name), 0, 0, 0)
        painter.drawText(after, self.flags, self.words.removeprefix(self.name))
        painter.end()
