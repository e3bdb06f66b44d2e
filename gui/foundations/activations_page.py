"""Activation functions with their derivatives, and what depth and initialisation do to what flows through many layers of them."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QVBoxLayout, QWidget

from gui.foundations.controls import Choices
from gui.foundations.curve_plot import CurvePlot, Stroke
from gui.foundations.recipe_page import RecipePage
from gui.theme import COLOURS
from gui.widgets.fast_label import FastLabel
from lab.recipes.foundations.activations_config import SCALES
from lab.recipes.foundations.settings import ACTIVATION_NAMES

VANISHED = 1e-6
LOWEST, HIGHEST = -16.0, 12.0
"""Powers of ten between which sizes are drawn."""
GRADIENT, DEVIATION = COLOURS[2], COLOURS[4]
TURN = 150
"""Frames in which the place that is read off goes there and back, until somebody chooses one."""


class ActivationsPage(RecipePage):
    """Left the functions, in the middle f and f', right what flows through the layers."""

    title: ClassVar[str] = "Activations"
    tip: ClassVar[str] = "Activation functions with their derivatives, and what flows through many layers of them"
    about: ClassVar[str] = (
        "A unit bends its sum: <i>h = f(z)</i>. Backpropagation multiplies by <i>f'(z)</i> and by the weights at every layer, so slopes below 1 make "
        "gradients vanish: the sigmoid's is at most 0.25, tanh's at most 1 (<i>tanh x = 2 &sigma;(2x) &minus; 1</i>). Right: a deep network that "
        'learns two spirals, layer by layer. Xavier and He draw weights so that sizes stay. Glorot &amp; Bengio 2010, <a href="'
        'https://proceedings.mlr.press/v9/glorot10a.html">Understanding the difficulty of training deep feedforward neural networks</a>.'
    )
    challenge: ClassVar[str] = f"make a gradient vanish: less than {VANISHED:g} of it reaches the first layer."
    recipe: ClassVar[str] = "activations"
    drawing: ClassVar[str] = "lab.recipes.foundations.activations:frame_of"

    def __init__(self, parent: QWidget | None = None):
        self.probe: float | None = None
        """The place that somebody chose to read off."""
        self.turn = 0
        super().__init__(parent)
        self.pace.setCurrentIndex(1)
        self.set_pace(1)

    def build(self) -> None:
        self.names = QListWidget()
        self.names.addItems(ACTIVATION_NAMES)
        self.names.setFixedWidth(self.names.sizeHintForColumn(0) + 24)
        self.names.setCurrentRow(ACTIVATION_NAMES.index("sigmoid"))
        self.names.currentTextChanged.connect(self.choose)
        self.plot = CurvePlot((-5, 5, -1.5, 2.5), "f (blue) and its derivative f' (orange) over z; press to read them off at a place")
        self.plot.pressed.connect(self.read_off)
        self.layers = CurvePlot(
            (1, 10, -12, 2),
            "log10, layer by layer: the gradient's size as a share of that at the last layer, and the deviation of what the layer says",
        )
        self.dots = CurvePlot(
            (0.5, 10.5, -1, 1), "What some units say for some points, layer by layer: dots at one height are saturated or dead"
        )
        rows = self.rows = Choices()
        self.slope = rows.slider(
            "a", [0.0, 0.01, 0.05, 0.1, 0.2, 0.229, 0.25, 0.5, 1.0, 1.5], 0.0, "Slope or scale of those that have one",
            lambda v: f"{v:g}", lambda v: self.change(slope=v), field="slope",
        )  # fmt: skip
        rows.slider("Layers", list(range(2, 51, 2)), 10, "How many layers", str, lambda v: self.change(depth=v), field="depth")
        rows.choice(
            "Weights", ("xavier", "he", "1/n", "small", "large"), "xavier", "How weights are drawn",
            lambda v: self.change(initialisation=v), field="initialisation",
        )  # fmt: skip
        rows.choice(
            "Rate η", (0.0, 0.01, 0.05, 0.2, 1.0), 0.05, "Step of gradient descent; 0 shows the first weights for good",
            lambda v: self.change(learning_rate=v), field="learning_rate",
        )  # fmt: skip
        self.said = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.numbers, self.left_over = FastLabel(wrap=True), FastLabel(wrap=True)
        left, middle, right = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.names, 1)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.said)
        middle.addWidget(self.numbers)
        right.addWidget(QLabel("Layer by layer, log10", toolTip=self.layers.toolTip()))
        right.addWidget(self.layers, 3)
        right.addWidget(QLabel("What the units say", toolTip=self.dots.toolTip()))
        right.addWidget(self.dots, 2)
        right.addWidget(self.left_over)
        right.addLayout(rows)
        row = QHBoxLayout()
        row.addLayout(left)
        row.addLayout(middle, 1)
        row.addLayout(right, 1)
        self.column.addLayout(self.transport())
        self.column.addLayout(row, 1)
        self.show_settings()

    def choose(self, name: str) -> None:
        if name != self.config.activation:
            self.change(activation=name, slope=SCALES.get(name, 0.0))

    def show_settings(self) -> None:
        super().show_settings()
        self.names.setCurrentRow(ACTIVATION_NAMES.index(self.config.activation))
        self.slope.setEnabled(self.config.activation in SCALES)

    def read_off(self, x: float, _: float) -> None:
        """Choose the place that is read off."""
        self.probe = float(np.clip(x, -5, 5))
        if self.frame is not None:
            self.show_function()

    def show_frame(self, frame: Any) -> None:
        if frame.config != self.config:
            return  # Of before a change.
        self.frame, self.turn = frame, self.turn + 1
        self.show_function()
        sizes, deviations = (log10(values) for values in (frame.layers.gradients, frame.layers.deviations))
        depth = len(sizes)
        at = np.arange(1, depth + 1)
        low = max(LOWEST, min(-2.0, float(np.floor(min(sizes.min(), deviations.min())))))
        high = min(HIGHEST, max(1.0, float(np.ceil(max(sizes.max(), deviations.max())))))
        strokes = [
            Stroke(at, values, hue, width, name=name, dots=dots)
            for values, hue, title in ((sizes, GRADIENT, "gradient"), (deviations, DEVIATION, "deviation of h"))
            for width, name, dots in ((2, title, False), (4, "", True))
        ]
        self.layers.show_strokes(strokes, (0.5, depth + 0.5, low, high + 0.16 * (high - low)))
        dots = frame.layers.dots
        reach = max(1e-3, 1.1 * float(np.quantile(np.abs(dots), 0.98)))
        across = (at[:, None] + np.linspace(-0.3, 0.3, dots.shape[1])).ravel()
        self.dots.show_strokes([Stroke(across, dots.ravel(), DEVIATION, 1.6, 0.6, dots=True)], (0.5, depth + 0.5, -reach, reach))
        self.count.setText(f"{self.pace_text(frame.steps)}  ·  loss {frame.loss:.3f}, {frame.accuracy:.0%} right")
        first = float(frame.layers.gradients[0])
        self.left_over.setText(
            f"At the first of {depth} layers {first:.2g} of the gradient is left; h deviates by {frame.layers.deviations[-1]:.2g} at the last."
        )
        self.note_challenge(first < VANISHED)

    def show_function(self) -> None:
        """f and f', and both at the place that is read off, which wanders until somebody chooses one."""
        shown = self.frame.profile
        x = self.probe if self.probe is not None else 4 * float(np.sin(2 * np.pi * self.turn / TURN))
        value, slope = (float(np.interp(x, shown.x, curve)) for curve in (shown.f, shown.slope))
        here = [Stroke(np.array([x]), np.array([y]), hue, 5, dots=True) for y, hue in ((value, COLOURS[0]), (slope, COLOURS[1]))]
        self.plot.show_strokes(
            [
                Stroke(shown.x, shown.f, COLOURS[0], 3, name="f"), Stroke(shown.x, shown.slope, COLOURS[1], 2.4, name="f'"),
                Stroke(np.array([x, x]), np.array([-9.0, 9.0]), "#8a929b", 1, 0.6), *here,
            ],
        )  # fmt: skip
        said = f"<b>{shown.name}</b>: f(z) = {shown.formula}. {shown.note} Largest slope {shown.largest_slope:.4g} at z = {shown.largest_at:.3g}."
        if said != self.said.text():
            self.said.setText(said)
        self.numbers.setText(f"At z = {x:.2f}: f = {value:.4f}, f' = {slope:.4f}")


def log10(values: np.ndarray) -> np.ndarray:
    return np.log10(np.maximum(values, 10**LOWEST))
