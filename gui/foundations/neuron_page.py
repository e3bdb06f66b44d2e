"""One neuron: its line turns point by point, by three rules in one picture."""

from functools import partial
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.foundations.controls import Choices, PointsButton
from gui.foundations.foundation_page import LivePage
from gui.foundations.loss_strip import LossStrip
from gui.foundations.surface_view import SurfaceView
from gui.theme import ACCENT, COLOURS, is_dark, readable
from gui.widgets.fast_label import FastLabel
from gui.widgets.room import Scroller
from lab.data import drawn_points
from lab.data.drawn_points import REACH
from lab.recipes.foundations.perceptron_config import PerceptronConfig
from lab.sandbox import PACES

RULES = {"perceptron": COLOURS[2], "logistic": COLOURS[4], "hinge": COLOURS[5]}
ENDLESS = 300
"""Mistakes after which it is clear that the perceptron will not stop."""
NO_GATE = "none"
CORNERS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
GATES = {"AND": (0.0, 0.0, 0.0, 1.0), "OR": (0.0, 1.0, 1.0, 1.0), "NAND": (1.0, 1.0, 1.0, 0.0), "XOR": (0.0, 1.0, 1.0, 0.0)}
"""What each gate says of the CORNERS."""
WEIGHTS = [round(w / 10, 1) for w in range(-30, 31)]


