"""Losses from likelihood: the data as dots, the model's curve that one moves, and where what was seen is most probable."""

from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.foundations.controls import Choices
from gui.foundations.curve_plot import CurvePlot, Stroke
from gui.foundations.recipe_page import RecipePage
from gui.theme import COLOURS
from lab.recipes.foundations.likelihood_config import OF_ITS_KIND, RANGES
from lab.recipes.foundations.log_likelihood import Seen, log_likelihood, loss, sigmoid

BLUE, ORANGE, GREEN, RED, PURPLE = COLOURS[:5]
QUIET = "#8a929b"
NEAR = 0.98
"""The challenge: the likelihood of one's own parameter, as a share of the largest."""
LEAST = 20
"""Observations before the challenge counts."""
TITLES = {"gaussian": "Gaussian mean", "coin": "A coin", "line": "Squared error", "classes": "Cross-entropy"}
SYMBOLS = {"gaussian": "μ", "coin": "θ", "line": "w", "classes": "w"}
FORMULAS = {
    "gaussian": "log L(&mu;) = &minus;n/2 log 2&pi;&sigma;&sup2; &minus; &Sigma;(x &minus; &mu;)&sup2; / 2&sigma;&sup2;. Its derivative "
    "&Sigma;(x &minus; &mu;) / &sigma;&sup2; is 0 at the mean. A dot's height on the curve is its likelihood; drag the curve.",
    "coin": "log L(&theta;) = h log &theta; + (n &minus; h) log(1 &minus; &theta;), with h heads of n tosses: largest at h / n. "
    "Dots are tosses, heads above; a prior worth &gamma; tosses gives (h + &gamma;/2) / (n + &gamma;).",
    "line": "y = w x + noise: log L(w) = &minus;&Sigma;(y &minus; w x)&sup2; / 2&sigma;&sup2; + constant, so the likeliest line has the least "
    "squared error. The prior adds &gamma; w&sup2; to it, with &gamma; = &sigma;&sup2; / &sigma;<sub>w</sub>&sup2;: L2, or weight decay.",
    "classes": "p = &sigma;(w x): log L(w) = &Sigma; t log p + (1 &minus; t) log(1 &minus; p), the cross-entropy with its sign turned. "
    "Short lines say how far each p is from its class.",
}
COUNTS = {"gaussian": [3, 10, 30, 60, 100], "coin": [10, 100, 1000, 10_000], "line": [3, 10, 30, 60, 100], "classes": [10, 30, 60, 100]}
FIRST_COUNT = {"gaussian": 30, "coin": 10_000, "line": 30, "classes": 60}


