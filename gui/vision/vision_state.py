"""What the Inspect page of a run shows: which image, and which class is explained."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.undo import History
from gui.view_query import PageState
from lab.run import Run


class VisionState(PageState):
    """One classifier as the screen sees it."""

    image_changed = Signal()

    run: Run

    def __init__(self, run: Run, parent: QObject | None = None, history: History | None = None):
        super().__init__(run, parent, history)
        self.image: Any = "test:0"
        self.label = ""

    def show_image(self, image: Any, by_hand: bool = False) -> None:
        """Look at another image: "test:3", a file's path, or an array (H, W[, 3]) uint8."""
        if by_hand:
            self.touch()
        self.image = image
        self.image_changed.emit()
