"""Traversals: one dimension of z changed at a time, the strongest first, those that matter marked."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from gui.generate.image_grid import ImageGrid
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.theme import faint


class DimensionsPage(LatentPage):
    """A row for each dimension, from -span to span around the picked sample."""

    title: ClassVar[str] = "Dimensions"
    tip: ClassVar[str] = "Latent traversals: vary one dimension of z at a time"
    reading: ClassVar[str] = "Each row changes one dimension of z, from low on the left to high on the right; * marks a unit that is used."
    needs: ClassVar[tuple[str, ...]] = ("traversal",)
    hint: ClassVar[str] = "Click a sample to traverse its dimensions."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.anchor = "0@0"
        self.tiles = ImageGrid("Traversals appear here once the model has loaded.", pickable=False)
        self.tiles.setToolTip("Each row varies one dimension of z from left to right. * marks an active unit.")
        self.dims = QLineEdit(placeholderText="the ten most influential")
        self.dims.setToolTip("Dimensions, separated by commas, such as 0,3,7; empty for the ten most influential")
        self.dims.editingFinished.connect(self.changed)
        self.steps = QSpinBox(minimum=3, maximum=21, value=9, singleStep=2, toolTip="Images per row")
        self.span = QDoubleSpinBox(minimum=0.1, maximum=20, value=3, singleStep=0.5, decimals=1, prefix="± ")
        self.span.setToolTip("Range of each dimension, in its own standard deviations where there is an encoder")
        for spin in (self.steps, self.span):
            spin.valueChanged.connect(self.changed)
        self.title_label = QLabel(wordWrap=True)
        faint(self.title_label)
        row = QHBoxLayout()
        for text, widget in (("Dimensions", self.dims), ("Steps", self.steps), ("Span", self.span)):
            label = QLabel(text)
            label.setBuddy(widget)
            row.addWidget(label)
            row.addWidget(widget, 1 if widget is self.dims else 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.tiles, 1)
        layout.addWidget(self.title_label)
        self.traversal = self.query("traversal", self.parameters, self.show_traversal, self.tiles.show_text, interval=0.4)

        self.trail = state.trail(lambda: self.anchor, self.set_anchor, lambda before, after: "anchor")

    def parameters(self) -> dict[str, Any]:
        return {
            "anchor": self.anchor, "dims": self.dims.text().strip(), "steps": self.steps.value(), "span": self.span.value(),
            "label": self.state.label,
        }  # fmt: skip

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return "traversal", self.parameters()

    def show_traversal(self, answer: Any) -> None:
        rows = [caption for caption in answer.captions if caption]
        names = [name.split()[0] for name in rows]
        self.tiles.name(names, [])
        self.tiles.show_answer(answer)
        self.title_label.setText(f"{answer.title.replace('; the number is the', ': those with enough')}. The strongest stand first.")

    def changed(self, *_: object) -> None:
        self.traversal.stale = True

    def pick(self, anchor: str) -> None:
        self.set_anchor(anchor)
        self.trail.note()

    def set_anchor(self, anchor: str) -> None:
        self.anchor = anchor
        self.traversal.stale = True
        self.state.marks_changed.emit()

    def badges(self) -> dict[str, str]:
        return {self.anchor: "z"}
