"""The square (or triangle, or line) between anchors, in which a point is dragged."""

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.generate.image_grid import draw_badge
from gui.theme import colour

CORNERS = {
    2: (QPointF(0, 0.5), QPointF(1, 0.5)),
    3: (QPointF(0, 0), QPointF(1, 0), QPointF(0.5, 1)),
    4: (QPointF(0, 0), QPointF(1, 0), QPointF(0, 1), QPointF(1, 1)),
}
"""Where the anchors lie, in a square whose side is 1."""
ROUND = {2: (0, 1), 3: (0, 1, 2), 4: (0, 1, 3, 2)}
"""The order in which a walk along the edge passes the anchors."""
THUMB = 44
STEP, LEAP = 0.02, 0.1


class XYPad(QWidget):
    """A point (u, v) in [0, 1] x [0, 1] between two to four anchors, whose pictures stand in the corners."""

    moved = Signal(float, float)
    """The hand, or an arrow key, has moved the point."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.corners: list[QImage | None] = []
        self.ground: QImage | None = None
        self.ground_tiles = 0
        self.smooth = False
        self.u = self.v = 0.5
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Drag the point between the anchors (arrow keys, with Shift for larger steps; Home for the centre)")
        self.setAccessibleName("Square between the anchors")

    def set_corners(self, count: int, pictures: list[QImage | None] | None = None) -> None:
        """Show `count` anchors with their pictures."""
        if pictures is None or count != 4:
            self.ground = None
        self.corners = pictures or [None] * count
        self.update()

    def set_ground(self, picture: QImage, tiles: int) -> None:
        """Show what the square decodes to, `tiles` by `tiles`, behind the point."""
        self.ground, self.ground_tiles = picture, tiles
        self.update()

    def set_point(self, u: float, v: float) -> None:
        """Move the point without telling."""
        self.u, self.v = min(1.0, max(0.0, u)), min(1.0, max(0.0, v))
        self.update()

    # -- geometry --------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 130)

    def area(self) -> QRectF:
        """The unit square in the widget: room is left around it for the anchors' pictures."""
        side = max(20.0, min(self.width(), self.height()) - THUMB - 8.0)
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def place(self, x: float, y: float) -> QPointF:
        area = self.area()
        return QPointF(area.left() + x * area.width(), area.top() + y * area.height())

    def point(self) -> QPointF:
        """Where the point (u, v) lies in the widget."""
        if len(self.corners) == 2:
            return self.place(self.u, 0.5)
        if len(self.corners) == 3:
            return self.place(0.5 * self.v + self.u * (1 - self.v), self.v)
        return self.place(self.u, self.v)

    def to_uv(self, where: QPointF) -> tuple[float, float]:
        """The (u, v) of a place in the widget, within the shape."""
        area = self.area()
        x, y = ((where.x() - area.left()) / area.width(), (where.y() - area.top()) / area.height())
        x, y = min(1.0, max(0.0, x)), min(1.0, max(0.0, y))
        if len(self.corners) == 3:
            return (min(1.0, max(0.0, (x - 0.5 * y) / (1 - y))) if y < 0.999 else 0.5), y
        return x, y

    def along(self, t: float) -> tuple[float, float]:
        """The (u, v) at t in [0, 1] of the walk around the edge."""
        count = len(self.corners)
        if count == 2:
            return 1 - abs(2 * t - 1), 0.5
        stops = {3: ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)), 4: ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))}[count]
        legs = list(pairwise(stops))
        if count == 3:  # The third corner is the whole lower edge: there is nothing to walk on it.
            del legs[2]
        leg = min(int(t * len(legs)), len(legs) - 1)
        (u0, v0), (u1, v1) = legs[leg]
        share = t * len(legs) - leg
        return u0 + share * (u1 - u0), v0 + share * (v1 - v0)

    # -- hand and keys ---------------------------------------------------------------------------------------------

    def drag_to(self, u: float, v: float) -> None:
        if len(self.corners) >= 2:
            self.set_point(u, v)
            self.moved.emit(self.u, self.v)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.drag_to(*self.to_uv(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.drag_to(*self.to_uv(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        moves = {Qt.Key.Key_Left: (-step, 0), Qt.Key.Key_Right: (step, 0), Qt.Key.Key_Up: (0, -step), Qt.Key.Key_Down: (0, step)}
        move = moves.get(Qt.Key(event.key()))
        if move is not None:
            self.drag_to(self.u + move[0], self.v + move[1])
        elif event.key() == Qt.Key.Key_Home:
            self.drag_to(0.5, 0.5)
        else:
            super().keyPressEvent(event)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count = len(self.corners)
        if count < 2:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            text = "Pick two to four samples on the left as corners."
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
            painter.end()
            return
        places = [self.place(corner.x(), corner.y()) for corner in CORNERS[count]]
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Dark), 1))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawPolygon(QPolygonF([places[i] for i in ROUND[count]]))
        if self.ground is not None and count == 4:
            area, half = self.area(), 0.5 * self.area().width() / (self.ground_tiles - 1)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth or area.width() < self.ground.width())
            whole = area.adjusted(-half, -half, half, half)
            painter.fillRect(whole, Qt.GlobalColor.black)
            painter.setOpacity(0.75)
            painter.drawImage(whole, self.ground)
            painter.setOpacity(1.0)
        else:
            self.draw_grid(painter, count)
        for i, place in enumerate(places):
            where = QRectF(place.x() - THUMB / 2, place.y() - THUMB / 2, THUMB, THUMB)
            painter.fillRect(where, self.palette().color(QPalette.ColorRole.Midlight))
            picture = self.corners[i]
            if picture is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth or picture.width() > THUMB)
                painter.drawImage(where, picture)
            draw_badge(painter, where, str(i + 1))
        point = self.point()
        ring = self.palette().color(QPalette.ColorRole.Highlight) if self.hasFocus() else QColor("#ffffff")
        painter.setPen(QPen(ring, 2))
        painter.setBrush(QColor(colour(0)))
        painter.drawEllipse(point, 8, 8)
        painter.end()

    def draw_grid(self, painter: QPainter, count: int) -> None:
        """Thin lines of equal u and of equal v."""
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1, Qt.PenStyle.DotLine))
        for i in (0.25, 0.5, 0.75):
            if count == 4:
                painter.drawLine(self.place(i, 0), self.place(i, 1))
                painter.drawLine(self.place(0, i), self.place(1, i))
            elif count == 3:
                painter.drawLine(self.place(i, 0), self.place(0.5, 1))
                painter.drawLine(self.place(0.5 * i, i), self.place(1 - 0.5 * i, i))
