"""Many small pictures as one, as large as there is room, with sharp pixels."""

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget


class MosaicView(QWidget):
    """Shows pixels (H, W, 3) or (H, W) uint8, or pictures (N, h, w) in rows."""

    def __init__(self, tip: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.image: QImage | None = None
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(260, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 60)

    def show_pixels(self, pixels: np.ndarray) -> None:
        if pixels.ndim == 2:
            pixels = np.repeat(pixels[..., None], 3, 2)
        pixels = np.ascontiguousarray(pixels)
        height, width, _ = pixels.shape
        self.image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.update()

    def show_pictures(self, pictures: np.ndarray, columns: int) -> None:
        """Pictures (N, h, w) uint8 in rows of `columns`, with a line of grey between them."""
        count, h, w = pictures.shape
        rows = -(-count // columns)
        sheet = np.full((rows * (h + 1) - 1, columns * (w + 1) - 1), 110, np.uint8)
        for i, picture in enumerate(pictures):
            top, left = (i // columns) * (h + 1), (i % columns) * (w + 1)
            sheet[top : top + h, left : left + w] = picture
        self.show_pixels(sheet)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.image is not None:
            scale = min((self.width() - 2) / self.image.width(), (self.height() - 2) / self.image.height())
            width, height = self.image.width() * scale, self.image.height() * scale
            area = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
            painter.drawImage(area, self.image)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
            painter.drawRect(area)
        painter.end()
