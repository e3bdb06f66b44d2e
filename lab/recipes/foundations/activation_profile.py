"""An activation function by itself: its curve and slope, the largest slope, and what it gives at a place."""

from dataclasses import dataclass

import numpy as np
import torch

from models.foundations.activations import ACTIVATIONS

SPAN = 5.0
"""The curve is shown from -SPAN to SPAN."""


@dataclass(frozen=True)
class Profile:
    """Arrays over x (N,), and numbers."""

    name: str
    x: np.ndarray
    f: np.ndarray
    slope: np.ndarray
    largest_slope: float
    largest_at: float
    formula: str
    note: str
    probe: tuple[float, float, float]
    """A place, the value there and the slope there."""


def profile(name: str, a: float, probe: float = 1.0) -> Profile:
    """The activation `name` with its slope or scale `a`."""
    one = ACTIVATIONS[name]
    x = torch.linspace(-SPAN, SPAN, 401, dtype=torch.float64)
    slope, at = one.derivative(x, a), torch.tensor([probe], dtype=torch.float64)
    largest = int(slope.argmax())
    return Profile(
        name, x.numpy(), one.f(x, a).numpy(), slope.numpy(), float(slope[largest]), round(float(x[largest]), 6) + 0.0,
        one.formula, one.note,
        (probe, float(one.f(at, a)[0]), float(one.derivative(at, a)[0])),
    )  # fmt: skip
