"""The codes of a picture as a grid one paints in with the entries of the codebook, and how much each entry is used."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QSplitter, QTabWidget, QToolButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.generate.image_grid import ImageGrid
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.theme import faint
from gui.widgets.answer_view import AnswerView
from gui.widgets.picture import Picture
from gui.widgets.stroke import Stroke
from gui.widgets.titled import titled

RESET = Action("reset_codes", "Reset", "Restore the picture's own codes", lambda page: page.reset(), "Ctrl+Alt+Backspace", "&Codes")
REDRAW = Action(
    "redraw_codes",
    "Redraw",
    "Let the prior draw the places from the chosen one on anew",
    lambda page: page.redraw(),
    "Ctrl+Alt+X",
    "&Codes",
)


class PaintedGrid(Stroke, ImageGrid):
    """A grid of tiles: dragging paints each tile that the hand passes."""

    painted = Signal(int)
    """The number of a tile that the brush touched."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.last = index
            self.paint(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and self.last is not None and index >= 0 and index != self.last:
            self.last = index
            self.paint(index)

    def paint(self, index: int) -> None:
        self.chosen = index
        self.painted.emit(index)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.count:
            self.paint(self.chosen)
        else:
            super().keyPressEvent(event)


class CodesPage(LatentPage):
    """Left the grid of codes, right what it decodes to; below the entries to paint with, and their use."""

    title: ClassVar[str] = "Codes"
    tip: ClassVar[str] = "Paint with the entries of the codebook in the grid of a picture's codes"
    reading: ClassVar[str] = (
        "Each tile shows what its entry stands for: the mean of the places of test images that have it. The picture beside the grid is decoded from all its entries together. Pick one below and paint."
    )
    needs: ClassVar[tuple[str, ...]] = ("entries", "code_grid", "decode_codes")
    ACTIONS: ClassVar[tuple[Action, ...]] = (RESET, REDRAW)
    hint: ClassVar[str] = "Click a sample or a test image to see its codes."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.anchor = "0@0"
        self.codes = np.zeros((0, 0), int)
        self.own = self.codes
        """The codes before the hand changed any."""
        self.brush = 0
        self.entries = np.zeros((0, 1, 1), np.uint8)
        self.redraws = 0
        self.wanted = False
        """Whether the prior is to draw the rest anew."""
        self.grid = PaintedGrid("The codes of the picked sample appear here.")
        self.grid.setToolTip(
            "The grid of codes: drag to paint with the chosen entry (arrow keys and Space); right-click takes the entry there"
        )
        self.grid.setAccessibleName("Grid of codes")
        self.grid.painted.connect(self.paint)
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.customContextMenuRequested.connect(lambda where: self.take_from(self.grid.at(where.toPointF())))
        self.decoded = Picture("The decoded picture appears here.", (110, 110))
        self.palette_grid = ImageGrid("The entries of the codebook appear here.")
        self.palette_grid.setToolTip("The entries of the codebook, each as the mean of the places that have it: click one to paint with it")
        self.palette_grid.setAccessibleName("Codebook")
        self.palette_grid.picked.connect(self.choose)
        self.usage = AnswerView()
        self.start = QSpinBox(prefix="from place ", toolTip="The places from this one on, in reading order, are drawn anew by the prior")
        self.redraw_button, self.reset_button = (
            QToolButton(text="Redraw", toolTip=REDRAW.tooltip),
            QToolButton(text="Reset", toolTip=RESET.tooltip),
        )
        self.redraw_button.clicked.connect(self.redraw)
        self.reset_button.clicked.connect(self.reset)
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        self.build()
        self.book = self.query("entries", dict, self.show_entries, self.palette_grid.show_text, interval=1.0)
        self.coding = self.query("code_grid", self.code_parameters, self.show_codes, self.grid.show_text, interval=0.3)
        self.decoding = self.query("decode_codes", self.decode_parameters, self.show_decoded, self.decoded.show_text, interval=0.3)
        self.redrawing = self.query("redrawn_codes", self.redraw_parameters, self.show_redrawn, self.note.setText, interval=0.3)
        self.using = self.query(
            "codebook_usage", lambda: {} if self.tabs.currentWidget() is self.usage else None, self.usage.show_answer, self.usage.show_note,
            interval=2.0,
        )  # fmt: skip
        self.tabs.currentChanged.connect(self.refresh)
        self.trail = state.trail(self.painting, self.set_painting, lambda before, after: "codes", busy=lambda: self.grid.last is not None)
        self.grid.settled.connect(self.trail.note)
        self.say()

    def build(self) -> None:
        row = QHBoxLayout()
        for widget in (self.redraw_button, self.start, self.reset_button):
            row.addWidget(widget)
        row.addStretch(1)
        above = QSplitter(childrenCollapsible=False)
        for part in (titled("Codes", self.grid), titled("Decoded", self.decoded)):
            above.addWidget(part)
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.setTabToolTip(self.tabs.addTab(self.palette_grid, "Codebook"), "The entries to paint with")
        self.tabs.setTabToolTip(self.tabs.addTab(self.usage, "Usage"), "How often each entry is used in the codes of test images")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(above, 3)
        layout.addWidget(self.tabs, 2)
        layout.addWidget(self.note)

    # -- what is asked ---------------------------------------------------------------------------------------------

    @property
    def edited(self) -> bool:
        return self.codes.shape == self.own.shape and bool((self.codes != self.own).any())

    def text(self) -> str:
        return ",".join(map(str, self.codes.ravel().tolist()))

    def code_parameters(self) -> dict[str, Any] | None:
        return None if self.edited else {"anchor": self.anchor}

    def decode_parameters(self) -> dict[str, Any] | None:
        return {"codes": self.text()} if self.codes.size else None

    def redraw_parameters(self) -> dict[str, Any] | None:
        return {"codes": self.text(), "start": self.start.value(), "seed": self.redraws} if self.wanted else None

    def export(self) -> tuple[str, dict[str, Any]] | None:
        parameters = self.decode_parameters()
        return None if parameters is None else ("decode_codes", parameters)

    # -- what arrives ----------------------------------------------------------------------------------------------

    def show_entries(self, answer: Any) -> None:
        self.entries = answer.pixels
        self.palette_grid.show_images(self.entries)
        self.palette_grid.set_badges({self.brush: str(self.brush)})
        self.show_grid()

    def show_codes(self, answer: Any) -> None:
        if not self.edited:
            self.put(np.array([row[1:] for row in answer.rows]), own=True)

    def show_redrawn(self, answer: Any) -> None:
        if self.wanted:
            self.wanted = False
            self.put(np.array([row[1:] for row in answer.rows]))
            self.trail.note()

    def show_decoded(self, answer: Any) -> None:
        self.decoded.show_pixels(answer.pixels[0])

    def put(self, codes: np.ndarray, own: bool = False) -> None:
        """Other codes, and what they decode to; the picture's `own`, or changed ones."""
        same = codes.shape == self.codes.shape and bool((codes == self.codes).all())
        self.codes = codes
        if own:
            self.own = codes.copy()
        self.start.setMaximum(max(0, codes.size - 1))
        if self.start.value() == 0 and not same:
            self.start.setValue(codes.size // 2)
        self.show_grid()
        self.say()
        if self.isVisible():
            self.decoding.ask()

    def show_grid(self) -> None:
        if self.codes.size and self.codes.shape == self.own.shape and len(self.entries) > int(self.codes.max()):
            self.grid.show_images(self.entries[self.codes.ravel()], self.codes.shape[1])
            changed = np.flatnonzero((self.codes != self.own).ravel() & self.edited)
            self.grid.set_badges({int(i): str(self.codes.ravel()[i]) for i in changed})

    # -- the hand --------------------------------------------------------------------------------------------------

    def choose(self, entry: int) -> None:
        """Paint with this entry from now on."""
        self.brush = entry
        self.palette_grid.chosen = entry
        self.palette_grid.set_badges({entry: str(entry)})
        self.say()

    def take_from(self, index: int) -> None:
        if 0 <= index < self.codes.size:
            self.choose(int(self.codes.ravel()[index]))

    def paint(self, index: int) -> None:
        if index < self.codes.size and self.codes.ravel()[index] != self.brush:
            self.state.touch()
            codes = self.codes.copy()
            codes.ravel()[index] = self.brush
            self.put(codes)
            if self.grid.last is None:
                self.trail.note()

    def redraw(self) -> None:
        """Another way to go on from the codes before the chosen place."""
        self.redraws += 1
        self.wanted = True
        self.redrawing.ask()

    def reset(self) -> None:
        self.put(self.own.copy())
        self.trail.note()
        self.refresh()

    def painting(self) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
        """Whose codes they are, and what the hand made of them."""
        return self.anchor, tuple(self.codes.shape), tuple(self.codes.ravel().tolist()) if self.edited else ()

    def set_painting(self, painting: tuple[str, tuple[int, ...], tuple[int, ...]]) -> None:
        anchor, shape, codes = painting
        if anchor == self.anchor:
            self.put(np.array(codes).reshape(shape) if codes else self.own.copy())
        else:
            self.look_at(anchor)
            if codes:
                self.codes = np.array(codes).reshape(shape)

    def look_at(self, anchor: str) -> None:
        """Another sample: its codes take the place of those that are there, changed or not."""
        self.anchor = anchor
        self.codes = self.own.copy()
        self.coding.stale = True
        self.state.marks_changed.emit()
        if self.isVisible():
            self.tick()

    def pick(self, anchor: str) -> None:
        self.look_at(anchor)
        self.trail.note()

    def badges(self) -> dict[str, str]:
        return {self.anchor: "z"}

    def say(self) -> None:
        self.reset_button.setEnabled(self.edited)
        changed = int((self.codes != self.own).sum()) if self.edited else 0
        self.note.setText(
            f"Painting with entry {self.brush}. "
            + (f"{changed} of {self.codes.size} places changed." if changed else f"The codes of {self.anchor}.")
        )
