"""Validation: five estimates of a model's error on points that it has not seen, their spread, and early stopping."""

from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.foundations.controls import Choices
from gui.foundations.curve_plot import CurvePlot, Stroke
from gui.foundations.recipe_page import RecipePage
from gui.foundations.surface_view import SurfaceView
from gui.theme import COLOURS, is_dark, readable
from lab.data.drawn_points import CLASSES
from lab.recipes.foundations.splits import METHODS, MOMENTS, Estimated
from lab.recipes.foundations.validation_config import ROUNDS

HUES = dict(zip(METHODS, (COLOURS[1], COLOURS[0], COLOURS[7], COLOURS[3], COLOURS[4]), strict=True))
TRUTH, TRAIN = "#8a929b", COLOURS[2]
WRONG = 0.25
"""The challenge: a model without a mistake on its own points that is wrong on more than this of new ones."""


class ValidationPage(RecipePage):
    """Left the settings and the numbers, in the middle the points and the model, right the estimates and early stopping."""

    title: ClassVar[str] = "Validation"
    tip: ClassVar[str] = "Hold-out, k-fold, leave one out, bootstrap, stratified folds, and the spread of each; early stopping"
    about: ClassVar[str] = (
        "A model has to be judged on points that it has not learned from. Each dot is one estimate of its error, <i>E = 1/k &Sigma;<sub>i</sub> "
        "E<sub>i</sub></i> over the splits of a method; the grey line is the truth, on 2,000 new points. A hold-out depends on which points it "
        "keeps; k folds test every point once; the bootstrap learns from draws with replacement and tests on what was not drawn. Below: the "
        'validation error rises where training should stop. Kohavi 1995, <a href="https://www.ijcai.org/Proceedings/95-2/Papers/016.pdf">A study '
        "of cross-validation and bootstrap</a>."
    )
    challenge: ClassVar[str] = f"overfit: a model without a mistake on its own points that is wrong on more than {WRONG:.0%} of new ones."
    recipe: ClassVar[str] = "validation"
    drawing: ClassVar[str] = "lab.recipes.foundations.validation:frame_of"

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.pace.setCurrentIndex(1)
        self.set_pace(1)

    def build(self) -> None:
        self.plane = SurfaceView()
        self.plane.brush = False
        self.plane.setToolTip("The points, those that one hold-out keeps as rings, and the model that is fitted to all of them")
        self.spread = CurvePlot((0, 0.6, 0, 6), "Each estimate of the error, a row for each method; lines are the mean and one deviation")
        self.curves = CurvePlot((0, 5, 0, 1.5), "Squared error of training and validation over log10 of the steps of gradient descent")
        rows, change = Choices(), self.change
        self.rows = rows
        self.sets = rows.choice("Points", CLASSES, "moons", "Which points", lambda v: change(points=v), field="points")
        rows.slider(
            "How many",
            [20, 30, 40, 60, 100, 200],
            60,
            "Points there are to learn and to test with",
            str,
            lambda v: change(count=v),
            field="count",
        )
        rows.slider(
            "Noise",
            [n / 10 for n in range(11)],
            0.4,
            "Deviation of the noise on the points",
            lambda v: f"{v:.1f}",
            lambda v: change(noise=v),
            field="noise",
        )
        rows.slider(
            "Class 1", [0.1, 0.2, 0.3, 0.4, 0.5], 0.5, "Share of class 1: stratified folds keep it", lambda v: f"{v:.0%}",
            lambda v: change(share=v), field="share",
        )  # fmt: skip
        self.degree = rows.slider(
            "Degree", list(range(1, 13)), 4, "Degree of the polynomial that is fitted", str, lambda v: change(degree=v), field="degree"
        )
        rows.slider(
            "Held out",
            [0.1, 0.2, 0.3, 0.5, 0.7],
            0.3,
            "Share that the hold-out tests on",
            lambda v: f"{v:.0%}",
            lambda v: change(held_out=v),
            field="held_out",
        )
        rows.slider("Folds k", [2, 3, 5, 10], 5, "How many folds", str, lambda v: change(folds=v), field="folds")
        rows.slider("Draws", [1, 5, 20, 50], 20, "Bootstrap samples of one estimate", str, lambda v: change(draws=v), field="draws")
        self.fresh = QCheckBox(
            "New points each time", toolTip="Draw new points for every estimate, in place of new splits of the same ones"
        )
        self.fresh.clicked.connect(lambda on: change(fresh=on))
        self.numbers = QLabel(textFormat=Qt.TextFormat.RichText)
        left, right, row = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addLayout(rows)
        left.addWidget(self.fresh)
        left.addWidget(self.numbers)
        left.addStretch(1)
        right.addWidget(QLabel("Estimates of the error", toolTip=self.spread.toolTip()))
        right.addWidget(self.spread, 3)
        self.stop = QLabel("Early stopping", toolTip=self.curves.toolTip(), wordWrap=True)
        right.addWidget(self.stop)
        right.addWidget(self.curves, 2)
        row.addLayout(left, 2)
        row.addWidget(self.plane, 3)
        row.addLayout(right, 3)
        self.column.addLayout(self.transport())
        self.column.addLayout(row, 1)

    def restart(self) -> None:
        self.change(seed=self.config.seed + ROUNDS)

    def show_frame(self, frame: Estimated) -> None:
        rounds = len(frame.truths)
        if frame.settings != self.config or (
            self.frame is not None and self.frame.settings == frame.settings and len(self.frame.truths) == rounds
        ):
            return  # Of before a change, or nothing new.
        self.frame = frame
        self.count.setText(f"{rounds} of {ROUNDS} estimates")
        self.plane.show_surface(frame.surface, 1.2)
        self.plane.show_points(frame.points, frame.t, frame.tested)
        truth = float(frame.truths.mean())
        strokes = [Stroke(np.array([truth, truth]), np.array([0.0, 5.6]), TRUTH, 1.6, name="truth")]
        dark, lines = is_dark(self.palette()), []
        jitter = np.random.default_rng(0).uniform(-0.3, 0.3, ROUNDS)
        for i, (method, values) in enumerate(frame.estimates.items()):
            height, mean, deviation = 5.0 - i, float(values.mean()), float(values.std())
            strokes.append(Stroke(values, height + jitter[:rounds], HUES[method], 2.2, 0.55, dots=True))
            strokes.append(Stroke(np.array([mean - deviation, mean + deviation]), np.full(2, height), HUES[method], 3))
            strokes.append(Stroke(np.array([mean, mean]), np.array([height - 0.35, height + 0.35]), HUES[method], 3))
            hue = readable(HUES[method], dark).name()
            lines.append(
                f'<tr><td style="color:{hue}">{5 - i}&nbsp;{method}&nbsp;</td><td align="right">{mean:.1%}&nbsp;</td>'
                f'<td align="right">&plusmn;{deviation:.1%}</td></tr>'
            )
        furthest = max(0.4, truth + 0.1, *(float(values.max()) + 0.05 for values in frame.estimates.values()))
        self.spread.show_strokes(strokes, (0, furthest, 0.3, 6.3))
        text = f"<table>{''.join(lines)}</table><p>Truth {truth:.1%}; its own points {frame.train_error:.1%}</p>"
        if text != self.numbers.text():
            self.numbers.setText(text)
        stopping, at = frame.stopping, np.log10(MOMENTS)
        best = float(np.log10(stopping.best))
        top = 1.3 * float(max(1.0, stopping.validation[0], np.quantile(stopping.validation, 0.8)))
        self.curves.show_strokes(
            [
                Stroke(at, stopping.train, TRAIN, 2.2, name="training"), Stroke(at, stopping.validation, COLOURS[6], 2.2, name="validation"),
                Stroke(np.array([best, best]), np.array([0.0, 0.8 * top]), TRUTH, 1.4),
            ],
            (0, 5.2, 0, top),
        )  # fmt: skip
        said = f"Early stopping at step {stopping.best:,} (log10 of the steps)"
        if said != self.stop.text():
            self.stop.setText(said)
        self.note_challenge(frame.train_error == 0 and truth > WRONG)
