"""Template matching: a piece of a picture, marked with the mouse, slides over it; its local maxima are where it is seen again."""

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSlider, QVBoxLayout, QWidget

from gui import theme
from gui.background import Background
from gui.theme import COLOURS, faint
from gui.vision.sample_pictures import Newest, PictureChoice
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import Picture
from gui.widgets.room import Turning
from gui.widgets.titled import beside, titled
from models.vision.filters import correlation_map, local_maxima

SMALLEST = 4
"""The least side of a template in pixels."""
READING = (
    "The map's bright places are windows like the template: the correlation coefficient of their pixels, from -1 to 1. Frames mark its local "
    "maxima above the threshold. A template knows no other size and no other angle; learned features do."
)


class MarkedPicture(Picture):
    """A picture with frames, on which one marks a rectangle."""

    marked = Signal(QRect)
    """In pixels of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[QRect] = []
        self.drawn: QRect | None = None
        self.corner: QPointF | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setToolTip("Mark another template with the mouse")

    def pixel(self, position: QPointF) -> QPointF:
        """A place of the widget in pixels of the picture, inside it."""
        where = self.target()
        assert self.image is not None
        x = (position.x() - where.left()) / where.width() * self.image.width()
        y = (position.y() - where.top()) / where.height() * self.image.height()
        return QPointF(min(max(x, 0.0), self.image.width()), min(max(y, 0.0), self.image.height()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.image is not None:
            self.corner = self.pixel(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.corner is not None:
            self.drawn = QRectF(self.corner, self.pixel(event.position())).normalized().toRect()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.corner, drawn, self.drawn = None, self.drawn, None
        if drawn is not None and min(drawn.width(), drawn.height()) >= SMALLEST:
            self.marked.emit(drawn)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.image is None:
            return
        where, painter = self.target(), QPainter(self)
        scale = where.width() / self.image.width()
        for index, frame in enumerate([*self.frames, *([self.drawn] if self.drawn is not None else [])]):
            box = QRectF(where.left() + frame.x() * scale, where.top() + frame.y() * scale, frame.width() * scale, frame.height() * scale)
            for hue, width in ((QColor("black"), 4), (QColor(COLOURS[1 if index == 0 else 0]), 2)):
                painter.setPen(QPen(hue, width))
                painter.drawRect(box)
        painter.end()


class TemplatePage(QWidget):
    """Left the picture with the frames, right the map of correlation."""

    def __init__(self, background: Background, parent: QWidget | None = None):
        super().__init__(parent)
        self.image: np.ndarray | None = None
        self.template = QRect()
        self.map: np.ndarray | None = None
        self.places: list[tuple[int, int]] = []
        self.newest = Newest(background, self)
        self.choice = PictureChoice(background)
        self.choice.names.setCurrentText("temple")
        self.threshold = QSlider(Qt.Orientation.Horizontal, minimum=10, maximum=99, value=60)
        self.threshold.setToolTip("The least correlation that counts: higher leaves fewer frames")
        self.threshold.setAccessibleName("Threshold")
        self.threshold.setMinimumWidth(160)
        self.picture, self.shown = MarkedPicture(), Picture()
        self.note = QLabel(wordWrap=True)
        reading = QLabel(READING, wordWrap=True)
        faint(reading)
        top = FlowLayout(gap=theme.WIDE)
        for widget in (self.choice, beside("Threshold", self.threshold)):
            top.addWidget(widget)
        pictures = Turning((400, 400), (200, 200))
        pictures.addWidget(titled("Picture: mark a template with the mouse", self.picture))
        pictures.addWidget(titled("Correlation", self.shown))
        pictures.setSizes([400, 400])
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(pictures, 1)
        layout.addWidget(self.note)
        layout.addWidget(reading)
        self.choice.chosen.connect(self.take_picture)
        self.choice.failed.connect(self.note.setText)
        self.picture.marked.connect(self.take_template)
        self.threshold.valueChanged.connect(self.show_places)
        self.choice.open_sample()

    def take_picture(self, image: np.ndarray) -> None:
        self.image, self.map = image, None
        self.picture.frames = []
        self.picture.show_pixels(image)
        height, width = image.shape[:2]
        self.take_template(QRect(width * 3 // 10, height * 11 // 20, max(SMALLEST, width // 14), max(SMALLEST, height // 10)))

    def take_template(self, where: QRect) -> None:
        image = self.image
        if image is None:
            return
        self.template = where.intersected(QRect(0, 0, image.shape[1], image.shape[0]))
        rows, columns = self.template.height(), self.template.width()
        piece = image[self.template.y() : self.template.y() + rows, self.template.x() : self.template.x() + columns]
        self.newest.ask(lambda: correlation_map(image, piece), self.show_map)

    def show_map(self, values: np.ndarray) -> None:
        self.map = values
        self.shown.show_pixels((255 * values.clip(0, 1)).round().astype(np.uint8))
        self.show_places()

    def show_places(self, *_: object) -> None:
        if self.map is None:
            return
        rows, columns = self.template.height(), self.template.width()
        least = self.threshold.value() / 100
        self.places = local_maxima(self.map, least, (max(1, rows // 2), max(1, columns // 2)))
        self.picture.frames = [QRect(column, row, columns, rows) for row, column in self.places]
        self.picture.update()
        many = "1 place" if len(self.places) == 1 else f"{len(self.places)} places"
        self.note.setText(f"Template of {rows}x{columns} pixels: {many} with a correlation of at least {least:.2f}.")
