"""A text that changes several times a second, such as a speed."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

TALLEST = 10_000


class FastLabel(QWidget):
    """Plain text that repaints only itself. A QLabel with another text has the whole window laid out and painted again, as its
    size may have changed; this one asks for that only when it grows out of its room."""

    def __init__(
        self, text: str = "", wrap: bool = False, align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft, parent: QWidget | None = None
    ):
        super().__init__(parent)
        self.words, self.wrap = text, wrap
        self.flags = int(align | Qt.AlignmentFlag.AlignVCenter | (Qt.TextFlag.TextWordWrap if wrap else Qt.AlignmentFlag(0)))
        self.widest, self.lines = 0, 0
        policy = QSizePolicy(QSizePolicy.Policy.Ignored if wrap else QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(wrap)
        self.setSizePolicy(policy)

    def text(self) -> str:
        return self.words

    def setText(self, text: str) -> None:
        if text == self.words:
            return
        self.words = text
        self.setAccessibleName(text)
        if self.wrap:
            if self.needed(self.width()) != self.lines:
                self.fit()
        elif self.fontMetrics().horizontalAdvance(text) > self.widest:
            self.updateGeometry()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.widest = 0
            self.fit()

    def fit(self) -> None:
        self.lines = self.needed(self.width())
        self.updateGeometry()

    def needed(self, width: int) -> int:
        """Pixels that the text is tall in a column of `width`."""
        return max(
            self.fontMetrics().height(),
            self.fontMetrics().boundingRect(QRect(0, 0, max(width, 1), TALLEST), self.flags, self.words).height(),
        )

    def heightForWidth(self, width: int) -> int:
        return self.needed(width)

    def sizeHint(self) -> QSize:
        self.widest = max(self.widest, self.fontMetrics().horizontalAdvance(self.words))
        return QSize(self.widest, self.needed(self.width()) if self.wrap else self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height()) if self.wrap else self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.wrap and self.needed(self.width()) != self.lines:
            self.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole() if self.isEnabled() else QPalette.ColorRole.PlaceholderText))
        painter.drawText(self.rect(), self.flags, self.words)
        painter.end()
