"""True against predicted classes, below the Inspect page: a click on a cell shows its images."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox

from gui.page import Page
from gui.vision.gallery import GalleryView
from gui.widgets.confusion_view import ConfusionView
from gui.widgets.room import Turning

CELLS = "Rows are true classes, columns predicted ones; blue is right, orange wrong. Click a cell to see its images."


class ConfusionTab(Turning):
    """`page` asks for what is seen here; `split` is the part of the data that is counted."""

    opened = Signal(str)
    """An image of the data was clicked."""

    def __init__(self, page: Page, split: QComboBox):
        super().__init__((380, 260), (220, 160))
        self.split = split
        self.matrix = ConfusionView()
        self.matrix.picked.connect(self.show_cell)
        self.confused_classes: tuple[str, str] | None = None
        self.cell = GalleryView("No image.", "The number is the probability of the predicted class.")
        self.cell.show_note(CELLS)
        self.cell.opened.connect(self.opened)
        self.addWidget(self.matrix)
        self.addWidget(self.cell)
        self.setSizes([380, 260])
        self.counts = page.query(
            "confusion", lambda: {"split": self.split.currentText()}, self.matrix.show_answer, self.cell.show_note, 1.0
        )
        self.cells = page.query("confused", self.cell_parameters, self.cell.show_answer, self.cell.show_note, 1.0)

    def show_cell(self, true: str, predicted: str) -> None:
        """Show the images of a cell of the matrix."""
        self.confused_classes = (true, predicted)
        self.cells.ask()

    def cell_parameters(self) -> dict[str, Any] | None:
        if self.confused_classes is None:
            return None
        true, predicted = self.confused_classes
        return {"true": true, "predicted": predicted, "split": self.split.currentText()}
