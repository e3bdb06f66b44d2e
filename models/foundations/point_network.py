"""A multilayer perceptron on points in the plane, small enough that every unit can be looked at.

Each hidden layer has units and an activation of its own; the output is one number. Read first: `PointNetwork.forward`.
"""

import math

import torch
from torch import Tensor, nn

from models.dropout import Dropout
from models.foundations.activations import ACTIVATIONS, RANDOM_SLOPES, leaky

INPUTS: dict[str, str] = {
    "x": "x", "y": "y", "x2": "x²", "y2": "y²", "xy": "x y", "sinx": "sin x", "siny": "sin y",
}  # fmt: skip
"""What a network can be given of a point: names in settings, and as formulas."""


def features(points: Tensor, names: list[str]) -> Tensor:
    """Points (N, 2) -> what the network is given of them (N, len(names)); products are scaled to the size of x."""
    x, y = points[:, 0], points[:, 1]
    made = {
        "x": x, "y": y, "x2": x * x / 2, "y2": y * y / 2, "xy": x * y / 2, "sinx": (2 * x).sin(), "siny": (2 * y).sin(),
    }  # fmt: skip
    return torch.stack([made[name] for name in names], 1)


class Layer(nn.Module):
    """act(batch_norm(W x + b)), with dropout after it in training."""

    def __init__(self, inputs: int, units: int, activation: str, dropout: float = 0.0, batch_norm: bool = False):
        super().__init__()
        self.linear = nn.Linear(inputs, units)
        self.norm = nn.BatchNorm1d(units) if batch_norm else None
        self.activation = activation
        self.slope = nn.Parameter(torch.full((units,), ACTIVATIONS[activation].a)) if activation == "parametric relu" else None
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) -> (N, units)."""
        z = self.linear(x)
        if self.norm is not None:
            z = self.norm(z)
        return self.dropout(self.activate(z))

    def activate(self, z: Tensor) -> Tensor:
        if self.slope is not None:
            return torch.where(z > 0, z, self.slope * z)
        if self.activation == "randomised relu" and self.training:
            low, high = RANDOM_SLOPES
            slopes = torch.rand(z.shape, generator=self.dropout.generator, device=z.device) * (high - low) + low
            return torch.where(z > 0, z, slopes * z)
        chosen = ACTIVATIONS[self.activation]
        return leaky(z, chosen.a) if chosen.f is leaky else chosen.f(z, chosen.a)


class PointNetwork(nn.Module):
    """Points (N, 2) -> one number each (N,): a log-odds for classes, the value itself for regression."""

    def __init__(
        self,
        inputs: list[str],
        layers: list[tuple[int, str]],
        dropout: float = 0.0,
        batch_norm: bool = False,
        initialisation: str = "xavier",
    ):
        """`layers`: units and activation of each hidden layer."""
        super().__init__()
        self.inputs = inputs
        widths = [len(inputs), *(units for units, _ in layers)]
        self.hidden = nn.ModuleList(
            Layer(before, units, activation, dropout, batch_norm) for before, (units, activation) in zip(widths, layers, strict=False)
        )
        self.output = nn.Linear(widths[-1], 1)
        for linear in self.linears():
            initialise(linear, initialisation)

    def forward(self, points: Tensor) -> Tensor:
        h = features(points, self.inputs)  # (N, inputs)
        for layer in self.hidden:
            h = layer(h)  # (N, units)
        return self.output(h)[:, 0]

    def activations(self, points: Tensor) -> list[Tensor]:
        """What every unit says at each point: inputs (N, I), each hidden layer (N, units), output (N, 1)."""
        said = [features(points, self.inputs)]
        for layer in self.hidden:
            said.append(layer(said[-1]))
        return [*said, self.output(said[-1])]

    def linears(self) -> list[nn.Linear]:
        """The linear map into each hidden layer and into the output."""
        return [module for module in self.modules() if isinstance(module, nn.Linear)]


INITIALISATIONS = ("xavier", "he", "1/n", "small", "large", "zeros")


@torch.no_grad()
def initialise(linear: nn.Linear, how: str) -> None:
    """Draw the weights from N(0, s²) and set the biases to 0.

    xavier: s² = 2 / (n_in + n_out) (Glorot & Bengio 2010); he: 2 / n_in (He et al. 2015); 1/n: 1 / n_in; small: s = 0.01; large: s = 3;
    zeros: all weights 0.
    """
    n_out, n_in = linear.weight.shape
    deviation = {
        "xavier": math.sqrt(2 / (n_in + n_out)), "he": math.sqrt(2 / n_in), "1/n": math.sqrt(1 / n_in), "small": 0.01, "large": 3.0,
        "zeros": 0.0,
    }[how]  # fmt: skip
    linear.weight.normal_(0.0, 1.0).mul_(deviation)
    linear.bias.zero_()
