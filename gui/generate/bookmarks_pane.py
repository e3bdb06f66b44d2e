"""The bookmarks of a run's latent space: pictures with names, drawn anew while the network learns; kept with the run."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Action
from gui.generate.latent_state import LatentState
from gui.theme import faint
from gui.view_query import ViewQuery
from gui.widgets import icons
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import icon_of, to_image
from lab.bookmarks import Bookmark, keep, python
from lab.errors import LabError

MENU = "&Bookmarks"
ADD = Action(
    "bookmark", "Bookmark this point", "Keep the z of the picture on this page", lambda browser: browser.bookmark(), "Ctrl+Shift+B", MENU
)
NEXT = Action("next_bookmark", "Next bookmark", "Go to the next bookmark", lambda browser: browser.kept.go(1), "Ctrl+Alt+Down", MENU)
PREVIOUS = Action(
    "previous_bookmark", "Previous bookmark", "Go to the previous bookmark", lambda browser: browser.kept.go(-1), "Ctrl+Alt+Up", MENU
)
WALK = Action(
    "walk_bookmarks", "Walk between bookmarks", "Use the selected bookmarks, or the first four, as the anchors of the walk",
    lambda browser: browser.kept.walk(), "Ctrl+Alt+W", MENU,
)  # fmt: skip
COPY = Action(
    "copy_bookmark", "Copy as Python", "Copy the numbers of the bookmark in front as Python", lambda browser: browser.kept.copy(),
    "Ctrl+Alt+B", MENU,
)  # fmt: skip
REMOVE = Action("remove_bookmark", "Remove", "Remove the selected bookmarks", lambda browser: browser.kept.remove(), "Ctrl+Shift+Del", MENU)
ACTIONS = (ADD, NEXT, PREVIOUS, WALK, COPY, REMOVE)
NONE = "No bookmarks yet. Find a point on a page, then press + above, or Ctrl+Shift+B."
SIDE = 56


class BookmarksPane(QWidget):
    """`picked` tells the anchor of the bookmark that was clicked; `wanted` that the point in front should be kept."""

    picked = Signal(str)
    wanted = Signal()
    walk_wanted = Signal()

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(parent)
        self.state = state
        self.list = QListWidget(viewMode=QListView.ViewMode.IconMode, resizeMode=QListView.ResizeMode.Adjust, wordWrap=True)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.SelectedClicked)
        self.list.setToolTip("Click to use a bookmark on this page; F2 renames it, Ctrl selects several")
        self.list.setAccessibleName("Bookmarks")
        self.list.itemClicked.connect(lambda item: self.pick(self.list.row(item)))
        self.list.itemActivated.connect(lambda item: self.pick(self.list.row(item)))
        self.list.itemChanged.connect(self.renamed)
        self.buttons = FlowLayout()
        walk = QToolButton(text="Walk", toolTip=WALK.tooltip, autoRaise=True)
        walk.clicked.connect(self.walk)
        for button in (
            icons.IconButton(icons.add, "Add", ADD.tooltip, self.wanted.emit),
            walk,
            icons.IconButton(icons.copy, "Python", COPY.tooltip, self.copy),
            icons.IconButton(icons.close, "Remove", REMOVE.tooltip, self.remove),
        ):
            self.buttons.addWidget(button)
        self.note = QLabel(NONE, wordWrap=True)
        faint(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self.buttons)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.note)
        self.drawing = ViewQuery(state, "gallery", self.parameters, self.show_pictures, self.say, interval=1.0)
        state.bookmarks_changed.connect(self.show_bookmarks)
        self.show_bookmarks()

    def parameters(self) -> dict[str, Any] | None:
        kept = self.state.bookmarks
        if not kept:
            return None
        return {"anchors": ";".join(one.anchor for one in kept), "labels": ",".join(str(one.label) for one in kept)}

    def say(self, sentence: str) -> None:
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))

    def show_bookmarks(self) -> None:
        """The names at once; their pictures as soon as they are drawn."""
        line = self.list.fontMetrics()
        self.list.setGridSize(QSize(max(SIDE + 12, line.horizontalAdvance("Bookmark 0") + 4), SIDE + 12 + 2 * line.lineSpacing()))
        self.list.blockSignals(True)
        while self.list.count() > len(self.state.bookmarks):
            self.list.takeItem(self.list.count() - 1)
        for i, one in enumerate(self.state.bookmarks):
            if i == self.list.count():
                item = QListWidgetItem()
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                self.list.addItem(item)
            self.list.item(i).setText(one.name)
        self.list.blockSignals(False)
        self.say("" if self.state.bookmarks else NONE)
        self.drawing.stale = True

    def show_pictures(self, answer: Any) -> None:
        self.list.blockSignals(True)
        for i, pixels in enumerate(answer.pixels[: self.list.count()]):
            mode = Qt.TransformationMode.SmoothTransformation if self.state.smooth else Qt.TransformationMode.FastTransformation
            picture = to_image(pixels).scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, mode)
            self.list.item(i).setIcon(icon_of(QPixmap.fromImage(picture)))
        self.list.blockSignals(False)

    # -- what can be done ------------------------------------------------------------------------------------------

    def add(self, z: tuple[float, ...], label: int) -> None:
        """Keep a point under a name that can be typed over at once."""
        taken = {one.name for one in self.state.bookmarks}
        name = next(name for i in range(1, len(taken) + 2) if (name := f"Bookmark {i}") not in taken)
        if self.change((*self.state.bookmarks, Bookmark(name, z, label))):
            item = self.list.item(self.list.count() - 1)
            self.list.setCurrentItem(item)
            if self.isVisible():
                self.list.editItem(item)

    def change(self, bookmarks: tuple[Bookmark, ...]) -> bool:
        """Keep these from now on; whether they could be written down."""
        try:
            keep(self.state.run, bookmarks)
        except LabError as error:
            self.show_bookmarks()
            self.say(str(error))
            return False
        self.state.set_bookmarks(bookmarks)
        return True

    def renamed(self, item: QListWidgetItem) -> None:
        i, name = self.list.row(item), " ".join(item.text().split())
        kept = self.state.bookmarks
        if i < len(kept) and kept[i].name != name:
            new = replace(kept[i], name=name) if name else kept[i]
            self.change((*kept[:i], new, *kept[i + 1 :]))

    def pick(self, i: int) -> None:
        one = self.state.bookmarks[i]
        if self.state.conditional:
            self.state.set_label(one.label)
        self.picked.emit(one.anchor)

    def go(self, by: int) -> None:
        """Go to the bookmark behind (1) or before (-1) the one in front."""
        count = self.list.count()
        if count:
            row = (self.list.currentRow() + by) % count if self.list.currentRow() >= 0 else 0
            self.list.setCurrentRow(row)
            self.pick(row)

    def selected(self) -> list[int]:
        return sorted(index.row() for index in self.list.selectedIndexes())

    def walk(self) -> None:
        """The selected bookmarks, or the first four, become the anchors of the walk."""
        rows = self.selected() if len(self.selected()) > 1 else list(range(self.list.count()))
        if len(rows) < 2:
            self.say("A walk needs two bookmarks or more.")
            return
        self.state.set_anchors([self.state.bookmarks[i].anchor for i in rows[:4]])
        self.walk_wanted.emit()

    def copy(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self.state.bookmarks):
            QApplication.clipboard().setText(python(self.state.run, self.state.bookmarks[row]))
            self.say(f"Copied {self.state.bookmarks[row].name} as Python.")

    def remove(self) -> None:
        gone = set(self.selected())
        if gone:
            self.change(tuple(one for i, one in enumerate(self.state.bookmarks) if i not in gone))
