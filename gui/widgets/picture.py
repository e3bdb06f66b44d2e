"""A picture from a numpy array: fills its widget, keeps its proportions, sharp pixels, an optional heat overlay."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QIcon, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPixmap, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

ZOOM_STEP, MOST_ZOOM = 1.25, 40.0


def icon_of(picture: QPixmap) -> QIcon:
    """An icon for a list whose selected entries keep their colours."""
    made = QIcon(picture)
    made.addPixmap(picture, QIcon.Mode.Selected)
    return made


def to_image(pixels: np.ndarray) -> QImage:
    """A QImage that owns its data, from (H, W) or (H, W, 3) or (H, W, 4) uint8; in the format of the screen, which is drawn ten times as fast as others."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    if pixels.ndim == 2:
        kind = QImage.Format.Format_Grayscale8
    else:
        kind = QImage.Format.Format_RGB888 if pixels.shape[2] == 3 else QImage.Format.Format_RGBA8888
    screen = QImage.Format.Format_ARGB32_Premultiplied if kind == QImage.Format.Format_RGBA8888 else QImage.Format.Format_RGB32
    return QImage(pixels.data, width, height, pixels.strides[0], kind).convertToFormat(screen)


def heat(values: np.ndarray) -> QImage:
    """A see-through red layer: opaque where `values` (H, W) in [0, 1] are high."""
    layer = np.zeros((*values.shape, 4), np.uint8)
    layer[..., 0], layer[..., 1] = 255, 60
    layer[..., 3] = np.clip((values - 0.15) / 0.85, 0, 1) * 210
    return to_image(layer)


class Picture(QWidget):
    """Shows `image`; where there is none, `text` says why."""

    def __init__(self, text: str = "", smallest: tuple[int, int] = (80, 80), parent: QWidget | None = None):
        super().__init__(parent)
        self.text, self.smallest = text, smallest
        self.image: QImage | None = None
        self.overlay: QImage | None = None
        self.banner = ""
        self.smooth = False
        """Whether an enlarged picture is smoothed; its pixels stay sharp otherwise."""
        self.zoomable = False
        """Whether the wheel enlarges the picture and the hand moves it."""
        self.zoom, self.centre = 1.0, QPointF(0.5, 0.5)
        """How much larger than its widget the picture is, and which of its points, from (0, 0) to (1, 1), lies in the middle."""
        self.held: QPointF | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        if self.image is None:
            return QSize(*self.smallest) * 2
        return self.image.size()

    def minimumSizeHint(self) -> QSize:
        return QSize(*self.smallest)

    def show_pixels(self, pixels: np.ndarray) -> None:
        self.image = to_image(pixels)
        self.update()

    def show_text(self, text: str) -> None:
        """Take the picture away and say `text`."""
        self.image, self.overlay, self.text = None, None, text
        self.update()

    def target(self) -> QRectF:
        """Where the picture lies in the widget."""
        if self.image is None:
            return QRectF()
        size = QSizeF(self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)) * self.zoom
        middle = QPointF(self.width() / 2, self.height() / 2)
        return QRectF(
            middle.x() - self.centre.x() * size.width(), middle.y() - self.centre.y() * size.height(), size.width(), size.height()
        )

    # -- larger, by wheel and hand ---------------------------------------------------------------------------------

    def look(self, zoom: float, centre: QPointF) -> None:
        """Enlarge the picture, and put one of its points in the middle; no more is left free than there is without."""
        self.zoom = min(max(zoom, 1.0), MOST_ZOOM)
        room = 0.5 / self.zoom
        self.centre = QPointF(min(max(centre.x(), room), 1 - room), min(max(centre.y(), room), 1 - room))
        self.setCursor(Qt.CursorShape.OpenHandCursor if self.zoom > 1 else Qt.CursorShape.ArrowCursor)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.zoomable or self.image is None:
            event.ignore()
            return
        where, point = self.target(), event.position()
        under = QPointF((point.x() - where.left()) / where.width(), (point.y() - where.top()) / where.height())
        zoom = min(max(self.zoom * ZOOM_STEP ** (event.angleDelta().y() / 120), 1.0), MOST_ZOOM)
        self.look(zoom, under + (self.centre - under) * (self.zoom / zoom))  # What lies under the mouse stays there.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.zoom > 1 and event.button() == Qt.MouseButton.LeftButton:
            self.held = event.position()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.held is None:
            super().mouseMoveEvent(event)
            return
        by, where = event.position() - self.held, self.target()
        self.held = event.position()
        self.look(self.zoom, self.centre - QPointF(by.x() / where.width(), by.y() / where.height()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.held = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.zoomable:
            self.look(1.0, QPointF(0.5, 0.5))
        else:
            super().mouseDoubleClickEvent(event)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.image is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect().adjusted(12, 12, -12, -12), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.text)
            painter.end()
            return
        where = self.target()
        shrinks = where.width() < self.image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks or self.smooth)
        painter.drawImage(where, self.image)
        if self.overlay is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            painter.drawImage(where, self.overlay)
        if self.banner:
            strip = QRectF(where.left(), where.top(), where.width(), 24)
            painter.fillRect(strip, Qt.GlobalColor.black)
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, self.banner)
        painter.end()
