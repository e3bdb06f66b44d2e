"""A curve on an interval, followed by one hidden layer; each unit's part is a curve of its own."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves
from lab.experiment import Experiment, Metrics, view
from lab.exported import Exported
from lab.recipes.foundations.approximation_config import ApproximationConfig
from lab.seeding import seeded
from lab.state import Attribute, Tree
from models.foundations.curve_network import CurveNetwork

PLACES = 200


class Approximation(Experiment):
    """One step is one batch of places."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 5_000
    headline: ClassVar[tuple[str, ...]] = ("losses/squared_error",)

    def __init__(self, config: ApproximationConfig, device: torch.device):
        super().__init__(config, torch.device("cpu"))  # Too small to gain by a GPU.
        self.config: ApproximationConfig = config
        weights, order = (int(value) for value in np.random.SeedSequence(config.seed).generate_state(2))
        with seeded(weights):
            self.net = CurveNetwork(config.units, config.activation)
        self.adam = torch.optim.Adam(self.net.parameters(), config.learning_rate, fused=True)
        self.order = torch.Generator().manual_seed(order)
        self.x = torch.linspace(-1, 1, PLACES)
        self.y = height(config, self.x)

    def step(self) -> Metrics:
        x, y = self.x, self.y
        if self.config.batch_size:
            x = 2 * torch.rand(self.config.batch_size, generator=self.order) - 1
            y = height(self.config, x)
        loss = (self.net(x) - y).square().mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        self.steps += 1
        return {"losses/squared_error": loss.detach()}

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, "adam": self.adam, "steps": Attribute(self, "steps"), "generators": {"order": self.order}}

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Mean squared and largest error over the interval."""
        error = (self.net(self.x) - self.y).abs()
        return {"loss": float(error.square().mean()), "largest_error": float(error.max()), "units": self.config.units}

    def exported(self) -> Exported:
        return Exported(self.net, {"x": self.x[:4].clone()}, "y", "x, float32 (B), between -1 and 1 -> height, float32 (B).")

    @view(live=True)
    def fit(self, net: CurveNetwork) -> Curves:
        """The curve, and what the network makes of it."""
        x = self.x.numpy()
        return Curves({"curve": (x, self.y.numpy()), f"{self.config.units} units": (x, net(self.x).numpy())}, x_label="x", y_label="y")

    @view(live=True)
    def contributions(self, net: CurveNetwork) -> Curves:
        """What each unit adds, of the sixteen that add most: they and the constant add up to the network's curve."""
        parts = net.contributions(self.x)
        largest = parts.std(0).argsort(descending=True)[:16].tolist() if parts.shape[1] > 1 else [0]
        return Curves({f"unit {i + 1}": (self.x.numpy(), parts[:, i].numpy()) for i in largest}, x_label="x", y_label="v f(w x + b)")


def height(config: ApproximationConfig, x: Tensor) -> Tensor:
    """The curve (N,) at places x (N,) in [-1, 1]."""
    match config.curve:
        case "sine":
            return 0.7 * (2 * math.pi * x).sin() * (1 - 0.3 * x)
        case "steps":
            return torch.where(x < -0.4, -0.6, torch.where(x < 0.3, 0.5, -0.2))
        case "bump":
            return (-((x / 0.25) ** 2)).exp() * 1.2 - 0.4
        case "saw":
            return 1.2 * ((1.5 * x + 10.5) % 1) - 0.6
    heights = torch.tensor(config.heights)
    place = (x + 1) / 2 * (len(heights) - 1)
    left = place.floor().long().clamp(0, len(heights) - 2)
    return torch.lerp(heights[left], heights[left + 1], place - left)


@dataclass(frozen=True)
class CurveFrame:
    """The curve and the network at a moment, as arrays that no training touches."""

    steps: int
    x: np.ndarray
    target: np.ndarray
    output: np.ndarray
    parts: np.ndarray
    """(units, N)"""
    loss: float
    config: ApproximationConfig


@torch.no_grad()
def frame_of(experiment: Approximation) -> CurveFrame:
    return CurveFrame(
        experiment.steps, experiment.x.numpy(), experiment.y.numpy(), experiment.net(experiment.x).numpy(),
        experiment.net.contributions(experiment.x).T.numpy().copy(), experiment.evaluate()["loss"], experiment.config,
    )  # fmt: skip
