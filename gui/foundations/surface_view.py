"""The plane: what the network says at each place, the points on it, and a brush that adds more."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.foundations.colours import heat, sign_colour
from lab.data.drawn_points import REACH

SPRAY = 0.12
"""How far, in the plane, the points of the brush lie around it."""


class SurfaceView(QWidget):
    """A square of the plane from -REACH to REACH. The left button draws points of class 1, the right one (or Shift) of class 0."""

    drawn = Signal(list)
    """New points (x, y, class)."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.surface: np.ndarray | None = None
        self.scale = 1.0
        self.image: QImage | None = None
        """The surface in its colours; None where these are to be found."""
        self.points: np.ndarray | None = None
        self.levels = np.zeros(0)
        self.tested = np.zeros(0, bool)
        self.dots: QPixmap | None = None
        self.dots_of: tuple[object, ...] = ()
        self.caption = ""
        self.brush = True
        self.overlay: Callable[[QPainter, SurfaceView], None] | None = None
        """Paints over the surface and the points."""
        self.random = np.random.default_rng(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setAccessibleName("Decision surface")

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 180)

    def show_surface(self, surface: np.ndarray, scale: float, caption: str = "") -> None:
        self.surface, self.scale, self.caption, self.image = surface, scale, caption, None
        self.update()

    def show_points(self, points: np.ndarray, levels: np.ndarray, tested: np.ndarray) -> None:
        """Points (N, 2), what they are (N,) from -1 to 1, and which are kept for the test."""
        if self.points is not None and all(map(np.array_equal, (self.points, self.levels, self.tested), (points, levels, tested))):
            return  # Each frame brings arrays of its own, mostly of the same points.
        self.points, self.levels, self.tested = points, levels, tested
        self.dots_of = ()
        self.update()

    def area(self) -> QRectF:
        side = min(self.width(), self.height()) - 2
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def place(self, x: float, y: float) -> QPointF:
        area = self.area()
        return QPointF(area.x() + (x + REACH) / (2 * REACH) * area.width(), area.y() + (REACH - y) / (2 * REACH) * area.height())

    def plane(self, where: QPointF) -> tuple[float, float]:
        area = self.area()
        x, y = (where.x() - area.x()) / area.width(), (where.y() - area.y()) / area.height()
        return (2 * x - 1) * REACH, (1 - 2 * y) * REACH

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.dots_of, self.image = (), None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.area()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.surface is None:
            painter.fillRect(area, self.palette().color(QPalette.ColorRole.Base))
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "Starting…")
        else:
            if self.image is None:
                self.image = heat(self.surface, self.palette(), self.scale)
            painter.drawImage(area, self.image)
        self.paint_dots(painter, area)
        if self.overlay is not None:
            painter.save()
            painter.setClipRect(area)
            self.overlay(painter, self)
            painter.restore()
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        if self.caption:
            metrics = painter.fontMetrics()
            box = QRectF(area.x() + 6, area.y() + 6, metrics.horizontalAdvance(self.caption) + 12, metrics.height() + 4)
            ground = self.palette().color(QPalette.ColorRole.Base)
            ground.setAlpha(215)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.caption)
        painter.end()

    def paint_dots(self, painter: QPainter, area: QRectF) -> None:
        """The points, drawn once for as long as they stay the same."""
        if self.points is None:
            return
        wanted = (id(self.points), area.width(), self.devicePixelRatioF())
        if self.dots is None or wanted != self.dots_of:
            self.dots_of = wanted
            ratio = self.devicePixelRatioF()
            self.dots = QPixmap(QSize(round(self.width() * ratio), round(self.height() * ratio)))
            self.dots.setDevicePixelRatio(ratio)
            self.dots.fill(Qt.GlobalColor.transparent)
            on = QPainter(self.dots)
            on.setRenderHint(QPainter.RenderHint.Antialiasing)
            size = max(1.6, area.width() / 130)
            light = QColor("#ffffff")
            for (x, y), level, kept in zip(self.points.tolist(), self.levels.tolist(), self.tested.tolist(), strict=True):
                hue = sign_colour(level).darker(108)
                if kept:
                    on.setPen(QPen(hue, 1.2))
                    on.setBrush(Qt.BrushStyle.NoBrush)
                    on.drawEllipse(self.place(x, y), size - 0.3, size - 0.3)
                else:
                    on.setPen(QPen(light, 0.9))
                    on.setBrush(hue)
                    on.drawEllipse(self.place(x, y), size, size)
            on.end()
        painter.save()
        painter.setClipRect(area)
        painter.drawPixmap(0, 0, self.dots)
        painter.restore()

    # -- the brush -------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.paint_with(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.paint_with(event)

    def paint_with(self, event: QMouseEvent) -> None:
        buttons = event.buttons()
        if not self.brush or not buttons & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton):
            return
        second = bool(buttons & Qt.MouseButton.RightButton) or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        x, y = self.plane(event.position())
        around = np.array([x, y]) + self.random.normal(0, SPRAY, (3, 2))
        inside = np.clip(around, -0.99 * REACH, 0.99 * REACH).round(3)
        if abs(x) <= REACH and abs(y) <= REACH:
            self.drawn.emit([(float(a), float(b), 0.0 if second else 1.0) for a, b in inside])