class LikelihoodPage(RecipePage):
    """Left what to ask, in the middle the data and the curve, right likelihood and loss over the parameter."""

    title: ClassVar[str] = "Likelihood"
    tip: ClassVar[str] = "Where losses come from: squared error and cross-entropy as likelihoods of data that one sees"
    about: ClassVar[str] = (
        "Which parameter makes what was seen most probable? Its likelihood <i>L = &Pi; p(x | parameter)</i> narrows as observations come in. "
        "The loss that networks minimise is <i>&minus;log L</i>: with Gaussian noise the squared error, with classes the cross-entropy. A prior, "
        'times L, gives the posterior; its maximum (MAP) is a loss with a penalty. Bishop 2006, <a href="https://www.microsoft.com/en-us/research/'
        'publication/pattern-recognition-machine-learning/">Pattern Recognition and Machine Learning</a>, chapters 1 to 4.'
    )
    challenge: ClassVar[str] = f"by hand, bring the likelihood to {NEAR:.0%} of its maximum, with at least {LEAST} observations."
    recipe: ClassVar[str] = "likelihood"
    drawing: ClassVar[str] = "lab.recipes.foundations.likelihood:frame_of"

    def __init__(self, parent: QWidget | None = None):
        self.parameter = -0.5
        super().__init__(parent)
        self.pace.setCurrentIndex(1)
        self.set_pace(1)

    def build(self) -> None:
        self.data = CurvePlot((-4, 4, 0, 0.6), "The observations and the model's curve; press to move the curve")
        self.bell = CurvePlot((-3, 3, 0, 1.15), "Likelihood over the parameter, as a share of its maximum; press to choose a parameter")
        self.bowl = CurvePlot((-3, 3, 0, 5), "Loss over the parameter: least where the likelihood is largest; press to choose a parameter")
        for plot in (self.bell, self.bowl):
            plot.pressed.connect(lambda x, _: self.move_to(x))
        self.data.pressed.connect(self.move_curve)
        rows = self.rows = Choices()
        self.kind = rows.choice("Question", tuple(TITLES.values()), TITLES["gaussian"], "What is asked", self.choose)
        self.kind.setMinimumContentsLength(20)  # Room for every question in larger text too.
        self.own = rows.slider(
            "Yours", list(range(241)), 0, "Your parameter", lambda v: f"{self.value(v):.3f}", lambda v: self.move_to(self.value(v))
        )
        self.count_slider = rows.slider(
            "Seen n", list(range(5)), 2, "How many observations come in", lambda v: f"{self.counts()[min(v, len(self.counts()) - 1)]:,}",
            lambda v: self.change(count=self.counts()[min(v, len(self.counts()) - 1)]),
        )  # fmt: skip
        self.truth = rows.slider(
            "Truth", list(range(1, 40)), 28, "The parameter from which the data are drawn", lambda v: f"{self.value(6 * v):.2f}",
            lambda v: self.change(truth=self.value(6 * v)),
        )  # fmt: skip
        self.sigma = rows.slider(
            "Noise σ", [0.2, 0.4, 0.6, 0.8, 1.0, 1.5], 0.8, "Deviation of the Gaussian noise", lambda v: f"{v:g}",  # noqa: RUF001
            lambda v: self.change(sigma=v), field="sigma",
        )  # fmt: skip
        self.prior = rows.slider(
            "Prior γ", [0, 1, 2, 5, 10, 20, 50, 100, 1000], 0, "How many observations the prior is worth; 0: every parameter is as likely",  # noqa: RUF001
            str, lambda v: self.change(prior=float(v)),
        )  # fmt: skip
        self.numbers = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self.formula = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        left, right, row = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addLayout(rows)
        left.addWidget(self.numbers)
        left.addWidget(self.formula)
        left.addStretch(1)
        right.addWidget(self.bell, 1)
        right.addWidget(self.bowl, 1)
        row.addLayout(left, 2)
        row.addWidget(self.data, 3)
        row.addLayout(right, 3)
        self.column.addLayout(self.transport())
        self.column.addLayout(row, 1)
        self.show_settings()

    def counts(self) -> list[int]:
        return COUNTS[self.config.kind]

    def value(self, place: float) -> float:
        """The parameter at a place from 0 to 240 of its range."""
        low, high = RANGES[self.config.kind]
        return low + (high - low) * place / 240

    def place_of(self, parameter: float) -> float:
        low, high = RANGES[self.config.kind]
        return 240 * (parameter - low) / (high - low)

    def choose(self, title: str) -> None:
        kind = next(kind for kind, name in TITLES.items() if name == title)
        self.parameter = {"gaussian": -0.5, "coin": 0.7, "line": 0.6, "classes": -1.0}[kind]
        self.change(kind=kind, truth=OF_ITS_KIND, count=FIRST_COUNT[kind])

    def show_settings(self) -> None:
        """The controls and the formula, as the problem says."""
        super().show_settings()
        kind = self.config.kind
        self.kind.setCurrentText(TITLES[kind])
        self.own.set_value(self.place_of(self.parameter))
        self.prior.set_value(self.config.prior)
        self.count_slider.setMaximum(len(self.counts()) - 1)
        self.count_slider.set_value(self.counts().index(self.config.count))
        self.truth.set_value(self.place_of(self.config.parameter) / 6)
        self.sigma.setEnabled(kind in ("gaussian", "line"))
        self.formula.setText(FORMULAS[kind])

    def move_to(self, parameter: float) -> None:
        """Choose a parameter by hand."""
        low, high = RANGES[self.config.kind]
        margin = 0.001 if self.config.kind == "coin" else 0.0  # At 0 and 1 one toss is impossible.
        self.parameter = float(np.clip(parameter, low + margin, high - margin))
        self.own.set_value(self.place_of(self.parameter))
        if self.frame is not None and self.frame.problem == self.config:
            self.redraw(self.frame)
            self.note_challenge(self.frame.y.size >= LEAST and self.ratio(self.frame) >= NEAR)

    def move_curve(self, x: float, y: float) -> None:
        """Drag the model's curve to a place among the data."""
        match self.config.kind:
            case "gaussian":
                self.move_to(x)
            case "coin":
                self.move_to(y)
            case "line":
                self.move_to(y / x if abs(x) > 0.1 else self.parameter)
            case "classes":
                p = min(max(y, 0.01), 0.99)
                self.move_to(float(np.log(p / (1 - p))) / x if abs(x) > 0.1 else self.parameter)

    def log_at(self, seen: Seen, parameter: float) -> float:
        return float(log_likelihood(seen.problem, seen.x, seen.y, np.array([parameter]))[0])

    def ratio(self, seen: Seen) -> float:
        """The likelihood of one's own parameter as a share of the largest."""
        return float(np.exp(self.log_at(seen, self.parameter) - self.log_at(seen, seen.ml)))

    def show_frame(self, frame: Seen) -> None:
        if frame.problem == self.config and frame is not self.frame:  # Else it is of before a change, or nothing is new.
            self.frame = frame
            self.redraw(frame)

    def redraw(self, frame: Seen) -> None:
        symbol, mine = SYMBOLS[frame.problem.kind], self.parameter
        n = len(frame.y)
        self.count.setText(f"{n:,} of {frame.problem.count:,} observations")
        strokes, bounds = DRAWN[frame.problem.kind](frame, mine)
        self.data.show_strokes(strokes, bounds)
        low, high = RANGES[frame.problem.kind]
        curves = [Stroke(frame.grid, frame.likelihood, BLUE, 2.6, name="likelihood")]
        if frame.problem.prior:
            curves += [
                Stroke(frame.grid, frame.prior, PURPLE, 1.6, name="prior"),
                Stroke(frame.grid, frame.posterior, ORANGE, 2.2, name="posterior"),
            ]
        here = Stroke(np.array([mine, mine]), np.array([-9.0, 1.02]), RED, 1.6, 0.8, name="yours")
        dot = Stroke(np.array([mine]), np.array([self.ratio(frame)]), RED, 5, dots=True)
        self.bell.show_strokes([*curves, here, dot], (low, high, 0.0, 1.2))
        least = float(loss(frame.problem, frame.x, frame.y, np.array([frame.ml]))[0])
        own = float(loss(frame.problem, frame.x, frame.y, np.array([mine]))[0])
        top = max(least + 0.5, float(np.quantile(frame.loss[np.isfinite(frame.loss)], 0.8)))
        error = "mean squared error" if frame.problem.kind in ("gaussian", "line") else "cross-entropy"
        self.bowl.show_strokes(
            [
                Stroke(frame.grid, frame.loss, GREEN, 2.6, name=f"loss: {error}"),
                Stroke(np.array([mine, mine]), np.array([-99.0, least + 0.85 * (top - least)]), RED, 1.6, 0.8),
                Stroke(np.array([mine]), np.array([own]), RED, 5, dots=True),
            ],
            (low, high, min(0.0, least), top * 1.1),
        )
        maximum = f"<br>MAP {symbol} = {frame.map:.4f}" if frame.problem.prior else ""
        text = (
            f"<p>Yours {symbol} = {mine:.3f}: log L = {self.log_at(frame, mine):,.1f}<br>Best {symbol} = {frame.ml:.4f}: "
            f"log L = {self.log_at(frame, frame.ml):,.1f}{maximum}<br>Loss: yours {own:.4f}, least {least:.4f}</p>"
        )
        if text != self.numbers.text():
            self.numbers.setText(text)


