"""A confusion matrix as coloured cells: blue where right, orange where wrong, the stronger the larger the share of the true class."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from gui.theme import colour
from lab.answers import Confusion
from lab.answers.images import ink_on

MOST_ALPHA = 0.85
"""How much of the colour is in the cell of a class that is always right, or always wrong."""


class ConfusionView(QTableWidget):
    """Rows are true classes, columns predicted ones. `picked` tells the true and the predicted class of a cell that was chosen."""

    picked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.answer: Confusion | None = None
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setToolTip("Rows: true class. Columns: predicted class. Blue is right, orange wrong")
        self.setAccessibleName("Confusion matrix")
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(24)
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.cellClicked.connect(self.pick)
        self.cellActivated.connect(self.pick)

    def show_answer(self, answer: Confusion) -> None:
        self.answer = answer
        classes, shares = answer.columns[1:], answer.shares()
        self.setRowCount(len(classes))
        self.setColumnCount(len(classes))
        self.setHorizontalHeaderLabels(classes)
        self.setVerticalHeaderLabels(classes)
        ground = self.palette().color(self.backgroundRole())
        for i, row in enumerate(answer.rows):
            for j, count in enumerate(row[1:]):
                item = self.item(i, j) or QTableWidgetItem()
                share = float(shares[i, j])
                hue = mixed(QColor(colour(0 if i == j else 1)), ground, MOST_ALPHA * share**0.5)
                item.setText(str(count) if count else "")
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                item.setBackground(hue)
                item.setForeground(QColor(*ink_on((hue.red(), hue.green(), hue.blue()))))
                item.setToolTip(f"{count:,} of class {classes[i]} ({share:.1%}), predicted {classes[j]}. Click to see them")
                if self.item(i, j) is None:
                    self.setItem(i, j, item)

    def pick(self, row: int, column: int) -> None:
        if self.answer is not None:
            classes = self.answer.columns[1:]
            self.picked.emit(classes[row], classes[column])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "answer", None) is not None:
            self.show_answer(self.answer)  # type: ignore[arg-type]


def mixed(front: QColor, back: QColor, alpha: float) -> QColor:
    """`front` laid over `back`."""
    parts = zip((front.red(), front.green(), front.blue()), (back.red(), back.green(), back.blue()), strict=True)
    return QColor(*(round(alpha * a + (1 - alpha) * b) for a, b in parts))
