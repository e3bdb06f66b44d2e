"""Descent: the paths of eight rules over one loss surface, side by side."""

from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.foundations.controls import Choices
from gui.foundations.curve_plot import CurvePlot, Stroke
from gui.foundations.recipe_page import RecipePage
from gui.foundations.surface_view import SurfaceView
from gui.theme import COLOURS
from gui.widgets.fast_label import FastLabel
from lab.data.drawn_points import REACH
from lab.recipes.foundations.surfaces import RATES, SURFACES, Standing, X, Y, picture

HUES = dict(zip(RATES, COLOURS, strict=True))
TITLES = {"valley": "A valley", "saddle": "A saddle", "model": "A small model"}
TIPS = {
    "valley": "L = u&sup2; / 20 + v&sup2;: twenty times as steep across as along.",
    "saddle": "L = u&sup2; / 2 &minus; v&sup2; / 2 + v<sup>4</sup> / 8: flat in the middle, lowest above and below.",
    "model": "One unit, y = v tanh(u x), on 40 examples (right): u across, v up. (&minus;u, &minus;v) says the same.",
}
ARRIVED = 0.02
"""A rule has arrived when its loss is this near to the least."""


class Ground(SurfaceView):
    """The surface; press on it to choose where all start."""

    placed = Signal(float, float)

    def paint_with(self, event: QMouseEvent) -> None:
        u, v = self.plane(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and max(abs(u), abs(v)) <= REACH:
            self.placed.emit(u, v)


class DescentPage(RecipePage):
    """Left the settings and the rules, in the middle the paths, right the losses and what the model says."""

    title: ClassVar[str] = "Descent"
    tip: ClassVar[str] = "SGD, momentum, Nesterov, Rprop, Adagrad, RMSprop, Adadelta and Adam on one loss surface"
    about: ClassVar[str] = (
        "Height is the loss L over two weights, orange low and blue high. Each rule starts at the same place and turns the gradient <i>g = "
        "&nabla;L</i> into a step: <i>w &larr; w &minus; &eta; g</i> is the plainest; momentum rolls on, <i>v &larr; &beta; v + g</i>; others give "
        "each weight a step of its own. Press on the surface to start from there. Kingma &amp; Ba 2015, "
        '<a href="https://arxiv.org/abs/1412.6980">Adam</a>; Ruder 2016, <a href="https://arxiv.org/abs/1609.04747">An overview of gradient '
        "descent optimization algorithms</a>."
    )
    challenge: ClassVar[str] = "find a rate with which SGD leaves for good while Adam still arrives."
    recipe: ClassVar[str] = "descent"
    drawing: ClassVar[str] = "lab.recipes.foundations.descent:frame_of"

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.pace.setCurrentIndex(1)
        self.set_pace(1)

    def build(self) -> None:
        self.ground = Ground()
        self.ground.setAccessibleName("Loss over two weights")
        self.ground.setToolTip("The loss over two weights, in contours, and the paths of the rules; press to start from another place")
        self.ground.overlay = self.paint_paths
        self.ground.placed.connect(lambda u, v: self.change(start=f"{u:.3f},{v:.3f}"))
        self.losses = CurvePlot((0, 50, -6, 2), "log10 of the loss above the least there is, over the steps")
        self.curves = CurvePlot((-2.2, 2.2, -2.2, 2.2), "The examples, and what the model says with each rule's weights")
        rows = self.rows = Choices()
        self.surface = rows.choice("Surface", tuple(TITLES.values()), TITLES["valley"], "The loss over two weights", self.choose)
        self.factor = rows.slider(
            "Rate ×", [0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 8.0, 12.0, 20.0, 50.0], 1.0,  # noqa: RUF001
            "Every rule's learning rate, η, is multiplied by this", lambda v: f"{v:g}", lambda v: self.change(factor=v), field="factor",
        )  # fmt: skip
        self.beta = rows.slider(
            "Memory β", [0.0, 0.5, 0.8, 0.9, 0.95, 0.99], 0.9, "How much momentum, Nesterov and Adam keep of the steps before",
            lambda v: f"{v:g}", lambda v: self.change(beta=v), field="beta",
        )  # fmt: skip
        self.batch = rows.slider(
            "Batch", [1, 2, 4, 8, 16, 0], 0, "Examples of each gradient, from one to all; of the small model",
            lambda v: str(v) if v else "all", lambda v: self.change(batch=v), field="batch",
        )  # fmt: skip
        self.rules: dict[str, QCheckBox] = {}
        self.numbers: dict[str, FastLabel] = {}
        grid = QGridLayout()
        grid.setVerticalSpacing(theme.THIN)
        for i, name in enumerate(RATES):
            box, number = QCheckBox(name, checked=True, toolTip=f"Show the path of {name}"), FastLabel("0.0000")
            box.toggled.connect(lambda _: self.redraw())
            self.rules[name], self.numbers[name] = box, number
            swatch = QLabel(f'<span style="color:{HUES[name]}">━</span>', textFormat=Qt.TextFormat.RichText)
            for j, widget in enumerate((swatch, box, number)):
                grid.addWidget(widget, i, j)
        grid.setColumnStretch(2, 1)
        self.said = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        left, right, row = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addLayout(rows)
        left.addLayout(grid)
        left.addWidget(self.said)
        left.addStretch(1)
        right.addWidget(QLabel("log10 of the loss above the least", toolTip=self.losses.toolTip()))
        right.addWidget(self.losses, 1)
        right.addWidget(self.curves, 1)
        row.addLayout(left, 2)
        row.addWidget(self.ground, 4)
        row.addLayout(right, 3)
        self.column.addLayout(self.transport())
        self.column.addLayout(row, 1)
        self.show_settings()

    def choose(self, title: str) -> None:
        name = next(name for name, shown in TITLES.items() if shown == title)
        self.change(surface=name, start="")

    def restart(self) -> None:
        """From another place, drawn at random."""
        u, v = np.random.default_rng(self.config.seed + 1).uniform(-0.9 * REACH, 0.9 * REACH, 2).round(2).tolist()
        self.change(seed=self.config.seed + 1, start=f"{u},{v}")

    def show_settings(self) -> None:
        super().show_settings()
        name = self.config.surface
        self.surface.setCurrentText(TITLES[name])
        self.batch.setEnabled(name == "model")
        self.curves.setVisible(name == "model")
        self.said.setText(TIPS[name])
        self.ground.show_surface(picture(name), 2.4)

    def show_frame(self, frame: Standing) -> None:
        if frame.settings != self.config or (
            self.frame is not None and (self.frame.settings, self.frame.steps) == (frame.settings, frame.steps)
        ):
            return  # Of before a change, or nothing new.
        self.frame = frame
        self.count.setText(self.pace_text(frame.steps))
        self.redraw()
        runners, least = frame.runners, SURFACES[frame.settings.surface].least
        self.note_challenge(runners["sgd"].gone and runners["adam"].loss < least + ARRIVED)

    def redraw(self) -> None:
        if self.frame is None:
            return
        shown = [name for name, box in self.rules.items() if box.isChecked()]
        strokes, curves = [], [Stroke(X, Y, "#8a929b", 2.5, dots=True)]
        x = np.linspace(-2.2, 2.2, 61)
        for name, runner in self.frame.runners.items():
            self.numbers[name].setText("gone" if runner.gone else f"{runner.loss:.4f}")
            if name in shown:
                strokes.append(Stroke(self.frame.at, np.minimum(runner.excess, 9), HUES[name], 1.8))
                u, v = runner.path[-1]
                curves.append(Stroke(x, np.clip(v * np.tanh(u * x), -9, 9), HUES[name], 1.8))
        self.losses.show_strokes(strokes, (0, 1.08 * max(50, self.frame.steps), -6, 2))
        self.curves.show_strokes(curves)
        self.ground.update()

    def paint_paths(self, painter: QPainter, plane: SurfaceView) -> None:
        if self.frame is None:
            return
        ink = QColor("#14171a" if not theme.is_dark(self.palette()) else "#f4f5f6")
        for name, runner in self.frame.runners.items():
            if not self.rules[name].isChecked():
                continue
            places = [plane.place(u, v) for u, v in np.clip(runner.path, -9 * REACH, 9 * REACH).tolist()]
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(HUES[name]), 2.2))
            painter.drawPolyline(QPolygonF(places))
            painter.setPen(QPen(ink, 1.2))
            painter.setBrush(QColor(HUES[name]))
            painter.drawEllipse(places[-1], 5, 5)
