"""The numbers of z as bars that can be dragged."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.theme import colour
from gui.widgets.stroke import Stroke

STEP, LEAP = 0.1, 0.5
FOOT = 3
"""Pixels around the numbers below the bars."""


class CodeBars(Stroke):
    """A bar for each dimension; dragging over several changes each that the hand passes."""

    changed = Signal()
    """The hand, or a key, has changed a value."""

    def __init__(self, count: int, parent: QWidget | None = None):
        super().__init__(parent)
        self.values = np.zeros(count)
        self.origin = np.zeros(count)
        """The values before the hand changed any, drawn as marks."""
        self.scale = 3.0
        self.chosen = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Drag the bars (Left and Right select a dimension, Up and Down change it, 0 zeroes it, Home restores it)")
        self.setAccessibleName("Code")

    def set_values(self, values: np.ndarray) -> None:
        """Show another code."""
        self.values, self.origin = np.asarray(values, float).copy(), np.asarray(values, float).copy()
        most = float(np.abs(self.values).max(initial=0.0))
        if not 0.4 * self.scale < most <= self.scale:  # Keep the scale while values wander a little.
            self.scale = max(3.0, 1.25 * most)
        self.update()

    def state(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """The values with those before the hand changed any, to put back; None where it has changed none."""
        return (tuple(self.values.tolist()), tuple(self.origin.tolist())) if self.edited else None

    def set_state(self, state: tuple[tuple[float, ...], tuple[float, ...]] | None) -> None:
        if state is None:
            self.values[:] = self.origin
        else:
            self.values, self.origin = (np.array(part) for part in state)
        self.update()

    @property
    def edited(self) -> bool:
        return bool((self.values != self.origin).any())

    # -- geometry --------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(400, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 90)

    @property
    def foot(self) -> int:
        """The height of the numbers below the bars."""
        return self.fontMetrics().height() + FOOT

    def room(self) -> QRectF:
        left = self.fontMetrics().horizontalAdvance("-10.0") + 6
        return QRectF(left, 4, self.width() - left - 4, self.height() - self.foot - 6)

    def bar(self, index: int) -> QRectF:
        """Where the bar of a dimension may lie, whatever its value."""
        room = self.room()
        width = room.width() / len(self.values)
        return QRectF(room.left() + index * width, room.top(), width, room.height())

    def height_of(self, value: float) -> float:
        room = self.room()
        return room.center().y() - value / self.scale * room.height() / 2

    def at(self, where: QPointF) -> tuple[int, float]:
        """The dimension and the value of a place."""
        room = self.room()
        index = int((where.x() - room.left()) / room.width() * len(self.values))
        value = (room.center().y() - where.y()) / (room.height() / 2) * self.scale
        return min(len(self.values) - 1, max(0, index)), min(self.scale, max(-self.scale, value))

    # -- hand and keys ---------------------------------------------------------------------------------------------

    def set_value(self, index: int, value: float) -> None:
        self.values[index] = value
        self.chosen = index
        self.update()
        self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            index, value = self.at(event.position())
            self.last = index
            self.set_value(index, value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self.last is not None:
            index, value = self.at(event.position())
            for between in range(min(self.last, index), max(self.last, index) + 1):
                if between != self.last or between == index:
                    self.values[between] = value
            self.last = index
            self.set_value(index, value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        i, count = self.chosen, len(self.values)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.chosen = (i + (1 if event.key() == Qt.Key.Key_Right else -1)) % count
            self.update()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.set_value(i, min(self.scale, max(-self.scale, self.values[i] + (step if event.key() == Qt.Key.Key_Up else -step))))
        elif event.key() == Qt.Key.Key_0:
            self.set_value(i, 0.0)
        elif event.key() == Qt.Key.Key_Home:
            self.set_value(i, float(self.origin[i]))
        else:
            super().keyPressEvent(event)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room, palette = self.room(), self.palette()
        painter.fillRect(room, palette.color(QPalette.ColorRole.Base))
        text = palette.color(QPalette.ColorRole.Text)
        painter.setPen(text)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        half = painter.fontMetrics().height() / 2
        for value in (self.scale, 0.0, -self.scale):
            y = min(max(self.height_of(value), half), self.height() - self.foot - half)
            painter.drawText(QRectF(0, y - half, room.left() - 4, 2 * half), right, f"{value:.1f}")
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(QPointF(room.left(), self.height_of(0)), QPointF(room.right(), self.height_of(0)))
        for i, value in enumerate(self.values):
            bar = self.bar(i)
            gap = 1.0 if bar.width() > 4 else 0.0
            top, zero = self.height_of(float(value)), self.height_of(0)
            hue = QColor(colour(1) if value != self.origin[i] else colour(0))
            painter.fillRect(QRectF(bar.left() + gap, min(top, zero), max(1.0, bar.width() - 2 * gap), max(1.0, abs(zero - top))), hue)
            if value != self.origin[i]:
                painter.setPen(QPen(text, 1))
                y = self.height_of(float(self.origin[i]))
                painter.drawLine(QPointF(bar.left() + gap, y), QPointF(bar.right() - gap, y))
        self.draw_numbers(painter)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1.5))
            painter.drawRect(self.bar(self.chosen))
        painter.end()

    def draw_numbers(self, painter: QPainter) -> None:
        """The dimensions' numbers, as many as there is room for."""
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        width = self.fontMetrics().horizontalAdvance("000") + 4
        every = max(1, math.ceil(width / self.bar(0).width()))
        for i in range(0, len(self.values), every):
            middle = self.bar(i).center().x()
            painter.drawText(QRectF(middle - width, self.height() - self.foot, 2 * width, self.foot), Qt.AlignmentFlag.AlignCenter, str(i))
