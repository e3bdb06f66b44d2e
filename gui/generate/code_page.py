"""A picture's code as bars that can be dragged: a test image, one drawn with the mouse, or a sample."""

import base64
from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QComboBox, QLabel, QSpinBox, QSplitter, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action
from gui.generate.code_bars import CodeBars
from gui.generate.image_grid import ImageGrid
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.theme import faint
from gui.widgets.drawing import Drawing
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import Picture
from gui.widgets.titled import beside, titled

IMAGE, DRAWN, SAMPLE = "test image", "my drawing", "sample"


SEARCH_STEPS, MOST_ROUNDS, GAIN = 10, 40, 0.003
"""A search for the nearest z goes on by so many steps at a time, until a round brings less than this share of the error."""
WALK_FROM = Action(
    "walk_from", "Walk from this point", "Make this z the first anchor of the walk", lambda page: page.walk_from(), "Ctrl+Shift+K", "&Code"
)
RESET = Action("reset", "Reset", "Restore the original code", lambda page: page.reset(), "Ctrl+Backspace", "&Code")


class CodePage(LatentPage):
    """Left what goes in, in the middle what comes out and where they differ, right what the bars decode to."""

    title: ClassVar[str] = "Code"
    tip: ClassVar[str] = "Edit the latent code of an image, your drawing or a sample; a GAN is searched for the nearest"
    reading: ClassVar[str] = "Each bar is one number of the code: drag it. The error map is bright where image and reconstruction differ."
    needs: ClassVar[tuple[str, ...]] = ("decode",)
    ACTIONS: ClassVar[tuple[Action, ...]] = (RESET, WALK_FROM)
    hint: ClassVar[str] = "Click a sample or a test image to see its code."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.anchor = "0@0"
        self.nearest_z: np.ndarray | None = None
        """How far a search for the z of the picture has come, where there is no encoder."""
        self.rounds, self.error = 0, float("inf")
        self.drawing = Drawing(pen=0.14 if state.shape[1] < 16 else 0.09)
        self.drawing.changed.connect(self.drawn)
        self.triple = ImageGrid("The image, its reconstruction and the error appear here.", pickable=False)
        self.triple.setToolTip("Input, reconstruction, and absolute error (bright is large)")
        self.decoded = Picture("The decoded image appears here.", (110, 110))
        self.bars = CodeBars(state.latent)
        self.bars.changed.connect(self.bars_dragged)
        self.kind = QComboBox(toolTip="Source of the code")
        self.kind.currentTextChanged.connect(self.kind_changed)
        self.index = QSpinBox(maximum=2**31 - 1, toolTip="Index of the test image")
        self.index.valueChanged.connect(self.picture_changed)
        self.index.valueChanged.connect(lambda _: state.marks_changed.emit())
        self.clear_button = QToolButton(text="Clear drawing", toolTip="Clear the canvas (Delete)")
        self.clear_button.clicked.connect(self.drawing.clear)
        self.back_button = QToolButton(text="Reset", toolTip=RESET.tooltip)
        self.back_button.clicked.connect(self.reset)
        self.zero_button = QToolButton(text="Zero", toolTip="Set every dimension to 0, the mean of the prior")
        self.zero_button.clicked.connect(self.zero)
        self.walk_button = QToolButton(text="Walk from here", toolTip=WALK_FROM.tooltip)
        self.walk_button.clicked.connect(self.walk_from)
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        self.build()
        self.reconstruct = self.query("reconstruct", self.picture_parameters, self.show_triple, self.triple.show_text, interval=0.15)
        self.coding = self.query("code", self.code_parameters, self.show_code, self.note.setText, interval=0.15)
        self.searching = self.query("nearest", self.search_parameters, self.show_nearest, self.triple.show_text, interval=0.05)
        self.sampling = self.query("anchor_codes", self.sample_parameters, self.show_anchor, self.note.setText, interval=0.15)
        self.decoding = self.query("decode", self.decode_parameters, self.show_decoded, self.decoded.show_text, interval=0.15)
        self.trail = state.trail(
            self.code_state, self.set_code, busy=lambda: self.drawing.last is not None or self.bars.last is not None
        )  # fmt: skip
        for told in (self.drawing.settled, self.bars.settled, self.kind.currentTextChanged, self.index.valueChanged):
            told.connect(self.trail.note)
        state.source_changed.connect(self.source_changed)
        self.source_changed()

    def build(self) -> None:
        row = FlowLayout(gap=theme.WIDE)
        for widget in (
            beside("Source", self.kind), self.index, self.clear_button, self.walk_button, self.back_button, self.zero_button,
        ):  # fmt: skip
            row.addWidget(widget)
        self.pictures = QSplitter(childrenCollapsible=False)
        for part in (self.drawing, self.triple, titled("Decoded code", self.decoded)):
            self.pictures.addWidget(part)
        self.pictures.setSizes([150, 300, 170])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.pictures, 3)
        layout.addWidget(self.bars, 2)
        layout.addWidget(self.note)

    # -- what is asked ---------------------------------------------------------------------------------------------

    @property
    def from_picture(self) -> bool:
        return self.kind.currentText() in (IMAGE, DRAWN)

    def picture_parameters(self) -> dict[str, Any] | None:
        """The picture that goes in; None for a sample, and before anything is drawn."""
        if self.kind.currentText() == IMAGE:
            return {"index": self.index.value()}
        if self.kind.currentText() != DRAWN or self.drawing.empty:
            return None
        channels, height, width = self.state.shape
        pixels = np.repeat(self.drawing.pixels(height, width)[..., None], channels, axis=-1)
        return {"pixels": base64.b64encode(pixels.tobytes()).decode(), "label": self.state.label}

    def code_parameters(self) -> dict[str, Any] | None:
        return None if self.bars.edited else self.picture_parameters()

    def search_parameters(self) -> dict[str, Any] | None:
        """The next steps of a search, from where it has come."""
        parameters = self.code_parameters()
        return None if parameters is None else {**parameters, **self.search_from(), "steps": SEARCH_STEPS}

    def search_from(self) -> dict[str, str]:
        return {} if self.nearest_z is None else {"start": "z:" + ",".join(f"{value:.6g}" for value in self.nearest_z)}

    def sample_parameters(self) -> dict[str, Any] | None:
        return None if self.from_picture or self.bars.edited else {"anchors": self.anchor}

    def decode_parameters(self) -> dict[str, Any]:
        return {"code": ",".join(f"{value:.5g}" for value in self.bars.values), "label": self.state.label}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        parameters = self.picture_parameters()
        if parameters is None or self.bars.edited:
            return "decode", self.decode_parameters()
        return ("nearest", {**parameters, **self.search_from(), "steps": 1}) if self.state.inverts else ("reconstruct", parameters)

    def code_state(self) -> dict[str, Any]:
        """What the code is of, and what the hand changed of it, by name."""
        return {
            "drawing": self.drawing.state(), "source": (self.kind.currentText(), self.index.value(), self.anchor), "code": self.bars.state(),
        }  # fmt: skip

    def set_code(self, state: dict[str, Any]) -> None:
        self.bars.set_state(None)
        self.drawing.set_state(state["drawing"])
        kind, index, self.anchor = state["source"]
        self.kind.setCurrentText(kind)
        self.index.setValue(index)
        self.picture_changed()
        self.bars.set_state(state["code"])
        self.state.marks_changed.emit()
        self.refresh()
        self.bars_dragged()

    # -- what arrives ----------------------------------------------------------------------------------------------

    def show_triple(self, answer: Any) -> None:
        self.triple.name([], list(answer.captions))
        self.triple.show_answer(answer)

    def show_nearest(self, answer: Any) -> None:
        """What the search has found: it goes on from there as long as it comes nearer."""
        if not self.from_picture or self.bars.edited:
            return
        self.show_triple(answer)
        self.nearest_z = np.asarray(answer.codes[0], float)
        error = float(np.abs(answer.pixels[1].astype(float) - answer.pixels[0]).mean())
        going_on = self.rounds < MOST_ROUNDS and error < (1 - GAIN) * self.error
        self.rounds, self.error = self.rounds + 1, min(error, self.error)
        self.take_code(self.nearest_z)
        if going_on:
            self.searching.stale = True

    def show_code(self, answer: Any) -> None:
        if self.from_picture and not self.bars.edited:
            self.take_code(np.asarray(answer.series["code"][1], float))

    def show_anchor(self, answer: Any) -> None:
        if not self.from_picture and not self.bars.edited:
            self.take_code(np.array([row[1] for row in answer.rows], float))

    def take_code(self, values: np.ndarray) -> None:
        """A new code for the bars, and what it decodes to."""
        self.bars.set_values(values)
        self.say()
        self.decoding.ask()

    def show_decoded(self, answer: Any) -> None:
        self.decoded.show_pixels(answer.pixels[0])

    # -- the hand --------------------------------------------------------------------------------------------------

    def bars_dragged(self) -> None:
        self.state.touch()
        self.say()
        self.decoding.ask()

    def drawn(self) -> None:
        """A stroke on the canvas: a new picture goes in."""
        self.kind.setCurrentText(DRAWN)
        self.state.touch()
        self.picture_changed()
        if self.drawing.empty:
            self.triple.show_text("Draw on the left to see the reconstruction.")
        else:
            self.reconstruct.ask()
            self.coding.ask()
            self.searching.ask()

    def kind_changed(self, kind: str) -> None:
        self.index.setVisible(kind == IMAGE)
        self.clear_button.setVisible(kind == DRAWN)
        self.drawing.setVisible(kind == DRAWN)
        self.triple.setVisible(kind != SAMPLE)
        if kind == DRAWN and self.drawing.empty:
            self.triple.show_text("Draw on the left to see the reconstruction.")
        self.picture_changed()
        self.state.marks_changed.emit()

    def picture_changed(self, *_: object) -> None:
        """Another picture: its code takes the place of the bars, changed or not."""
        self.nearest_z, self.rounds, self.error = None, 0, float("inf")
        self.bars.set_values(self.bars.values)
        self.refresh()

    def reset(self) -> None:
        self.bars.values[:] = self.bars.origin
        self.bars.update()
        self.refresh()
        self.bars_dragged()
        self.trail.note()

    def zero(self) -> None:
        self.bars.values[:] = 0
        self.bars.update()
        self.bars_dragged()
        self.trail.note()

    def pick(self, anchor: str) -> None:
        if anchor.startswith("image:") and (self.state.has_encoder or self.state.inverts):
            self.kind.setCurrentText(IMAGE)
            self.index.setValue(int(anchor.partition(":")[2]))
        else:
            self.anchor = anchor
            self.kind.setCurrentText(SAMPLE)
            self.picture_changed()
        self.trail.note()
        if self.isVisible():
            self.tick()

    def walk_from(self) -> None:
        """The point in front becomes the first anchor of the walk."""
        here = self.here()
        if here is not None:
            self.state.set_anchors(["z:" + ",".join(f"{value:.6g}" for value in here), *self.state.anchors[1:]])
            self.state.walk_wanted.emit()

    def here(self) -> tuple[float, ...] | None:
        return tuple(map(float, self.bars.values)) if self.bars.values.any() or self.decoding.answered else None

    def badges(self) -> dict[str, str]:
        if self.kind.currentText() == IMAGE:
            return {f"image:{self.index.value()}": "z"}
        return {} if self.kind.currentText() == DRAWN else {self.anchor: "z"}

    def source_changed(self) -> None:
        """Offer what this model can take."""
        kinds = [IMAGE, DRAWN, SAMPLE] if self.state.has_encoder else [SAMPLE, IMAGE, DRAWN] if self.state.inverts else [SAMPLE]
        if [self.kind.itemText(i) for i in range(self.kind.count())] != kinds:
            self.kind.clear()
            self.kind.addItems(kinds)
        self.kind_changed(self.kind.currentText())
        self.trail.forget()

    def say(self) -> None:
        self.back_button.setEnabled(self.bars.edited)
        changed = int((self.bars.values != self.bars.origin).sum())
        self.note.setText(
            f"{changed} of {len(self.bars.values)} dimensions edited (orange; the line marks the original value)."
            if changed
            else f"z has {len(self.bars.values)} dimensions. Drag a bar to see what it encodes."
        )
