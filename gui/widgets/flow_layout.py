"""A row of widgets that wraps where the width ends."""

from collections.abc import Iterator

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from gui import theme


class FlowLayout(QLayout):
    """Places its items from left to right, line by line; its height depends on its width. Items that can grow share what is left of their line."""

    def __init__(self, parent: QWidget | None = None, gap: int = theme.GAP):
        super().__init__(parent)
        things: list[QLayoutItem] = []
        self.things = things
        self.destroyed.connect(lambda: things.clear())  # Qt destroys the items with the layout, whose Python side may live on.
        self.gap = gap
        self.tall = 0
        """Pixels that the lines take at the present width: the least height, which Qt asks for without a width."""
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self.things.append(item)

    def insert(self, index: int, widget: QWidget) -> None:
        """Put a widget before the item at `index`."""
        self.addWidget(widget)
        self.things.insert(index, self.things.pop())
        self.invalidate()

    def count(self) -> int:
        return len(self.things)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self.things[index] if 0 <= index < len(self.things) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self.things.pop(index) if 0 <= index < len(self.things) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = [line_height(line) for line in self.lines(width)]
        return sum(lines) + self.gap * max(0, len(lines) - 1)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        y = rect.y()
        for line in self.lines(rect.width()):
            self.place(line, rect, y)
            y += line_height(line) + self.gap
        tall = max(0, y - self.gap - rect.y())
        if tall != self.tall:
            self.tall = tall
            self.invalidate()
            parent = self.parentWidget()
            if parent is not None:
                parent.updateGeometry()

    def sizeHint(self) -> QSize:
        """All in one line."""
        shown = [item.sizeHint() for item in self.shown()]
        width = sum(hint.width() for hint in shown) + self.gap * max(0, len(shown) - 1)
        return QSize(width, max((hint.height() for hint in shown), default=0))

    def minimumSize(self) -> QSize:
        size = QSize(0, self.tall)
        for item in self.shown():
            size = size.expandedTo(item.minimumSize())
        return size

    def shown(self) -> Iterator[QLayoutItem]:
        return (item for item in self.things if not item.isEmpty())

    def lines(self, width: int) -> list[list[QLayoutItem]]:
        """The items that are shown, line by line."""
        lines: list[list[QLayoutItem]] = []
        x = 0
        for item in self.shown():
            wide = item.sizeHint().width()
            if not lines or x + wide > width:
                lines.append([])
                x = 0
            lines[-1].append(item)
            x += wide + self.gap
        return lines

    def place(self, line: list[QLayoutItem], rect: QRect, y: int) -> None:
        """Put a line's items where they belong, in the middle of its height."""
        taken = sum(item.sizeHint().width() for item in line) + self.gap * (len(line) - 1)
        growing = [item for item in line if item.expandingDirections() & Qt.Orientation.Horizontal]
        spare, x, height = max(0, rect.width() - taken), rect.x(), line_height(line)
        for item in line:
            hint = item.sizeHint()
            wide = min(hint.width() + (spare // len(growing) if item in growing else 0), rect.width())
            item.setGeometry(QRect(x, y + (height - hint.height()) // 2, wide, hint.height()))
            x += wide + self.gap


def line_height(line: list[QLayoutItem]) -> int:
    return max(item.sizeHint().height() for item in line)