def gaussian(seen: Seen, mine: float) -> tuple[list[Stroke], tuple[float, float, float, float]]:
    """Each dot on the curve: its height is its likelihood."""
    sigma, x = seen.problem.sigma, np.linspace(-5, 5, 241)

    def density(at: np.ndarray, mean: float) -> np.ndarray:
        return np.exp(-((at - mean) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))

    heights = density(seen.y, mine)
    sticks = [Stroke(np.array([a, a]), np.array([0.0, b]), QUIET, 1, 0.7) for a, b in zip(seen.y, heights, strict=True)]
    peak = 1 / (sigma * np.sqrt(2 * np.pi))
    return [
        Stroke(x, density(x, seen.ml), BLUE, 1.6, 0.7, name="best"), *sticks, Stroke(x, density(x, mine), RED, 2.6, name="yours"),
        Stroke(seen.y, heights, BLUE, 3.5, dots=True),
    ], (-5, 5, 0, 1.25 * peak)  # fmt: skip


def coin(seen: Seen, mine: float) -> tuple[list[Stroke], tuple[float, float, float, float]]:
    """The share of heads over the tosses; the newest few hundred tosses as dots above and below."""
    n, ml, maximum = seen.history
    shown = np.unique(np.linspace(0, len(seen.y) - 1, 250).astype(int))
    ends = np.array([0.0, max(10.0, len(seen.y))])
    strokes = [
        Stroke(ends, np.full(2, seen.problem.truth), QUIET, 1.2, name="truth"),
        Stroke(shown + 1.0, np.where(seen.y[shown] > 0.5, 1.05, -0.05), QUIET, 1.8, 0.6, dots=True),
        Stroke(n, ml, BLUE, 2.4, name="share of heads"), Stroke(ends, np.full(2, mine), RED, 2.2, name="yours"),
    ]  # fmt: skip
    if seen.problem.prior:
        strokes.append(Stroke(n, maximum, ORANGE, 2.2, name="MAP"))
    return strokes, (0, 1.1 * float(ends[1]), -0.12, 1.3)


