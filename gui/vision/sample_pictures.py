"""Pictures to try things on: two photographs that come with scikit-learn, or a file of one's own; and who computes with them meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from gui import theme
from gui.background import Background
from gui.widgets.dropped_file import dropped_file
from gui.widgets.open_dialog import ask_picture
from lab.data.photographs import SAMPLES, sample_file

LARGEST_SIDE = 320
"""Pictures are shrunk to this many pixels, so that their pixels can be seen and nothing takes long."""


def read_picture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8, shrunk to `LARGEST_SIDE`. Raises LabError where the file cannot be read."""
    from lab.data.image_reader import read_image

    image = read_image(path)
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return np.asarray(image.convert("RGB"))


class PictureChoice(QWidget):
    """Chooses a picture, and tells it when it has been read."""

    chosen = Signal(object)
    """(H, W, 3) uint8."""
    failed = Signal(str)

    def __init__(self, background: Background, parent: QWidget | None = None):
        super().__init__(parent)
        self.background = background
        self.names = QComboBox(toolTip="A photograph to try it on")
        self.names.setAccessibleName("Picture")
        self.names.addItems(list(SAMPLES))
        self.file_button = QPushButton("File…", toolTip="Open a picture of your own, or drop one here")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        for widget in (QLabel("Picture"), self.names, self.file_button):
            row.addWidget(widget)
        self.names.activated.connect(lambda _: self.open_sample())
        self.file_button.clicked.connect(self.ask_file)
        self.setAcceptDrops(True)

    def open_sample(self) -> None:
        self.open_file(sample_file(self.names.currentText()))

    def open_file(self, path: Path) -> None:
        self.background.submit(lambda: read_picture(path), self.chosen.emit, lambda error: self.failed.emit(str(error)), receiver=self)

    def ask_file(self) -> None:
        path = ask_picture(self)
        if path is not None:
            self.open_file(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        name = dropped_file(event)
        if name:
            self.open_file(Path(name))


class Newest:
    """Runs functions in the background and hands over the newest one's result alone."""

    def __init__(self, background: Background, receiver: QWidget):
        self.background, self.receiver, self.asked, self.waiting = background, receiver, 0, False

    def ask(self, function: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.asked += 1
        number, self.waiting = self.asked, True

        def hand_over(result: Any) -> None:
            if number == self.asked:
                self.waiting = False
                done(result)

        self.background.submit(function, hand_over, receiver=self.receiver)
