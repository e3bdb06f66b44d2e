"""Pictures in a grid that can be picked, by the mouse or with the arrow keys and Space."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.theme import colour
from gui.widgets.picture import to_image
from lab.answers import Images
from lab.answers.images import ink_on


def mosaic(pixels: np.ndarray, columns: int) -> np.ndarray:
    """Pictures (N, H, W[, 3]) side by side as one, `columns` to a row; what is missing in the last row is black."""
    n, height, width = pixels.shape[:3]
    rows = -(-n // columns)
    whole = np.zeros((rows * columns, *pixels.shape[1:]), np.uint8)
    whole[:n] = pixels
    grid = whole.reshape(rows, columns, *pixels.shape[1:]).swapaxes(1, 2)
    return np.ascontiguousarray(grid).reshape(rows * height, columns * width, *pixels.shape[3:])


class ImageGrid(QWidget):
    """Draws an `Images` answer; `badges` marks tiles with a word each."""

    picked = Signal(int)
    """The number of a tile that was clicked, or chosen with Space or Enter."""

    def __init__(self, text: str, pickable: bool = True, parent: QWidget | None = None):
        super().__init__(parent)
        self.text, self.pickable = text, pickable
        self.image: QImage | None = None
        self.count, self.columns, self.side = 0, 1, (1, 1)
        self.image_columns = 1
        self.smooth = False
        self.fits = False
        """Whether the columns follow the widget's shape, so that the tiles are as large as can be."""
        self.badges: dict[int, str] = {}
        self.row_names: list[str] = []
        self.column_names: list[str] = []
        self.chosen = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        if pickable:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setMouseTracking(True)

    # -- content ---------------------------------------------------------------------------------------------------

    def show_images(self, pixels: np.ndarray, columns: int = 0) -> None:
        """Show pictures (N, H, W[, 3]) uint8, `columns` to a row; as many as fit best where it is 0."""
        self.count, self.fits = len(pixels), columns < 1
        self.side = (pixels.shape[2], pixels.shape[1])
        self.image_columns = max(1, columns or round(self.count**0.5))
        self.image = to_image(mosaic(pixels, self.image_columns))
        self.columns = max(1, columns)
        self.fit()
        self.chosen = min(self.chosen, self.count - 1)
        self.update()

    def show_answer(self, answer: Images) -> None:
        self.show_images(answer.pixels, answer.columns)

    def show_text(self, text: str) -> None:
        """Say why there are no pictures."""
        self.image, self.text, self.count = None, text, 0
        self.update()

    def set_badges(self, badges: dict[int, str]) -> None:
        if badges != self.badges:
            self.badges = badges
            self.update()

    def name(self, rows: list[str], columns: list[str]) -> None:
        """Write a name before each row and over each column."""
        self.row_names, self.column_names = rows, columns
        self.update()

    # -- geometry --------------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """The number of columns that makes the tiles largest."""
        if self.fits and self.count:

            def size(columns: int) -> float:
                return min(self.width() / columns / self.side[0], self.height() / -(-self.count // columns) / self.side[1])

            self.columns = max(range(1, self.count + 1), key=size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def sizeHint(self) -> QSize:
        return QSize(280, 280)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 100)

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    def area(self) -> QRectF:
        """Where the tiles lie: as large as fits, in the middle."""
        metrics = self.fontMetrics()
        left = max((metrics.horizontalAdvance(name) for name in self.row_names), default=-8) + 8
        top = metrics.height() + 4 if any(self.column_names) else 0
        room = QRectF(left, top, self.width() - left, self.height() - top)
        if not self.count:
            return room
        across, down = self.columns * self.side[0], self.rows * self.side[1]
        scale = min(room.width() / across, room.height() / down)
        width, height = across * scale, down * scale
        return QRectF(room.left() + (room.width() - width) / 2, room.top() + (room.height() - height) / 2, width, height)

    def tile(self, index: int) -> QRectF:
        """Where tile `index` lies in the widget."""
        area = self.area()
        width, height = area.width() / self.columns, area.height() / max(1, self.rows)
        x, y = index % self.columns, index // self.columns
        return QRectF(area.left() + x * width, area.top() + y * height, width, height).adjusted(0, 0, -theme.THIN, -theme.THIN)

    def at(self, point: QPointF) -> int:
        """The tile under a point, or -1."""
        area = self.area()
        if self.image is None or not area.contains(point):
            return -1
        column = int((point.x() - area.left()) / area.width() * self.columns)
        row = int((point.y() - area.top()) / area.height() * self.rows)
        index = row * self.columns + min(column, self.columns - 1)
        return index if index < self.count else -1

    # -- hand and keys ---------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.at(event.position())
        if self.pickable and event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.chosen = index
            self.picked.emit(index)
            self.update()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self.pickable and self.at(event.position()) >= 0
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self.columns, Qt.Key.Key_Down: self.columns,
        }.get(Qt.Key(event.key()))  # fmt: skip
        if not self.pickable or not self.count:
            super().keyPressEvent(event)
        elif step is not None:
            if 0 <= self.chosen + step < self.count:
                self.chosen += step
                self.update()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.picked.emit(self.chosen)
        else:
            super().keyPressEvent(event)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.image is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.text)
            painter.end()
            return
        width, height = self.side
        first = self.tile(0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth or first.width() < width)
        for i in range(self.count):
            x, y = i % self.image_columns, i // self.image_columns
            painter.drawImage(self.tile(i), self.image, QRectF(x * width, y * height, width, height))
        self.draw_names(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i, badge in self.badges.items():
            if i < self.count:
                draw_badge(painter, self.tile(i), badge)
        if self.hasFocus() and self.pickable:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2, Qt.PenStyle.DotLine))
            painter.drawRect(self.tile(self.chosen).adjusted(1, 1, -1, -1))
        painter.end()

    def draw_names(self, painter: QPainter) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        for row, name in enumerate(self.row_names[: self.rows]):
            where = self.tile(row * self.columns)
            painter.drawText(QRectF(0, where.top(), where.left() - 6, where.height()), flags, name)
        if any(self.column_names):
            height = self.fontMetrics().height() + 4
            for column, name in enumerate(self.column_names[: self.columns]):
                where = self.tile(column)
                shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(where.width()))
                painter.drawText(QRectF(where.left(), where.top() - height, where.width(), height), Qt.AlignmentFlag.AlignCenter, shown)


def set_smooth(root: QWidget, smooth: bool) -> None:
    """Whether the pictures in `root` are smoothed when enlarged, or show their pixels."""
    for widget in root.findChildren(QWidget):
        if getattr(widget, "smooth", smooth) != smooth:
            widget.smooth = smooth  # type: ignore[attr-defined]
            widget.update()


BADGE_COLOURS = {"A": colour(2), "B": colour(3), "C": colour(4)}


def draw_badge(painter: QPainter, where: QRectF, badge: str) -> None:
    """A frame around a tile with a word in its corner."""
    hue = QColor(BADGE_COLOURS.get(badge[:1], colour(1)))
    painter.setPen(QPen(hue, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(where.adjusted(1, 1, -1, -1))
    metrics = painter.fontMetrics()
    corner = QRectF(where.left(), where.top(), metrics.horizontalAdvance(badge) + 6, metrics.height())
    painter.fillRect(corner, hue)
    painter.setPen(QColor(*ink_on((hue.red(), hue.green(), hue.blue()))))
    painter.drawText(corner, Qt.AlignmentFlag.AlignCenter, badge)