def line(seen: Seen, mine: float) -> tuple[list[Stroke], tuple[float, float, float, float]]:
    ends = np.array([-3.0, 3.0])
    errors = [Stroke(np.array([a, a]), np.array([b, mine * a]), QUIET, 1, 0.7) for a, b in zip(seen.x, seen.y, strict=True)]
    strokes = [Stroke(ends, seen.ml * ends, BLUE, 1.6, 0.7, name="best"), *errors]
    if seen.problem.prior:
        strokes.append(Stroke(ends, seen.map * ends, ORANGE, 1.8, name="MAP"))
    own = Stroke(ends, mine * ends, RED, 2.6, name="yours")
    return [*strokes, own, Stroke(seen.x, seen.y, BLUE, 3.5, dots=True)], (-2.5, 2.5, -5, 5)


def classes(seen: Seen, mine: float) -> tuple[list[Stroke], tuple[float, float, float, float]]:
    x = np.linspace(-3, 3, 201)
    errors = [
        Stroke(np.array([a, a]), np.array([t, p]), QUIET, 1, 0.7) for a, t, p in zip(seen.x, seen.y, sigmoid(mine * seen.x), strict=True)
    ]
    strokes = [Stroke(x, sigmoid(seen.ml * x), BLUE, 1.6, 0.7, name="best"), *errors]
    if seen.problem.prior:
        strokes.append(Stroke(x, sigmoid(seen.map * x), ORANGE, 1.8, name="MAP"))
    own = Stroke(x, sigmoid(mine * x), RED, 2.6, name="yours: p")
    return [*strokes, own, Stroke(seen.x, seen.y, BLUE, 3.5, dots=True)], (-3, 3, -0.1, 1.3)


DRAWN = {"gaussian": gaussian, "coin": coin, "line": line, "classes": classes}
