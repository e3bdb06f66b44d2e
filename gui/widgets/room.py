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


class Held(QWidget):
    """Holds `page` in a scroll area, which gives a widget whose height depends on its width the height that it likes best, not the least."""

    def __init__(self, page: QWidget):
        super().__init__()
        self.page = page
        page.setParent(self)

    def sizeHint(self) -> QSize:
        return self.page.sizeHint()

    def minimumSizeHint(self) -> QSize:
        least, layout = self.page.minimumSizeHint().expandedTo(self.page.minimumSize()), self.page.layout()
        if layout is not None and layout.hasHeightForWidth():
            viewport = self.parentWidget()
            width = max(least.width(), viewport.width() if viewport is not None else 0)
            least.setHeight(max(self.page.minimumHeight(), layout.totalMinimumHeightForWidth(width)))
        return least

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.page.setGeometry(self.rect())


class Scroller(QScrollArea):
    """Shows `widget` as large as there is room, and scrolls where there is less than `most` and than the widget needs."""

    def __init__(self, widget: QWidget, most: tuple[int, int], parent: QWidget | None = None):
        super().__init__(parent, widgetResizable=True)
        self.page, self.most = widget, QSize(*most)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.held = Held(widget)
        self.setWidget(self.held)
        for each in (widget, self.held, self.viewport()):  # The ground is the window's.
            each.setAutoFillBackground(False)
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
        least = self.held.minimumSizeHint()
        if least.height() > min(self.most.height(), self.height()):  # Then there is a bar at the side.
            least.setWidth(least.width() + self.verticalScrollBar().sizeHint().width())
        return least.boundedTo(self.most)


class Turning(QSplitter):
    """Widgets side by side, or one above the other where they are too wide for that."""

    def __init__(self, across: tuple[int, ...], down: tuple[int, ...], parent: QWidget | None = None):
        """The sizes that the widgets have at first, side by side and one above the other."""
        super().__init__(Qt.Orientation.Horizontal, parent, childrenCollapsible=False)
        self.sizes_of = {Qt.Orientation.Horizontal: across, Qt.Orientation.Vertical: down}

    def least(self) -> list[QSize]:
        """The least sizes of the widgets that are shown."""
        widgets = [widget for i in range(self.count()) if (widget := self.widget(i)) is not None and not widget.isHidden()]
        return [widget.minimumSizeHint().expandedTo(widget.minimumSize()) for widget in widgets]

    def need(self) -> int:
        """The width at which they stand side by side."""
        least = self.least()
        return sum(size.width() for size in least) + self.handleWidth() * max(0, len(least) - 1)

    def minimumSizeHint(self) -> QSize:
        least = self.least()
        tall = [size.height() for size in least]
        across = self.orientation() == Qt.Orientation.Horizontal
        return QSize(max((size.width() for size in least), default=0), max(tall, default=0) if across else sum(tall))

    def turn(self) -> None:
        """Take the orientation that the width allows."""
        wanted = Qt.Orientation.Horizontal if self.need() <= self.width() else Qt.Orientation.Vertical
        if wanted != self.orientation():
            self.setOrientation(wanted)
            self.setSizes(list(self.sizes_of[wanted]))
            self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.FontChange):
            self.turn()
        return super().event(event)


class SideBySide(QSplitter):
    """Widgets side by side, of which its owner shows as many as fit: it needs the room of the widest alone."""

    def minimumSizeHint(self) -> QSize:
        widgets = [widget for i in range(self.count()) if (widget := self.widget(i)) is not None]
        shown = [widget.minimumSizeHint() for widget in widgets if not widget.isHidden()]
        return QSize(max((size.width() for size in shown), default=0), max((size.height() for size in shown), default=0))
