"""What an activation function does: its curve and slope, and how large gradients still are after many layers of it."""

from dataclasses import dataclass

import numpy as np
import torch

from lab.seeding import seeded
from models.foundations.activations import ACTIVATIONS
from models.foundations.point_network import initialise

SPAN = 5.0
"""The curve is shown from -SPAN to SPAN."""
WIDTH, EXAMPLES = 64, 128


@dataclass(frozen=True)
class Profile:
    """Arrays over x (N,), and numbers."""

    name: str
    x: np.ndarray
    f: np.ndarray
    slope: np.ndarray
    largest_slope: float
    largest_at: float
    gradients: np.ndarray
    """(layers,) the size of the gradient of the loss at each layer's output, as a share of that at the last one."""
    formula: str
    note: str
    probe: tuple[float, float, float]
    """A place, the value there and the slope there."""


def profile(name: str, a: float, probe: float = 1.0, depth: int = 10, initialisation: str = "xavier", seed: int = 0) -> Profile:
    """The activation `name` with its slope or scale `a`."""
    one = ACTIVATIONS[name]
    x = torch.linspace(-SPAN, SPAN, 401, dtype=torch.float64)
    slope, at = one.derivative(x, a), torch.tensor([probe], dtype=torch.float64)
    largest = int(slope.argmax())
    return Profile(
        name, x.numpy(), one.f(x, a).numpy(), slope.numpy(), float(slope[largest]), round(float(x[largest]), 6) + 0.0,
        gradients(name, a, depth, initialisation, seed), one.formula, one.note,
        (probe, float(one.f(at, a)[0]), float(one.derivative(at, a)[0])),
    )  # fmt: skip


def gradients(name: str, a: float, depth: int, initialisation: str, seed: int) -> np.ndarray:
    """How large the gradient is at each layer's output of a deep network, as a share of that at the last: dh_l/dL through W and f'."""
    one = ACTIVATIONS[name]
    with seeded(seed):
        layers = [torch.nn.Linear(WIDTH, WIDTH) for _ in range(depth)]
        for layer in layers:
            initialise(layer, initialisation)
        h = torch.randn(EXAMPLES, WIDTH)
        gradient = torch.randn(EXAMPLES, WIDTH)
    sums = []
    with torch.no_grad():
        for layer in layers:
            sums.append(layer(h))
            h = one.f(sums[-1], a)
        sizes = [float(gradient.norm())]
        for layer, z in zip(reversed(layers[1:]), reversed(sums[1:]), strict=True):
            gradient = (gradient * one.derivative(z, a)) @ layer.weight
            sizes.append(float(gradient.norm()))
    return np.array(sizes[::-1]) / sizes[0]
