"""Windows that fit their screen, and containers that need little room."""

from PySide6.QtCore import QEvent, QMargins, QObject, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QStackedWidget, QWidget

FRAME = QMargins(4, 36, 4, 4)
"""What a window's frame takes, which is not known before the window shows."""


def inside(wanted: QRect, available: QRect) -> QRect:
    """`wanted`, made smaller and moved where it must be so that it and its frame lie in `available`."""
    free = available.marginsRemoved(FRAME)
    placed = QRect(wanted.topLeft(), wanted.size().boundedTo(free.size()))
    placed.moveLeft(max(free.left(), min(placed.left(), free.right() + 1 - placed.width())))
    placed.moveTop(max(free.top(), min(placed.top(), free.bottom() + 1 - placed.height())))
    return placed


def fit_screen(window: QWidget) -> None:
    """Make a window that is to be shown lie inside of its screen."""
    window.setGeometry(inside(window.geometry(), window.screen().availableGeometry()))


class FrontStack(QStackedWidget):
    """A stack that needs the room of the page in front, not of the largest one."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.currentChanged.connect(lambda _: self.updateGeometry())

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.minimumSizeHint().expandedTo(page.minimumSize()) if page is not None else QSize()


class Scroller(QScrollArea):
    """Shows `widget` as large as there is room, and scrolls where there is less than `most` and than the widget needs."""

    def __init__(self, widget: QWidget, most: tuple[int, int], parent: QWidget | None = None):
        super().__init__(parent, widgetResizable=True)
        self.page, self.most = widget, QSize(*most)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(widget)
        widget.setAutoFillBackground(False)  # The ground is the window's.
        self.viewport().setAutoFillBackground(False)
        widget.installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().height() != event.oldSize().height():
            self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        return self.page.sizeHint()

    def minimumSizeHint(self) -> QSize:
        least = self.page.minimumSizeHint().expandedTo(self.page.minimumSize())
        if least.height() > min(self.most.height(), self.height()):  # Then there is a bar at the side.
            least.setWidth(least.width() + self.verticalScrollBar().sizeHint().width())
        return least.boundedTo(self.most)


class SideBySide(QSplitter):
    """Widgets side by side, of which its owner shows as many as fit: it needs the room of the widest alone."""

    def minimumSizeHint(self) -> QSize:
        widgets = [widget for i in range(self.count()) if (widget := self.widget(i)) is not None]
        shown = [widget.minimumSizeHint() for widget in widgets if not widget.isHidden()]
        return QSize(max((size.width() for size in shown), default=0), max((size.height() for size in shown), default=0))
