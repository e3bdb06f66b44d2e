"""The restricted Boltzmann machine: its filters, its fantasies, and digits that went through it."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QComboBox, QGridLayout, QVBoxLayout

from gui.foundations.controls import Choices
from gui.foundations.loss_strip import LossStrip
from gui.foundations.mosaic_view import MosaicView
from gui.foundations.recipe_page import RecipePage
from gui.widgets.titled import titled

MACHINES = 3


class BoltzmannPage(RecipePage):
    """Left the settings and the error, right filters, fantasies and reconstructions."""

    title: ClassVar[str] = "Boltzmann machine"
    tip: ClassVar[str] = "A restricted Boltzmann machine learns digits and dreams new ones; stacked, a deep belief network"
    about: ClassVar[str] = (
        "Pixels v and hidden units h have an energy, <i>E(v, h) = &minus;a v &minus; b h &minus; v W h</i>, and <i>p(v, h) = e<sup>&minus;E</sup> / Z</i>. Contrastive "
        "divergence makes digits likelier than what the machine turns them into: <i>&Delta;W = &eta; (&lt;v h&gt;<sub>data</sub> &minus; "
        "&lt;v h&gt;<sub>k</sub>)</i>. Filters are the rows of W; fantasies are chains that never stop. Hinton 2002, "
        '<a href="https://doi.org/10.1162/089976602760128018">Training products of experts by minimizing contrastive divergence</a>.'
    )
    challenge: ClassVar[str] = f"stack {MACHINES} machines into a deep belief network, and let the last one learn."
    recipe: ClassVar[str] = "rbm"
    drawing: ClassVar[str] = "lab.recipes.foundations.rbm:frame_of"

    def build(self) -> None:
        self.filters = MosaicView("The weights of 64 hidden units: bright pixels switch the unit on, dark ones off")
        self.fantasies = MosaicView("What the machine dreams, one Gibbs step after another")
        self.digits = MosaicView("Digits, and below them what comes back")
        self.errors = LossStrip(0.001)
        self.errors.setToolTip("Squared error of the digits that come back, over the steps")
        rows = self.rows = Choices()
        rows.choice(
            "Hidden units", ("16", "64", "128", "64,32", "128,64,32"), "64", "Of each machine, from below",
            lambda v: self.change(hidden=v, layer_steps=600), field="hidden",
        )  # fmt: skip
        rows.slider("k", [1, 2, 3, 5, 10], 1, "Gibbs steps of contrastive divergence", str, lambda v: self.change(k=v), field="k")
        self.rate: QComboBox = rows.choice(
            "Rate η", (0.01, 0.03, 0.1, 0.3, 1.0), 0.1, "Learning rate", lambda v: self.change(learning_rate=v), field="learning_rate"
        )
        rows.choice(
            "Decay",
            (0.0, 0.0002, 0.002, 0.02),
            0.0002,
            "How much weights shrink",
            lambda v: self.change(weight_decay=v),
            field="weight_decay",
        )
        rows.slider("Batch", [1, 8, 32, 128, 512], 32, "Digits per step", str, lambda v: self.change(batch_size=v), field="batch_size")
        left = QVBoxLayout()
        left.addLayout(rows)
        left.addWidget(titled("Squared error", self.errors), 1)
        grid = QGridLayout()
        grid.addLayout(left, 0, 0, 2, 1)
        grid.addWidget(titled("Filters", self.filters), 0, 1)
        grid.addWidget(titled("Fantasies", self.fantasies), 0, 2)
        grid.addWidget(titled("Digits, and what comes back", self.digits), 1, 1, 1, 2)
        for column, share in ((0, 2), (1, 3), (2, 3)):
            grid.setColumnStretch(column, share)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 1)
        self.column.addLayout(self.transport())
        self.column.addLayout(grid, 1)

    def show_frame(self, frame: Any) -> None:
        self.frame = frame
        self.filters.show_pictures(frame.filters, 8)
        self.fantasies.show_pictures(frame.fantasies, 6)
        both = [*frame.digits, *frame.again]
        self.digits.show_pictures(np.stack(both), len(frame.digits))
        self.errors.add(frame.steps, frame.error, frame.error)
        layer = f"  ·  machine {frame.layer + 1} of {frame.layers}" if frame.layers > 1 else ""
        self.count.setText(f"{self.pace_text(frame.steps)}{layer}  ·  squared error {frame.error:.3f}")
        self.note_challenge(frame.layer + 1 >= MACHINES)
