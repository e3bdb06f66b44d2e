"""One's own pictures before a training: how many there are, how large, what they look like, which cannot be read, and what to train."""

import threading
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from gui.background import Background
from gui.generate.image_grid import ImageGrid
from gui.theme import faint
from lab import registry
from lab.config import data_kinds
from lab.data.catalogue import escaped, readable
from lab.data.own_pictures import Look, gather, look
from lab.errors import LabError

POLL_MS = 50


def recipes_of_pictures() -> list[registry.Recipe]:
    """The recipes that can be trained on a folder of pictures."""
    return [
        recipe
        for recipe in registry.recipes().values()
        if "data" in recipe.config_class().model_fields and "images" in data_kinds(recipe.config_class().model_fields["data"])
    ]


class OwnPictures(QDialog):
    """Reads what was dropped or chosen; `wanted` tells the recipe and the value of its setting `data`, once the person agrees."""

    wanted = Signal(str, str)

    def __init__(self, given: list[Path], first: str, background: Background, parent: QWidget | None = None):
        """`first` is the recipe that is offered, where it can be trained on pictures."""
        super().__init__(parent)
        self.setWindowTitle("Your pictures")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 480)
        self.look: Look | None = None
        self.stopped = threading.Event()
        self.so_far = (0, 0)
        self.name = QLabel(f"<b>{escape(readable(given[0].name))}</b>" + (f" and {len(given) - 1:,} more" if len(given) > 1 else ""))
        self.sentence = QLabel("Reading…", wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.grid = ImageGrid("", pickable=False)
        self.grid.setAccessibleName("Some of the pictures")
        self.notes = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        faint(self.notes)
        self.recipe = QComboBox(toolTip="What to train on these pictures")
        self.recipe.addItems([recipe.name for recipe in recipes_of_pictures()])
        self.recipe.setCurrentIndex(
            max(0, self.recipe.findText(first) if self.recipe.findText(first) >= 0 else self.recipe.findText("vae"))
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = self.buttons.addButton("Use these pictures", QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setEnabled(False)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        label = QLabel("Train")
        label.setBuddy(self.recipe)
        row.addWidget(label)
        row.addWidget(self.recipe)
        row.addStretch(1)
        row.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        for part in (self.name, self.sentence, self.progress):
            layout.addWidget(part)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.notes)
        layout.addLayout(row)
        self.timer = QTimer(self, interval=POLL_MS)
        self.timer.timeout.connect(self.show_progress)
        self.timer.start()
        self.finished.connect(lambda _: self.end())
        background.submit(lambda: look(gather(given), self.tell, self.stopped), self.show_look, self.show_error, receiver=self)

    def tell(self, done: int, of: int) -> None:
        """Called by the reading thread."""
        self.so_far = (done, of)

    def show_progress(self) -> None:
        done, of = self.so_far
        if of:
            self.progress.setRange(0, of)
            self.progress.setValue(done)
            self.sentence.setText(f"Reading {done:,} of {of:,}…")

    def show_look(self, result: Look) -> None:
        self.end()
        self.look = result
        self.name.setText(f"<b>{escape(readable(result.folder.name))}</b>")
        self.name.setToolTip(escape(readable(result.folder)))
        self.sentence.setText(result.sentence)
        if len(result.thumbnails):
            self.grid.show_images(result.thumbnails)
        self.notes.setText("\n".join(result.notes))
        self.use.setEnabled(result.count > 0)
        self.use.setDefault(True)

    def show_error(self, error: BaseException) -> None:
        self.end()
        self.sentence.setText(str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}")

    def end(self) -> None:
        self.stopped.set()
        self.timer.stop()
        self.progress.hide()

    def accept(self) -> None:
        if self.look is not None:
            self.wanted.emit(self.recipe.currentText(), f"folder:{escaped(self.look.folder)}")
        super().accept()
