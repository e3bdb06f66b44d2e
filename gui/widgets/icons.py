"""Small line icons, drawn in the colour of the text, so that they look the same in light and dark and at any scale."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyleOptionToolButton, QStylePainter, QToolButton, QWidget

SIDE = 16.0


def copy(p: QPainter) -> None:
    p.drawRoundedRect(QRectF(2.5, 2.5, 8, 8), 1.5, 1.5)
    p.drawPolyline([QPointF(13.5, 6), QPointF(13.5, 13.5), QPointF(6, 13.5)])


def save(p: QPainter) -> None:
    p.drawPolyline([QPointF(2.5, 10), QPointF(2.5, 13.5), QPointF(13.5, 13.5), QPointF(13.5, 10)])
    arrow(p, QPointF(8, 2), QPointF(8, 10))


def record(p: QPainter) -> None:
    p.drawEllipse(QPointF(8, 8), 5.5, 5.5)
    p.setBrush(QColor("#d2504b"))
    p.setPen(Qt.PenStyle.NoPen)
    p.drawEllipse(QPointF(8, 8), 3, 3)


def end(p: QPainter) -> None:
    p.drawEllipse(QPointF(8, 8), 5.5, 5.5)
    p.fillRect(QRectF(5.5, 5.5, 5, 5), QColor("#d2504b"))


def pop_out(p: QPainter) -> None:
    p.drawPolyline([QPointF(7, 3.5), QPointF(2.5, 3.5), QPointF(2.5, 13.5), QPointF(12.5, 13.5), QPointF(12.5, 9)])
    arrow(p, QPointF(7, 9), QPointF(13.5, 2.5))


def close(p: QPainter) -> None:
    p.drawLine(QPointF(4, 4), QPointF(12, 12))
    p.drawLine(QPointF(12, 4), QPointF(4, 12))


def add(p: QPainter) -> None:
    p.drawLine(QPointF(8, 3), QPointF(8, 13))
    p.drawLine(QPointF(3, 8), QPointF(13, 8))


def float_(p: QPainter) -> None:
    p.drawRect(QRectF(5.5, 3, 7.5, 6.5))
    p.drawPolyline([QPointF(3, 6), QPointF(3, 12.5), QPointF(10.5, 12.5)])


def reset(p: QPainter) -> None:
    path = QPainterPath()
    path.arcMoveTo(QRectF(3, 3, 10, 10), 150)
    path.arcTo(QRectF(3, 3, 10, 10), 150, -280)
    p.drawPath(path)
    p.drawPolyline([QPointF(2.5, 2), QPointF(3.6, 6), QPointF(7.4, 5.2)])


def joystick(p: QPainter) -> None:
    p.drawEllipse(QPointF(8, 4), 2.2, 2.2)
    p.drawLine(QPointF(8, 6.2), QPointF(8, 10))
    p.drawRoundedRect(QRectF(2.5, 10, 11, 3.8), 1.2, 1.2)
    p.drawLine(QPointF(11.3, 8.6), QPointF(11.3, 10))


def sparkle(p: QPainter) -> None:
    for x, y, size in ((6.6, 8.6, 5.2), (12.6, 3.6, 2.4)):
        path = QPainterPath(QPointF(x, y - size))
        for corner in ((x + size, y), (x, y + size), (x - size, y), (x, y - size)):
            path.quadTo(QPointF(x, y), QPointF(*corner))
        p.drawPath(path)


def eye(p: QPainter) -> None:
    path = QPainterPath(QPointF(1.5, 8))
    path.quadTo(QPointF(8, 0.5), QPointF(14.5, 8))
    path.quadTo(QPointF(8, 15.5), QPointF(1.5, 8))
    p.drawPath(path)
    p.drawEllipse(QPointF(8, 8), 2.3, 2.3)


def lines(p: QPainter) -> None:
    for y, right in ((3.5, 13.5), (6.5, 10.5), (9.5, 13.5), (12.5, 7.5)):
        p.drawLine(QPointF(2.5, y), QPointF(right, y))


def neuron(p: QPainter) -> None:
    for y in (3.5, 8.0, 12.5):
        p.drawLine(QPointF(4.2, y), QPointF(9.2, 8))
        p.drawEllipse(QPointF(2.9, y), 1.3, 1.3)
    p.drawEllipse(QPointF(11.6, 8), 2.6, 2.6)


def chart(p: QPainter) -> None:
    p.drawPolyline([QPointF(2.5, 2.5), QPointF(2.5, 13.5), QPointF(13.5, 13.5)])
    p.drawPolyline([QPointF(4.5, 10.5), QPointF(7, 6.5), QPointF(9.5, 8.5), QPointF(13, 3.5)])


def pencil(p: QPainter) -> None:
    p.drawPolyline([QPointF(3, 13), QPointF(3.8, 9.8), QPointF(10.8, 2.8), QPointF(13.2, 5.2), QPointF(6.2, 12.2), QPointF(3, 13)])
    p.drawLine(QPointF(9.3, 4.3), QPointF(11.7, 6.7))


def arrow(p: QPainter, start: QPointF, tip: QPointF) -> None:
    """A line with a head, straight down or to the upper right."""
    p.drawLine(start, tip)
    if start.x() == tip.x():
        p.drawPolyline([tip + QPointF(-3, -3), tip, tip + QPointF(3, -3)])
    else:
        p.drawPolyline([tip + QPointF(-4.5, 0), tip, tip + QPointF(0, 4.5)])


def paint(draw: Callable[[QPainter], None], painter: QPainter, where: QRectF, hue: QColor) -> None:
    """Draw an icon into the square `where`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(where.topLeft())
    painter.scale(where.width() / SIDE, where.height() / SIDE)
    painter.setPen(QPen(hue, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    draw(painter)
    painter.restore()


def icon(draw: Callable[[QPainter], None], palette: QPalette, side: int) -> QIcon:
    """An icon of `side` pixels for actions, in the colours of a palette, drawn for screens of up to twice the usual density."""
    made = QIcon()
    for group, mode in ((QPalette.ColorGroup.Active, QIcon.Mode.Normal), (QPalette.ColorGroup.Disabled, QIcon.Mode.Disabled)):
        pixmap = QPixmap(2 * side, 2 * side)
        pixmap.fill(Qt.GlobalColor.transparent)
        pixmap.setDevicePixelRatio(2)
        painter = QPainter(pixmap)
        paint(draw, painter, QRectF(0, 0, side, side), palette.color(group, QPalette.ColorRole.ButtonText))
        painter.end()
        made.addPixmap(pixmap, mode)
    return made


def dot(hue: str) -> QIcon:
    """A small square of a colour, such as a run's."""
    pixmap = QPixmap(10, 10)
    pixmap.fill(QColor(hue))
    return QIcon(pixmap)


class IconButton(QToolButton):
    """A flat button with an icon. Its text is not painted: it is what a screen reader says."""

    def __init__(self, draw: Callable[[QPainter], None], text: str, tip: str, action: Callable[..., object], parent: QWidget | None = None):
        super().__init__(parent, text=text, toolTip=tip, autoRaise=True)
        self.draw = draw
        self.setAccessibleName(text)
        self.clicked.connect(action)

    def set_face(self, draw: Callable[[QPainter], None], text: str) -> None:
        """Another icon with another text, for another meaning."""
        self.draw = draw
        self.setText(text)
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        tall = self.fontMetrics().height()
        return QSize(max(26, tall + 12), max(24, tall + 8))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text = ""
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        side = max(SIDE, float(self.fontMetrics().height()))
        where = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        paint(self.draw, painter, where, self.palette().color(group, QPalette.ColorRole.ButtonText))
        painter.end()
