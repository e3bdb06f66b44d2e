"""Universal approximation: a curve that one draws, and one hidden layer that follows it."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui.foundations.controls import Slider
from gui.foundations.curve_plot import CurvePlot, Stroke
from gui.foundations.foundation_page import LivePage
from gui.theme import COLOURS
from lab.recipes.foundations.approximation_config import ApproximationConfig

UNITS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64)
SWEEP, SWEEP_STEPS = (1, 2, 4, 8, 16, 32), 1000
"""The units that a sweep tries, and for how many steps each."""
HEIGHTS = 60
"""Places of a drawn curve."""
SHOWN = 24
"""The most units whose curves are drawn."""
GOAL, GOAL_UNITS = 1e-3, 8


class ApproximationPage(LivePage):
    """The curve and the network's, below it each unit's part and the error over n."""

    title: ClassVar[str] = "Approximation"
    tip: ClassVar[str] = "Draw a curve; one hidden layer of n units bends itself along it"
    about: ClassVar[str] = (
        "Draw a curve with the mouse. Each hidden unit adds one bend (below, left); together they follow it: <i>F(x) = &Sigma;<sub>i=1..n</sub> "
        "v<sub>i</sub> f(w<sub>i</sub> x + b<sub>i</sub>) + c</i>. With enough units any continuous curve is met as closely as one likes; how many that is, "
        "the theorem does not say. Hornik 1991, "
        '<a href="https://doi.org/10.1016/0893-6080(91)90009-T">Approximation capabilities of multilayer feedforward networks</a>.'
    )
    challenge: ClassVar[str] = f"follow a curve of your own to a squared error below {GOAL:g} with at most {GOAL_UNITS} units."
    recipe: ClassVar[str] = "approximation"

    def __init__(self, parent: QWidget | None = None):
        self.config: ApproximationConfig = ApproximationConfig()
        self.frame: Any = None
        self.hand: np.ndarray | None = None
        self.last: int | None = None
        self.errors: dict[int, float] = {}
        """The least error with each number of units, for this curve."""
        self.sweep: list[int] = []
        super().__init__(parent)

    def build(self) -> None:
        self.plot = CurvePlot((-1, 1, -1, 1), "Draw a curve with the mouse: grey is the curve, blue the network's")
        self.parts = CurvePlot((-1, 1, -2, 2), "What each hidden unit adds to the network's curve")
        self.over = CurvePlot((0, 6, -5, 0), "Error over n: log10 of the least squared error over log2 of the units")
        self.plot.pressed.connect(self.draw_curve)
        self.plot.let_go.connect(self.finish_curve)
        self.curve = QComboBox(toolTip="The curve to follow")
        self.curve.addItems(["sine", "steps", "bump", "saw"])
        self.curve.activated.connect(lambda _: self.change(curve=self.curve.currentText()))
        self.activation = QComboBox(toolTip="f, the bend of a unit")
        self.activation.addItems(["tanh", "relu", "sigmoid", "elu", "softplus", "absolute value"])
        self.activation.activated.connect(lambda _: self.change(activation=self.activation.currentText()))
        self.units = Slider(UNITS, "n, the hidden units", "Hidden units")
        self.units.set_value(8)
        self.said = QLabel("n = 8")
        self.units.chosen.connect(lambda n: self.said.setText(f"n = {n}"))
        self.units.moved.connect(lambda n: self.change(units=n))
        self.sweep_button = QToolButton(text="Try 1 to 32", toolTip="Train with 1, 2, 4, 8, 16 and 32 units, one after another")
        self.sweep_button.clicked.connect(self.start_sweep)
        row = self.transport(self.curve, self.activation, self.units, self.said, self.sweep_button)
        self.column.addLayout(row)
        self.column.addWidget(self.plot, 3)
        below = QHBoxLayout()
        for title, plot, share in (("What each unit adds", self.parts, 3), ("log10 of the error over log2 of n", self.over, 2)):
            column = QVBoxLayout()
            column.addWidget(QLabel(title))
            column.addWidget(plot, 1)
            below.addLayout(column, share)
        self.column.addLayout(below, 2)

    def make(self) -> Any:
        import torch

        from lab.recipes.foundations.approximation import Approximation

        return Approximation(self.config, torch.device("cpu"))

    def draw(self, experiment: Any) -> Any:
        from lab.recipes.foundations.approximation import frame_of

        return frame_of(experiment)

    def change(self, **fields: Any) -> None:
        """Set settings, and start again."""
        before, self.config = self.config, ApproximationConfig.parse({**self.config.model_dump(), **fields})
        if (before.curve, before.drawn, before.activation) != (self.config.curve, self.config.drawn, self.config.activation):
            self.errors = {}
        self.units.set_value(self.config.units)
        self.curve.setCurrentIndex(self.curve.findText(self.config.curve))
        self.activation.setCurrentText(self.config.activation)
        self.sandbox.do(lambda _: self.make())
        self.edited.emit()

    def restart(self) -> None:
        self.change(seed=self.config.seed + 1)

    def start_sweep(self) -> None:
        self.sweep = list(SWEEP[1:])
        self.play_button.setChecked(True)
        self.change(units=SWEEP[0])

    def draw_curve(self, x: float, y: float) -> None:
        """The pointer draws: heights between its last two places follow it."""
        if self.hand is None:
            ticks = np.linspace(-1, 1, HEIGHTS)
            self.hand = np.interp(ticks, self.frame.x, self.frame.target) if self.frame is not None else np.zeros(HEIGHTS)
        here = int(np.clip(round((x + 1) / 2 * (HEIGHTS - 1)), 0, HEIGHTS - 1))
        y = float(np.clip(y, -1, 1))
        start = self.last if self.last is not None else here
        low, high = min(start, here), max(start, here)
        ends = sorted({start: float(self.hand[start]), here: y}.items())
        self.hand[low : high + 1] = np.interp(np.arange(low, high + 1), [i for i, _ in ends], [height for _, height in ends])
        self.last = here
        self.show_curves()

    def finish_curve(self) -> None:
        if self.hand is not None:
            text = " ".join(f"{height:.3f}" for height in self.hand)
            self.hand = self.last = None
            self.change(curve="drawn", drawn=text)

    def show_frame(self, frame: Any) -> None:
        self.frame = frame
        self.show_curves()
        largest = np.argsort(-np.ptp(frame.parts, axis=1))[:SHOWN]
        reach = max(1.0, float(np.quantile(np.abs(frame.parts), 0.98)) if frame.parts.size else 1.0)
        strokes = [Stroke(frame.x[::2], frame.parts[i][::2], COLOURS[i % len(COLOURS)], 1.6, 0.9) for i in largest]
        self.parts.show_strokes(strokes, (-1, 1, -reach, reach))
        self.count.setText(f"{self.pace_text(frame.steps)}  ·  squared error {frame.loss:.2g}")
        units = frame.config.units
        if frame.config == self.config:
            self.errors[units] = min(self.errors.get(units, np.inf), max(frame.loss, 1e-6))
            if self.sweep and frame.steps >= SWEEP_STEPS:
                self.change(units=self.sweep.pop(0))
        known = sorted(self.errors.items())
        x, y = np.log2([n for n, _ in known]), np.log10([error for _, error in known])
        self.over.show_strokes([Stroke(x, y, COLOURS[3], 2), Stroke(x, y, COLOURS[3], 4, dots=True)], (-0.3, 6.3, -6, 0.2))
        self.note_challenge(frame.config.curve == "drawn" and units <= GOAL_UNITS and frame.loss < GOAL)

    def show_curves(self) -> None:
        frame = self.frame
        if frame is None:
            return
        target = Stroke(frame.x, frame.target, "#8a929b", 5, 0.7, "curve")
        if self.hand is not None:
            target = Stroke(np.linspace(-1, 1, HEIGHTS), self.hand, "#8a929b", 5, 0.7, "curve")
        self.plot.show_strokes([target, Stroke(frame.x, frame.output, COLOURS[0], 2.4, name="network")])