class NeuronPage(LivePage):
    """Left the points and the rate, right the plane with the lines, D below."""

    title: ClassVar[str] = "One neuron"
    tip: ClassVar[str] = "The perceptron's line turns point by point; logistic regression and the hinge loss beside it"
    about: ClassVar[str] = (
        "The neuron says on which side of its line a point lies, <i>y = sign(w x + w<sub>0</sub>)</i>; the arrow is w. It looks at one point at a time "
        "(ringed) and learns only where it is wrong: <i>w &larr; w + &eta; x t</i>, so that <i>D(w, w<sub>0</sub>) = &minus;&Sigma;<sub>wrong</sub> "
        "t (w x + w<sub>0</sub>)</i> falls. On points that a line separates it stops; on XOR it never does. With a gate of logic and weights set by "
        "hand it is the unit of McCulloch &amp; Pitts 1943. Rosenblatt 1958, "
        '<a href="https://doi.org/10.1037/h0042519">The perceptron</a>.'
    )
    challenge: ClassVar[str] = f"paint points on which the perceptron never stops ({ENDLESS} mistakes)."
    recipe: ClassVar[str] = "perceptron"

    def __init__(self, parent: QWidget | None = None):
        self.config: PerceptronConfig = PerceptronConfig()
        self.frame: Any = None
        super().__init__(parent)
        self.pace.setCurrentIndex(1)
        self.set_pace(1)

    def build(self) -> None:
        self.plane, self.losses = SurfaceView(), LossStrip(0.01, "points")
        self.plane.overlay = self.paint_lines
        self.plane.drawn.connect(self.add_points)
        self.plane.setToolTip(
            "Points, the three lines and the perceptron's weights as an arrow. Paint to add points (right button: orange)"
        )
        self.losses.setToolTip("D(w, w0) over the points that it has looked at")
        settings = QWidget()
        left = QVBoxLayout(settings)
        left.setContentsMargins(0, 0, theme.GAP, 0)
        row = QHBoxLayout()
        row.setSpacing(theme.THIN)
        self.sets = QButtonGroup(self)
        for i, (name, tip) in enumerate(
            {
                "gaussians": "Two clouds that a line separates",
                "xor": "XOR: no line does",
                "moons": "Two moons",
                "circles": "A disc in a ring",
            }.items()
        ):
            button = PointsButton(name, tip)
            button.setChecked(name == self.config.points)
            self.sets.addButton(button, i)
            row.addWidget(button)
            button.clicked.connect(lambda _=False, name=name: self.change(points=name))
        row.addStretch(1)
        rows = self.rows = Choices()
        rows.slider(
            "Noise",
            [n / 20 for n in range(21)],
            0.0,
            "Deviation of the noise on the points",
            lambda v: f"{v:.2f}",
            lambda v: self.change(noise=v),
            field="noise",
        )
        rows.slider("Points", [6, 10, 20, 40, 60, 100, 200], 60, "How many points", str, lambda v: self.change(count=v), field="count")
        rows.choice(
            "Rate η", (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), 0.1, "Learning rate", lambda v: self.change(learning_rate=v), field="learning_rate"
        )
        self.gate = rows.choice(
            "Gate", (NO_GATE, *GATES), NO_GATE,
            "McCulloch-Pitts unit: inputs 0 and 1, and a gate of logic to wire by hand with the weights below, or to learn", self.choose_gate,
        )  # fmt: skip
        self.weights = [
            rows.slider(
                name, WEIGHTS, 0.0, f"{name} of the perceptron: follows what it learns; drag to set it by hand, which pauses",
                lambda v: f"{v:.1f}", partial(self.set_weight, i),
            )
            for i, name in enumerate(("w₀", "w₁", "w₂"))
        ]  # fmt: skip
        self.truth = FastLabel(wrap=True)
        self.shown_rules: dict[str, QCheckBox] = {}
        left.addLayout(row)
        left.addLayout(rows)
        left.addWidget(self.truth)
        for name in RULES:
            box = QCheckBox(name, checked=True, toolTip=f"Show the line of the {name} rule")
            box.toggled.connect(lambda _: self.plane.update())
            self.shown_rules[name] = box
            left.addWidget(box)
        self.numbers = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        left.addWidget(self.numbers)
        left.addStretch(1)
        middle, right = QHBoxLayout(), QVBoxLayout()
        right.addWidget(self.plane, 4)
        right.addWidget(QLabel("D over the points seen", toolTip=self.losses.toolTip()))
        right.addWidget(self.losses, 1)
        middle.addWidget(Scroller(settings, (320, 100)))
        middle.addLayout(right, 1)
        self.column.addLayout(self.transport())
        self.column.addLayout(middle, 1)

    def make(self) -> Any:
        import torch

        from lab.recipes.foundations.perceptron import Perceptron

        return Perceptron(self.config, torch.device("cpu"))

    def draw(self, experiment: Any) -> Any:
        from lab.recipes.foundations.perceptron import frame_of

        return frame_of(experiment)

    def change(self, **fields: Any) -> None:
        """Set settings, and start again."""
        self.config = PerceptronConfig.parse({**self.config.model_dump(), **fields})
        self.losses.reset()
        self.rows.show_values(self.config.model_dump())
        self.sets.setExclusive(False)  # None of them is chosen where points are drawn.
        for button in self.sets.buttons():
            assert isinstance(button, PointsButton)
            button.setChecked(button.name == self.config.points)
        self.sets.setExclusive(True)
        drawn = tuple(label for *_, label in drawn_points.parse(self.config.drawn)) if self.config.points == "drawn" else ()
        self.gate.setCurrentIndex(self.gate.findData(next((name for name, labels in GATES.items() if labels == drawn), NO_GATE)))
        self.sandbox.do(lambda _: self.make())
        self.edited.emit()

    def restart(self) -> None:
        self.change(seed=self.config.seed + 1)

    def choose_gate(self, name: str) -> None:
        """The four inputs of a gate, and what it says of each."""
        if name == NO_GATE:
            self.change(points="gaussians")
        else:
            self.change(
                points="drawn", drawn=drawn_points.text([(x, y, label) for (x, y), label in zip(CORNERS, GATES[name], strict=True)])
            )

    def set_weight(self, index: int, value: float) -> None:
        """Wire the unit by hand."""
        self.play_button.setChecked(False)
        self.sandbox.do(lambda experiment: experiment.set_weight(index, value))

    def show_truth(self, w: np.ndarray) -> None:
        """What the unit says of a gate's four inputs."""
        gate = self.gate.currentData()
        if gate == NO_GATE:
            self.truth.setText("y = 1 where w₀ + w₁x + w₂y ≥ 0, else 0")
            return
        said = [int(w[0] + w[1] * x + w[2] * y >= 0) for x, y in CORNERS]
        right = sum(a == b for a, b in zip(said, GATES[gate], strict=True))
        answers = ", ".join(f"{x:.0f}{y:.0f} → {answer}" for (x, y), answer in zip(CORNERS, said, strict=True))
        self.truth.setText(f"{answers}: {f'this is {gate}' if right == len(CORNERS) else f'{right} of 4 as {gate}'}")

    def add_points(self, points: list[drawn_points.Point]) -> None:
        if self.frame is None:
            return
        if self.config.points != "drawn":
            inside = np.abs(self.frame.points).max(1) <= REACH
            together = zip(self.frame.points[inside].tolist(), (self.frame.t[inside] > 0).tolist(), strict=True)
            own = [(round(x, 3), round(y, 3), float(label)) for (x, y), label in together]
        else:
            own = drawn_points.parse(self.config.drawn)
        self.change(points="drawn", drawn=drawn_points.text([*own, *points]))

    def show_frame(self, frame: Any) -> None:
        self.frame = frame
        self.plane.show_surface(side_of(frame.weights[0]), 1.6)
        self.plane.show_points(frame.points, frame.t, np.zeros(len(frame.t), bool))
        self.losses.add(frame.steps, frame.loss, frame.loss)
        self.count.setText(self.pace_text(frame.steps).replace("steps", "points seen"))
        for slider, value in zip(self.weights, frame.weights[0].tolist(), strict=True):
            if not slider.isSliderDown():
                slider.set_value(min(max(value, WEIGHTS[0]), WEIGHTS[-1]))
        self.show_truth(frame.weights[0])
        dark = is_dark(self.palette())
        rows = "".join(
            f'<tr><td style="color:{readable(hue, dark).name()}">{name}&nbsp;&nbsp;</td><td align="right">{mistakes}&nbsp;&nbsp;</td>'
            f'<td align="right">{accuracy:.0%}</td></tr>'
            for (name, hue), mistakes, accuracy in zip(RULES.items(), frame.mistakes, frame.accuracies, strict=True)
        )
        stopped = "<p>It has stopped: a whole pass without a mistake.</p>" if frame.clean else ""
        text = f"<table><tr><td></td><td>mistakes&nbsp;&nbsp;</td><td>right</td></tr>{rows}</table><p>D = {frame.loss:.3f}</p>{stopped}"
        if text != self.numbers.text():
            self.numbers.setText(text)
        self.note_challenge(self.config.points == "drawn" and frame.mistakes[0] >= ENDLESS and not frame.clean)

    def paint_lines(self, painter: QPainter, plane: SurfaceView) -> None:
        """The three lines, the perceptron's arrow, and a ring around the point that is looked at."""
        if self.frame is None:
            return
        for (name, hue), w in zip(RULES.items(), self.frame.weights, strict=True):
            if not self.shown_rules[name].isChecked():
                continue
            size = max(float(w[1] ** 2 + w[2] ** 2), 1e-12)
            foot, along = -w[0] * w[1:] / size, np.array([-w[2], w[1]]) / size**0.5
            painter.setPen(QPen(QColor(hue), 3.2 if name == "perceptron" else 2))
            a, b = foot - 9 * along, foot + 9 * along
            painter.drawLine(plane.place(*a), plane.place(*b))
            if name == "perceptron":
                tip = foot + 0.7 * np.array([w[1], w[2]]) / size**0.5
                painter.drawLine(plane.place(*foot), plane.place(*tip))
                back, across = 0.16 * np.array([w[1], w[2]]) / size**0.5, 0.09 * along
                painter.setBrush(QColor(hue))
                painter.drawPolygon(QPolygonF([plane.place(*p) for p in (tip, tip - back + across, tip - back - across)]))
        if 0 <= self.frame.current < len(self.frame.points) and self.sandbox.pace in PACES[:2]:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(ACCENT[is_dark(self.palette())]), 2.5))
            painter.drawEllipse(plane.place(*self.frame.points[self.frame.current]), 9, 9)


def side_of(w: np.ndarray) -> np.ndarray:
    """On which side of the perceptron's line each place (32, 32) of the plane is, softly."""
    ticks = np.linspace(-REACH, REACH, 48)
    x, y = np.meshgrid(ticks, -ticks)
    size = max(float(np.hypot(w[1], w[2])), 1e-9)
    return np.tanh(3 * (w[0] + w[1] * x + w[2] * y) / size) * 0.8
