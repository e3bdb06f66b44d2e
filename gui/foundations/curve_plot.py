"""Lines over a line, painted: for pages that draw them thirty times a second, and on which one draws oneself."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

GROUND = 0.8
"""How opaque the ground of the legend is: a line may run below it, and the names are read."""


@dataclass(frozen=True)
class Stroke:
    """A line through (x, y), or with `dots` its points alone."""

    x: np.ndarray
    y: np.ndarray
    hue: str
    width: float = 2.0
    opacity: float = 1.0
    name: str = ""
    dots: bool = False


class CurvePlot(QWidget):
    """Strokes in fixed bounds (left, right, bottom, top), with quiet axes and a legend of those that have a name."""

    pressed = Signal(float, float)
    """The pointer is held down at x, y."""
    let_go = Signal()

    def __init__(self, bounds: tuple[float, float, float, float], tip: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.bounds = bounds
        self.strokes: list[Stroke] = []
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(420, 300)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 100)

    def show_strokes(self, strokes: list[Stroke], bounds: tuple[float, float, float, float] | None = None) -> None:
        self.strokes, self.bounds = strokes, bounds or self.bounds
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def area(self) -> QRectF:
        line = self.fontMetrics().height()
        return QRectF(self.fontMetrics().horizontalAdvance("-0.00") + 6, 6, 1, 1).adjusted(
            0, 0, self.width() - self.fontMetrics().horizontalAdvance("-0.00") - 15, self.height() - line - 13
        )

    def place(self, x: float, y: float) -> QPointF:
        left, right, bottom, top = self.bounds
        area = self.area()
        return QPointF(
            area.left() + (x - left) / (right - left) * area.width(), area.bottom() - (y - bottom) / (top - bottom) * area.height()
        )

    def places(self, x: np.ndarray, y: np.ndarray) -> list[QPointF]:
        """Where points are, without those whose y is not finite."""
        left, right, bottom, top = self.bounds
        area, seen = self.area(), np.isfinite(y)
        across = area.left() + (x[seen] - left) * (area.width() / (right - left))
        down = area.bottom() - (y[seen] - bottom) * (area.height() / (top - bottom))
        return [QPointF(a, b) for a, b in zip(across.tolist(), down.tolist(), strict=True)]

    def plane(self, where: QPointF) -> tuple[float, float]:
        left, right, bottom, top = self.bounds
        area = self.area()
        x, y = (where.x() - area.left()) / area.width(), (area.bottom() - where.y()) / area.height()
        return left + x * (right - left), bottom + y * (top - bottom)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.area()
        painter.fillRect(area, self.palette().color(QPalette.ColorRole.Base))
        self.paint_axes(painter, area)
        painter.save()
        painter.setClipRect(area)
        for stroke in self.strokes:
            hue = QColor(stroke.hue)
            hue.setAlphaF(stroke.opacity)
            places = self.places(stroke.x, stroke.y)
            if stroke.dots:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(hue)
                for place in places:
                    painter.drawEllipse(place, stroke.width, stroke.width)
            else:
                painter.setPen(QPen(hue, stroke.width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPolyline(QPolygonF(places))
        painter.restore()
        self.paint_legend(painter, area)
        painter.end()

    def paint_axes(self, painter: QPainter, area: QRectF) -> None:
        left, right, bottom, top = self.bounds
        faint, grid = self.palette().color(QPalette.ColorRole.PlaceholderText), QColor(self.palette().color(QPalette.ColorRole.Mid))
        line = painter.fontMetrics().height()
        for value in ticks(left, right, area.width() / 70):
            x = self.place(value, bottom).x()
            grid.setAlpha(170 if value == 0 else 70)
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(faint)
            painter.drawText(QRectF(x - 30, area.bottom() + 3, 60, line), Qt.AlignmentFlag.AlignCenter, f"{value:g}")
        for value in ticks(bottom, top, area.height() / 45):
            y = self.place(left, value).y()
            grid.setAlpha(170 if value == 0 else 70)
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(faint)
            painter.drawText(
                QRectF(0, y - line / 2, area.left() - 4, line), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:g}"
            )

    def paint_legend(self, painter: QPainter, area: QRectF) -> None:
        named, metrics = [stroke for stroke in self.strokes if stroke.name], painter.fontMetrics()
        if not named:
            return
        x = area.left() + 10
        width = sum(35 + metrics.horizontalAdvance(stroke.name) for stroke in named) - 8
        ground = QColor(self.palette().color(QPalette.ColorRole.Base))
        ground.setAlphaF(GROUND)
        painter.fillRect(QRectF(x - 4, area.top() + 4, width, metrics.height() + 8), ground)
        for stroke in named:
            painter.setPen(QPen(QColor(stroke.hue), 3))
            y = area.top() + 8 + metrics.height() / 2
            painter.drawLine(QPointF(x, y), QPointF(x + 14, y))
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            painter.drawText(QPointF(x + 19, y + metrics.ascent() / 2 - 1), stroke.name)
            x += 19 + metrics.horizontalAdvance(stroke.name) + 16

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.pressed.emit(*self.plane(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.let_go.emit()


def ticks(low: float, high: float, most: float) -> list[float]:
    """Round numbers from `low` to `high`, about `most` of them."""
    rough = (high - low) / max(2.0, min(most, 10.0))
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = np.ceil(low / step - 1e-9)
    return [round(float(i * step), 10) + 0.0 for i in np.arange(first, np.floor(high / step + 1e-9) + 1)]
