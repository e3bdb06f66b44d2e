"""Activation functions with their derivatives, and what many layers of them do to a gradient."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QListWidget, QVBoxLayout, QWidget

from gui.foundations.controls import Choices
from gui.foundations.curve_plot import CurvePlot, Stroke
from gui.foundations.foundation_page import LivePage
from gui.theme import COLOURS
from lab.recipes.foundations.settings import ACTIVATION_NAMES

SCALES = {"leaky relu": 0.01, "parametric relu": 0.25, "randomised relu": 0.229, "elu": 1.0}
"""The usual `a` of those that have one."""
VANISHED = 1e-6


class Still:
    """What the sandbox holds: nothing moves unless a setting does."""

    ended = True

    def __init__(self, shown: Any):
        self.shown = shown

    def step(self) -> None: ...


class ActivationsPage(LivePage):
    """Left the functions, in the middle f and f', right the gradients through the layers."""

    title: ClassVar[str] = "Activations"
    tip: ClassVar[str] = "Activation functions with their derivatives, and the gradient through many layers of them"
    about: ClassVar[str] = (
        "A unit bends its sum: <i>h = f(z)</i>. Backpropagation multiplies by <i>f'(z)</i> at every layer, so slopes below 1 make gradients vanish: "
        "the sigmoid's is at most 0.25, tanh's at most 1 (<i>tanh x = 2 &sigma;(2x) &minus; 1</i>). Right: the gradient's size at each layer, from the last back "
        'to the first. Glorot &amp; Bengio 2010, <a href="https://proceedings.mlr.press/v9/glorot10a.html">Understanding the difficulty of training deep '
        "feedforward neural networks</a>."
    )
    challenge: ClassVar[str] = f"make a gradient vanish: less than {VANISHED:g} of it reaches the first layer."

    def __init__(self, parent: QWidget | None = None):
        self.chosen: dict[str, Any] = {"name": "sigmoid", "a": 0.0, "probe": 1.0, "depth": 10, "initialisation": "xavier", "seed": 0}
        super().__init__(parent)
        self.sandbox.play(False)  # Nothing moves by itself here.
        for widget in (self.restart_button, self.play_button, self.step_button, self.pace, self.count, self.run_button):
            widget.hide()

    def build(self) -> None:
        self.names = QListWidget()
        self.names.addItems(ACTIVATION_NAMES)
        self.names.setFixedWidth(self.names.sizeHintForColumn(0) + 24)
        self.names.setCurrentRow(ACTIVATION_NAMES.index("sigmoid"))
        self.names.currentTextChanged.connect(self.choose)
        self.plot = CurvePlot((-5, 5, -1.5, 2.5), "f (blue) and its derivative f' (orange) over x; press to read them off at a place")
        self.plot.pressed.connect(lambda x, y: self.change(probe=float(np.clip(x, -5, 5))))
        self.layers = CurvePlot((1, 10, -12, 2), "log10 of the gradient's size at each layer, as a share of that at the last")
        rows = Choices()
        self.slope = rows.slider(
            "a", [0.0, 0.01, 0.05, 0.1, 0.2, 0.229, 0.25, 0.5, 1.0, 1.5], 0.0, "Slope or scale of those that have one",
            lambda v: f"{v:g}", lambda v: self.change(a=v),
        )  # fmt: skip
        self.layer_count = rows.slider("Layers", list(range(2, 51, 2)), 10, "How many layers", str, lambda v: self.change(depth=v))
        self.start: QComboBox = rows.choice(
            "Weights", ("xavier", "he", "1/n", "small", "large"), "xavier", "How weights are drawn", lambda v: self.change(initialisation=v)
        )
        self.said = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        left, middle, right = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.names, 1)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.said)
        right.addWidget(QLabel("Gradient at each layer, log10, the last is 0"))
        right.addWidget(self.layers, 1)
        right.addLayout(rows)
        row = QHBoxLayout()
        row.addLayout(left)
        row.addLayout(middle, 3)
        row.addLayout(right, 2)
        self.column.addLayout(self.transport())
        self.column.addLayout(row, 1)

    def make(self) -> Any:
        from lab.recipes.foundations.activation_profile import profile

        return Still(profile(**self.chosen))

    def draw(self, experiment: Any) -> Any:
        return experiment.shown

    def choose(self, name: str) -> None:
        self.change(name=name, a=SCALES.get(name, 0.0))

    def change(self, **fields: Any) -> None:
        self.chosen = {**self.chosen, **fields}
        self.slope.set_value(self.chosen["a"])
        self.slope.setEnabled(self.chosen["name"] in SCALES)
        self.sandbox.do(lambda _: self.make())

    def show_frame(self, frame: Any) -> None:
        x, value, slope = frame.probe
        here = [Stroke(np.array([x]), np.array([y]), hue, 5, dots=True) for y, hue in ((value, COLOURS[0]), (slope, COLOURS[1]))]
        self.plot.show_strokes(
            [
                Stroke(frame.x, frame.f, COLOURS[0], 3, name="f"), Stroke(frame.x, frame.slope, COLOURS[1], 2.4, name="f'"),
                Stroke(np.array([x, x]), np.array([-9.0, 9.0]), "#8a929b", 1, 0.6), *here,
            ],
        )  # fmt: skip
        sizes = np.log10(np.maximum(frame.gradients, 1e-30))
        depth = len(sizes)
        low = min(-2.0, float(np.floor(sizes.min())))
        layers = np.arange(1, depth + 1)
        dots = Stroke(layers, sizes, COLOURS[2], 4, dots=True)
        self.layers.show_strokes(
            [Stroke(layers, sizes, COLOURS[2], 2), dots], (0.5, depth + 0.5, low, max(1.0, float(np.ceil(sizes.max()))))
        )
        first = frame.gradients[0]
        self.said.setText(
            f"<p><b>{frame.name}</b>: f(x) = {frame.formula}. {frame.note}</p><p>At x = {x:.2f}: f = {value:.4f}, f' = {slope:.4f}. "
            f"Largest slope {frame.largest_slope:.4g} at x = {frame.largest_at:.3g}. "
            f"At the first of {depth} layers {first:.2g} of the gradient is left.</p>"
        )
        self.note_challenge(first < VANISHED)
