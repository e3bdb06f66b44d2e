"""Directions of the latent space as sliders: those along which the generator's features vary most, those to a class, one's own."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSlider,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.actions import Action
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.theme import faint
from gui.widgets.picture import Picture
from lab.bookmarks import DIRECTIONS, Bookmark, bookmarks, keep
from lab.errors import LabError

COUNT = 10
SPAN, TICKS = 4.0, 40
"""A slider goes from -SPAN to SPAN, in so many ticks for 1."""
PRINCIPAL, CLASSES, KEPT = "principal", "to a class", "kept"
KINDS = {PRINCIPAL: "principal", CLASSES: "classes"}
ZERO = Action("zero_directions", "Back to the sample", "Set every slider to 0", lambda page: page.zero(), "Ctrl+Alt+0", "&Directions")
FIND = Action(
    "find_directions", "Find again", "Find the directions of the network as it is now", lambda page: page.find_again(), "F5", "&Directions"
)


class DirectionsPage(LatentPage):
    """Left a slider for each direction, right the picked sample, moved along all of them."""

    title: ClassVar[str] = "Directions"
    tip: ClassVar[str] = "Move a sample along directions that mean something; name and keep them"
    reading: ClassVar[str] = (
        "Principal directions are those along which the generator's features vary most; the percentage is the share of the variance, or of the samples that are of a class. See what one does, then give it a name: it is kept with the run."
    )
    needs: ClassVar[tuple[str, ...]] = ("directions", "decode")
    ACTIONS: ClassVar[tuple[Action, ...]] = (ZERO, FIND)
    hint: ClassVar[str] = "Click a sample to move it."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.anchor = "0@0"
        self.base: np.ndarray | None = None
        self.kept = bookmarks(state.run, DIRECTIONS)
        self.rows: list[Row] = []
        self.wanted = True
        """Whether the network is still to be asked for directions: they stay while it learns, or sliders would change under the hand."""
        self.kind = QComboBox(toolTip="Which directions")
        self.find_button = QToolButton(text="Find again", toolTip=FIND.tooltip)
        self.find_button.clicked.connect(self.find_again)
        self.zero_button = QToolButton(text="Zero", toolTip=ZERO.tooltip)
        self.zero_button.clicked.connect(self.zero)
        self.picture = Picture("The moved sample appears here.", (140, 130))
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        self.list = QWidget()
        self.column = QVBoxLayout(self.list)
        self.column.setContentsMargins(0, 0, theme.GAP, 0)
        self.column.addStretch(1)
        self.build()
        self.finding = self.query("directions", self.find_parameters, self.show_found, self.note.setText, interval=0.5)
        self.basing = self.query("anchor_codes", lambda: {"anchors": self.anchor}, self.take_base, self.picture.show_text, interval=0.5)
        self.decoding = self.query("decode", self.decode_parameters, self.show_decoded, self.picture.show_text, interval=0.1)
        self.trail = state.trail(self.settings, self.set_settings, busy=lambda: any(row.slider.isSliderDown() for row in self.rows))
        self.kind.currentTextChanged.connect(lambda _: self.find_again())
        state.source_changed.connect(self.offer)
        self.offer()

    def build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.kind)
        top.addWidget(self.find_button)
        top.addWidget(self.zero_button)
        top.addStretch(1)
        area = self.area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        area.setWidget(self.list)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left = QWidget()
        inside = QVBoxLayout(left)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(top)
        inside.addWidget(area, 1)
        inside.addWidget(self.note)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(left)
        split.addWidget(self.picture)
        split.setSizes([360, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def offer(self) -> None:
        """The kinds of directions that this model has. One that is told the class has none to a class."""
        kinds = [PRINCIPAL, *([CLASSES] if len(self.state.class_names) > 1 and not self.state.conditional else []), KEPT]
        if [self.kind.itemText(i) for i in range(self.kind.count())] != kinds:
            self.kind.clear()
            self.kind.addItems(kinds)
        self.find_again()

    # -- directions ------------------------------------------------------------------------------------------------

    def find_again(self) -> None:
        """Ask for the directions of the network as it is now, or show those that were kept."""
        self.wanted = self.kind.currentText() in KINDS
        self.find_button.setEnabled(self.wanted)
        if not self.wanted:
            self.show_rows(list(self.kept), [""] * len(self.kept))
            self.note.setText("" if self.kept else "No direction is kept yet. Press Keep beside one, or type a name for it.")
        self.finding.stale = True
        if self.isVisible():
            self.tick()

    def find_parameters(self) -> dict[str, Any] | None:
        return {"kind": KINDS[self.kind.currentText()], "n": COUNT} if self.wanted and self.kind.currentText() in KINDS else None

    def show_found(self, answer: Any) -> None:
        if not self.wanted:
            return
        self.wanted = False
        names, worth = zip(*(column.rstrip(")").rsplit(" (", 1) for column in answer.columns[1:]), strict=True)
        vectors = np.array([row[1:] for row in answer.rows], float).T
        self.note.setText("")
        self.show_rows([Bookmark(name, tuple(vector.tolist())) for name, vector in zip(names, vectors, strict=True)], list(worth))

    def show_rows(self, directions: list[Bookmark], worth: list[str]) -> None:
        for row in self.rows:
            row.hide()
            row.deleteLater()
        kept = {one.z: one.name for one in self.kept}
        self.rows = [
            Row(replace(one, name=kept.get(one.z, one.name)), share, one.z in kept) for one, share in zip(directions, worth, strict=True)
        ]
        for i, row in enumerate(self.rows):
            self.column.insertWidget(i, row)
            row.moved.connect(self.moved)
            row.settled.connect(self.trail.note)
            row.named.connect(lambda name, row=row: self.keep(row, name))
            row.keep_button.clicked.connect(lambda on, row=row: self.keep(row, row.name.text()) if on else self.forget(row))
        least = max((row.minimumSizeHint().width() for row in self.rows), default=0)
        self.area.setMinimumWidth(least + theme.GAP + self.area.verticalScrollBar().sizeHint().width())  # It scrolls up and down only.
        self.trail.forget()
        self.moved()

    def keep(self, row: "Row", name: str) -> None:
        """Keep a direction under a name."""
        name = " ".join(name.split()) or row.direction.name
        row.direction = replace(row.direction, name=name)
        others = [one for one in self.kept if one.z != row.direction.z]
        self.change((*others, row.direction))
        row.show_kept(any(one.z == row.direction.z for one in self.kept))

    def forget(self, row: "Row") -> None:
        self.change(tuple(one for one in self.kept if one.z != row.direction.z))
        row.show_kept(any(one.z == row.direction.z for one in self.kept))

    def change(self, kept: tuple[Bookmark, ...]) -> None:
        try:
            keep(self.state.run, kept, DIRECTIONS)
        except LabError as error:
            self.note.setText(str(error))
        else:
            self.kept = kept

    # -- the picture -----------------------------------------------------------------------------------------------

    def code(self) -> np.ndarray | None:
        """The sample's z, moved along the directions."""
        if self.base is None:
            return None
        return self.base + sum((row.value * np.array(row.direction.z) for row in self.rows), np.zeros_like(self.base))

    def decode_parameters(self) -> dict[str, Any] | None:
        code = self.code()
        return None if code is None else {"code": ",".join(f"{value:.5g}" for value in code), "label": self.state.label}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        parameters = self.decode_parameters()
        return None if parameters is None else ("decode", parameters)

    def take_base(self, answer: Any) -> None:
        self.base = np.array([row[1] for row in answer.rows], float)
        self.decoding.ask()

    def show_decoded(self, answer: Any) -> None:
        self.picture.show_pixels(answer.pixels[0])

    # -- the hand --------------------------------------------------------------------------------------------------

    def moved(self) -> None:
        self.state.touch()
        self.decoding.ask()

    def zero(self) -> None:
        for row in self.rows:
            row.slider.setValue(0)
        self.trail.note()

    def settings(self) -> dict[str, Any]:
        return {"anchor": self.anchor, "sliders": tuple(row.slider.value() for row in self.rows)}

    def set_settings(self, settings: dict[str, Any]) -> None:
        for row, value in zip(self.rows, settings["sliders"], strict=False):
            row.slider.setValue(value)
        self.set_anchor(settings["anchor"])

    def pick(self, anchor: str) -> None:
        self.set_anchor(anchor)
        self.trail.note()

    def set_anchor(self, anchor: str) -> None:
        self.anchor = anchor
        self.basing.stale = True
        self.state.marks_changed.emit()
        if self.isVisible():
            self.tick()

    def here(self) -> tuple[float, ...] | None:
        code = self.code()
        return None if code is None else tuple(map(float, code))

    def badges(self) -> dict[str, str]:
        return {self.anchor: "z"}


