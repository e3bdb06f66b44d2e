"""A row of widgets that wraps where the width ends."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Places its items from left to right, line by line; its height depends on its width."""

    def __init__(self, parent: QWidget | None = None, gap: int = 3):
        super().__init__(parent)
        self.things: list[QLayoutItem] = []
        self.gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self.things.append(item)

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
        return self.place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self.place(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self.things:
            size = size.expandedTo(item.minimumSize())
        return size

    def place(self, rect: QRect, move: bool) -> int:
        """Go through the items, and place them if `move`; the height that they take."""
        x, y, line = rect.x(), rect.y(), 0
        for item in self.things:
            hint = item.sizeHint()
            if x + hint.width() > rect.right() + 1 and line:
                x, y, line = rect.x(), y + line + self.gap, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), hint))
            x, line = x + hint.width() + self.gap, max(line, hint.height())
        return y + line - rect.y()
