"""A canvas to draw a small picture on with the mouse, or with the arrow keys, for a network to look at."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.picture import to_image
from gui.widgets.stroke import Stroke

FINE = 280
"""Side of the picture that is drawn on; what the network sees is its area average."""


class Drawing(Stroke):
    """White strokes on black, as handwritten digits are. The left button draws, the right one rubs out."""

    changed = Signal()
    """A stroke went on, or all was rubbed out."""

    def __init__(self, pen: float = 0.09, parent: QWidget | None = None):
        """`pen` is the width of a stroke as a share of the side."""
        super().__init__(parent)
        self.pen = pen
        self.image = blank()
        self.empty = True
        self.key_at = QPointF(FINE / 2, FINE / 2)
        self.pen_down = False
        self.hint = "Draw here"
        self.ground: QImage | None = None
        """A picture below the strokes, which are of `ink` then."""
        self.ink = QColor(255, 255, 255)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            "Draw with the left button, erase with the right (arrow keys move the pen, Space lowers or lifts it, Delete clears)"
        )
        self.setAccessibleName("Drawing")

    def pixels(self, height: int, width: int) -> np.ndarray:
        """The drawing as (height, width) uint8: the average of the strokes over each pixel."""
        fine = np.frombuffer(self.image.constBits(), np.uint8).reshape(FINE, self.image.bytesPerLine())[:, :FINE]
        return shrink(shrink(fine.astype(np.float32), height).T, width).T.round().astype(np.uint8)

    def show_pixels(self, pixels: np.ndarray) -> None:
        """Start from a picture (H, W) uint8."""
        grey = np.ascontiguousarray(pixels)
        image = QImage(grey.data, grey.shape[1], grey.shape[0], grey.strides[0], QImage.Format.Format_Grayscale8)
        self.image = image.scaled(FINE, FINE).convertToFormat(QImage.Format.Format_Grayscale8)
        self.empty = False
        self.update()
        self.changed.emit()

    def show_ground(self, pixels: np.ndarray, grey: int) -> None:
        """Draw with that grey on a picture (H, W[, 3]) uint8, which stays as it is."""
        self.ground, self.ink = to_image(pixels), QColor(grey, grey, grey)
        self.update()

    def clear(self) -> None:
        """Rub everything out."""
        self.image = blank()
        self.empty = True
        self.update()
        self.changed.emit()
        self.settled.emit()

    def state(self) -> bytes:
        """What is drawn, to put back; b"" where nothing is."""
        return b"" if self.empty else bytes(self.image.constBits())

    def set_state(self, state: bytes) -> None:
        if state != self.state():
            self.empty = not state
            self.image = QImage(state, FINE, FINE, self.image.bytesPerLine(), self.image.format()).copy() if state else blank()
            self.update()
            self.changed.emit()

    # -- geometry --------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(160, 160)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 100)

    def area(self) -> QRectF:
        side = min(self.width(), self.height()) - 4
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def to_fine(self, where: QPointF) -> QPointF:
        area = self.area()
        return QPointF((where.x() - area.left()) / area.width() * FINE, (where.y() - area.top()) / area.height() * FINE)

    # -- hand and keys ---------------------------------------------------------------------------------------------

    def stroke(self, start: QPointF, end: QPointF, rub: bool = False) -> None:
        """A line between two points of the fine picture."""
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.pen * FINE * (2 if rub else 1)
        painter.setPen(QPen(QColor(0 if rub else 255, 0 if rub else 255, 0 if rub else 255), width, c=Qt.PenCapStyle.RoundCap))
        if start == end:
            painter.drawPoint(start)
        else:
            painter.drawLine(start, end)
        painter.end()
        self.empty = self.empty and rub
        self.update()
        self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self.last = self.to_fine(event.position())
            self.stroke(self.last, self.last, event.button() == Qt.MouseButton.RightButton)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.last is not None and event.buttons():
            here = self.to_fine(event.position())
            self.stroke(self.last, here, bool(event.buttons() & Qt.MouseButton.RightButton))
            self.last = here

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = FINE / 16
        moves = {Qt.Key.Key_Left: (-step, 0), Qt.Key.Key_Right: (step, 0), Qt.Key.Key_Up: (0, -step), Qt.Key.Key_Down: (0, step)}
        move = moves.get(Qt.Key(event.key()))
        if move is not None:
            here = QPointF(
                min(float(FINE), max(0.0, self.key_at.x() + move[0])), min(float(FINE), max(0.0, self.key_at.y() + move[1]))
            )  # fmt: skip
            if self.pen_down:
                self.stroke(self.key_at, here)
            self.key_at = here
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self.pen_down = not self.pen_down
            if self.pen_down:
                self.stroke(self.key_at, self.key_at)
            self.update()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pen_down = False

    # -- drawing ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = self.area()
        if self.ground is None:
            painter.drawImage(area, self.image)
        else:
            painter.drawImage(area, self.ground)
            painter.drawImage(area, inked(self.image, self.ink))
        focused = self.hasFocus()
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight if focused else QPalette.ColorRole.Mid), 2 if focused else 1))
        painter.drawRect(area)
        if self.empty and self.ground is None:
            painter.setPen(QColor("#9aa1aa"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.hint)
        if focused:
            at = QPointF(area.left() + self.key_at.x() / FINE * area.width(), area.top() + self.key_at.y() / FINE * area.height())
            painter.setPen(QPen(QColor("#e8833a"), 2))
            painter.drawEllipse(at, 4, 4)
        painter.end()


def blank() -> QImage:
    image = QImage(FINE, FINE, QImage.Format.Format_Grayscale8)
    image.fill(0)
    return image


def inked(strokes: QImage, ink: QColor) -> QImage:
    """Strokes in a colour, transparent where there are none."""
    image = QImage(strokes.size(), QImage.Format.Format_ARGB32)
    image.fill(ink)
    image.setAlphaChannel(strokes)
    return image


def shrink(fine: np.ndarray, count: int) -> np.ndarray:
    """The rows of (N, M) averaged into `count` rows of equal height, of which the edges may cut a row."""
    edges = np.linspace(0, len(fine), count + 1)
    total = np.concatenate([np.zeros((1, fine.shape[1]), np.float64), fine.cumsum(0, dtype=np.float64)])
    whole = np.floor(edges).astype(int)
    part = (edges - whole)[:, None]
    at_edges = total[whole] + part * (total[np.minimum(whole + 1, len(fine))] - total[whole])
    return np.diff(at_edges, axis=0) / (len(fine) / count)