class Row(QWidget):
    """A direction: its name, which one may edit, its slider, and whether it is kept."""

    moved = Signal()
    settled = Signal()
    named = Signal(str)

    def __init__(self, direction: Bookmark, worth: str, kept: bool, parent: QWidget | None = None):
        super().__init__(parent)
        self.direction = direction
        self.name = QLineEdit(direction.name, toolTip="The direction's name: type another to keep it with the run")
        self.name.setAccessibleName("Name of the direction")
        self.name.setMinimumWidth(self.fontMetrics().horizontalAdvance("direction 88") + 2 * theme.WIDE)
        self.name.editingFinished.connect(self.name_edited)
        self.worth = QLabel(worth)
        faint(self.worth)
        self.slider = QSlider(Qt.Orientation.Horizontal, minimum=-int(SPAN * TICKS), maximum=int(SPAN * TICKS), pageStep=TICKS)
        self.slider.setMinimumWidth(40)
        self.slider.setToolTip("How far the sample is moved along this direction")
        self.slider.setAccessibleName(f"Along {direction.name}")
        self.slider.valueChanged.connect(self.slid)
        self.slider.sliderReleased.connect(self.settled)
        self.number = QLabel("0.0", alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.number.setMinimumWidth(self.fontMetrics().horizontalAdvance("-4.0 "))
        self.keep_button = QToolButton(
            text="Keep", checkable=True, autoRaise=True, toolTip="Keep this direction with the run, or forget it"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.name, 2)
        row.addWidget(self.worth)
        row.addWidget(self.slider, 3)
        row.addWidget(self.number)
        row.addWidget(self.keep_button)
        self.show_kept(kept)

    @property
    def value(self) -> float:
        return self.slider.value() / TICKS

    def slid(self) -> None:
        self.number.setText(f"{self.value:.1f}")
        self.moved.emit()
        if not self.slider.isSliderDown():
            self.settled.emit()

    def name_edited(self) -> None:
        if self.name.text() != self.direction.name:
            self.named.emit(self.name.text())

    def show_kept(self, kept: bool) -> None:
        self.keep_button.setChecked(kept)
        self.keep_button.setText("Kept" if kept else "Keep")
        self.name.setText(self.direction.name)
