"""Loss surfaces over two weights: a valley, a saddle, and that of a real small model. Imports no torch: the page draws them.

The model is one tanh unit, v tanh(u x), on 40 examples; its gradient may be that of a few of them only. Read first: `Surface`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from lab.data.drawn_points import REACH
from lab.recipes.foundations.descent_config import DescentConfig

RATES = {
    "sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "rprop": 0.05, "adagrad": 0.3, "rmsprop": 0.03, "adadelta": 1.0, "adam": 0.05,
}  # fmt: skip
"""With which each rule arrives on all three surfaces."""
FAR = 30.0
"""A weight that is larger has left for good."""
EXAMPLES = 40


@dataclass(frozen=True)
class Surface:
    """A loss (...,) of two weights (..., 2), its gradient (2,) on some of the examples, and its least value."""

    loss: Callable[[np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray, np.ndarray], np.ndarray]
    least: float


def valley(w: np.ndarray) -> np.ndarray:
    """L = u^2 / 20 + v^2: twenty times as steep across as along."""
    return w[..., 0] ** 2 / 20 + w[..., 1] ** 2


def saddle(w: np.ndarray) -> np.ndarray:
    """L = u^2 / 2 - v^2 / 2 + v^4 / 8: flat at (0, 0), least at (0, +-sqrt 2)."""
    u, v = w[..., 0], w[..., 1]
    return u**2 / 2 - v**2 / 2 + v**4 / 8


def examples() -> tuple[np.ndarray, np.ndarray]:
    """x and y (40,) of y = tanh(1.5 x) with noise."""
    random = np.random.default_rng(5)
    x = random.uniform(-2, 2, EXAMPLES)
    return x, np.tanh(1.5 * x) + 0.15 * random.standard_normal(EXAMPLES)


X, Y = examples()


def model(w: np.ndarray) -> np.ndarray:
    """Mean of (v tanh(u x) - y)^2 / 2 over the examples. (-u, -v) is as good as (u, v), and between the two lies a saddle."""
    said = w[..., 1, None] * np.tanh(w[..., 0, None] * X)
    return ((said - Y) ** 2).mean(-1) / 2


def model_gradient(w: np.ndarray, batch: np.ndarray) -> np.ndarray:
    """By the chain rule: dL/dv = mean e h, dL/du = mean e v (1 - h^2) x, with e = v h - y, h = tanh(u x)."""
    x, y = X[batch], Y[batch]
    h = np.tanh(w[0] * x)
    e = w[1] * h - y
    return np.array([(e * w[1] * (1 - h * h) * x).mean(), (e * h).mean()])


def least_of_model() -> float:
    """For each u on a fine grid the best v is known: mean y h / mean h^2."""
    h = np.tanh(np.linspace(0.05, 4, 4000)[:, None] * X)  # (4000, 40)
    v = (h * Y).mean(1) / (h * h).mean(1)
    return float((((v[:, None] * h - Y) ** 2).mean(1) / 2).min())


SURFACES = {
    "valley": Surface(valley, lambda w, _: np.array([w[0] / 10, 2 * w[1]]), 0.0),
    "saddle": Surface(saddle, lambda w, _: np.array([w[0], -w[1] + w[1] ** 3 / 2]), -0.5),
    "model": Surface(model, model_gradient, least_of_model()),
}


PLACES = 120
"""Along a side, at which a picture's loss is computed; between them it is smooth."""


@cache
def picture(name: str, side: int = 360) -> np.ndarray:
    """The surface (side, side) as heights from -1 (least) to 1, row by row from above, in steps so that contours are seen."""
    ticks = np.linspace(-REACH, REACH, min(side, PLACES))
    surface = SURFACES[name]
    loss = surface.loss(np.stack(np.meshgrid(ticks, -ticks), -1)) - surface.least
    height = enlarged(np.log1p(20 * loss), side)
    return np.floor(12 * height / height.max()) / 6 - 1


def enlarged(heights: np.ndarray, side: int) -> np.ndarray:
    """Heights (n, n) on a finer lattice (side, side), by lines between them."""
    at = np.linspace(0, len(heights) - 1, side)
    low = np.minimum(at.astype(int), len(heights) - 2)
    share = at - low
    rows = heights[low] + share[:, None] * (heights[low + 1] - heights[low])
    return rows[:, low] + share * (rows[:, low + 1] - rows[:, low])


@dataclass(frozen=True)
class Runner:
    """One rule as it stands: a thinned path (P, 2), its loss, and log10 of loss above the least at some steps."""

    path: np.ndarray
    loss: float
    excess: np.ndarray
    gone: bool


@dataclass(frozen=True)
class Standing:
    settings: DescentConfig
    steps: int
    at: np.ndarray
    """The steps (P,) that paths and losses are of."""
    runners: dict[str, Runner]
