"""Pictures with captions in a list; a click, or Enter, opens one."""

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QLabel, QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui import theme
from gui.theme import faint
from gui.widgets.picture import to_image

SIDE = 64


class GalleryView(QWidget):
    """Shows a `lab.recipes.vision.image_pictures.Gallery`; `opened` carries the name of the picture that was chosen."""

    opened = Signal(str)

    def __init__(self, nothing: str, key: str, parent: QWidget | None = None):
        """`nothing` stands where there are no images, `key` explains the captions."""
        super().__init__(parent)
        self.nothing, self.key = nothing, key
        self.specs: list[str] = []
        self.note = QLabel("", wordWrap=True)
        faint(self.note)
        self.list = QListWidget()
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setSpacing(theme.GAP)
        self.list.setWordWrap(True)
        self.list.setToolTip("Click an image, or press Enter, to inspect it")
        self.list.itemClicked.connect(self.open_item)
        self.list.itemActivated.connect(self.open_item)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.note)
        layout.addWidget(self.list, 1)

    def open_item(self, item: QListWidgetItem) -> None:
        self.opened.emit(str(item.data(Qt.ItemDataRole.UserRole)))

    def show_answer(self, answer: Any) -> None:
        """Show the pictures, unless they are those that are shown."""
        captions = list(answer.captions)
        title = f"{answer.title[:1].upper()}{answer.title[1:]}. " if answer.title else ""
        self.note.setText(title + (self.key if answer.specs else self.nothing))
        if answer.specs == self.specs and captions == [self.list.item(i).toolTip() for i in range(self.list.count())]:
            return
        self.specs = list(answer.specs)
        self.list.clear()
        for spec, caption, pixels in zip(self.specs, captions, answer.pixels, strict=False):
            image = to_image(pixels).scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.FastTransformation)
            item = QListWidgetItem(QIcon(QPixmap.fromImage(image)), caption)
            item.setData(Qt.ItemDataRole.UserRole, spec)
            item.setToolTip(caption)
            self.list.addItem(item)

    def show_note(self, text: str) -> None:
        """Say why there is nothing."""
        self.specs = []
        self.list.clear()
        self.note.setText(text)
        self.note.show()
