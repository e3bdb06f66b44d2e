"""Activation functions at work: a deep network on two spirals, with what its layers say and the gradients that reach them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from lab.answers import Curves, Heatmap, Text
from lab.data import points
from lab.experiment import Experiment, Metrics, view
from lab.exported import Exported
from lab.parameters import Real
from lab.recipes.foundations.activation_profile import Profile, profile
from lab.recipes.foundations.activations_config import ActivationsConfig
from lab.seeding import seeded
from lab.state import Tree, attributes
from models.foundations.deep_network import DeepNetwork

COUNT, BATCH, LOOKED_AT = 400, 64, 128
DOTS = 48
"""Units and points of each layer that are drawn as dots."""
LEAST = 1e-30


class Activations(Experiment):
    """One step is one step of plain gradient descent on a mini-batch."""

    log_every: ClassVar[int] = 20
    checkpoint_every: ClassVar[int] = 5_000
    headline: ClassVar[tuple[str, ...]] = ("losses/loss",)

    def __init__(self, config: ActivationsConfig, device: torch.device):
        super().__init__(config, device)
        self.config: ActivationsConfig = config
        weights, data, order = (int(value) for value in np.random.SeedSequence(config.seed).generate_state(3))
        self.x, self.y = points.sample("spirals", COUNT, 0.06, torch.Generator().manual_seed(data))
        self.order = torch.Generator().manual_seed(order)
        with seeded(weights):
            self.net = DeepNetwork(config.depth, config.width, config.activation, config.slope, config.initialisation)
        self.loss = nn.BCEWithLogitsLoss()

    def step(self) -> Metrics:
        batch = torch.randint(COUNT, (BATCH,), generator=self.order)
        loss = self.loss(self.net(self.x[batch]), self.y[batch])
        parameters = list(self.net.parameters())
        slopes = torch.autograd.grad(loss, parameters, allow_unused=True)
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes, strict=True):
                if slope is not None:
                    parameter.sub_(self.config.learning_rate * slope)
        self.steps += 1
        return {"losses/loss": loss.detach()}

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, "generators": {"order": self.order}, **attributes(self, "steps")}

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Loss and accuracy on its points, and what is left of the gradient at the first layer."""
        output = self.net(self.x)
        layers = self.through()
        return {
            "loss": float(self.loss(output, self.y)), "accuracy": float(((output > 0) == (self.y > 0.5)).float().mean()),
            "gradient_at_the_first_layer": float(layers.gradients[0]), "deviation_at_the_last_layer": float(layers.deviations[-1]),
        }  # fmt: skip

    def exported(self) -> Exported:
        about = "points, float32 (B, 2), between -3 and 3 -> log-odds of class 1, float32 (B)."
        return Exported(self.net, {"points": self.x[:2].clone()}, "output", about)

    def through(self) -> "Layers":
        """What flows through the layers, forward and backward."""
        said, slopes = self.net.gradients(self.x[:LOOKED_AT], self.loss, self.y[:LOOKED_AT])
        sizes = np.array([float(slope.norm()) for slope in slopes])
        deviations = np.array([float(h.std()) for h in said])
        dots = np.stack([h.flatten()[:: max(1, h.numel() // DOTS)][:DOTS].numpy() for h in said])
        last = sizes[-1] if sizes[-1] > 0 else 1.0
        return Layers(np.nan_to_num(sizes / last), np.nan_to_num(deviations), np.nan_to_num(dots))

    def profile(self, at: float = 1.0) -> Profile:
        """The function itself."""
        return profile(self.config.activation, self.config.slope, at)

    @view
    def through_layers(self) -> Curves:
        """log10 of the gradient's size at each layer, as a share of that at the last, and of the deviation of what the layer says."""
        layers = self.through()
        at = np.arange(1, len(layers.gradients) + 1)
        logs = {"gradient": log10(layers.gradients), "deviation of h": log10(layers.deviations)}
        return Curves({name: (at, values) for name, values in logs.items()}, x_label="layer", y_label="log10")

    @view
    def said(self) -> Heatmap:
        """What some units say for some points, a row for each layer: a row of one colour is saturated or dead."""
        dots = self.through().dots
        return Heatmap(dots, "some units and points", "layer", y_ticks=[str(i + 1) for i in range(len(dots))], of="h")

    @view
    def function(self) -> Curves:
        """The activation function f and its derivative."""
        shown = self.profile()
        return Curves({"f": (shown.x, shown.f), "f'": (shown.x, shown.slope)}, x_label="z", y_label="")

    @view
    def numbers(self, at: Real = 1.0) -> Text:
        """Formula, largest slope, and f and f' at a place."""
        shown = self.profile(at)
        _, value, slope = shown.probe
        return Text(
            f"{shown.name}: f(z) = {shown.formula}\n{shown.note}\nLargest slope {shown.largest_slope:.4g} at z = {shown.largest_at:.3g}\n"
            f"At z = {at:g}: f = {value:.6g}, f' = {slope:.6g}"
        )


def log10(values: np.ndarray) -> np.ndarray:
    return np.log10(np.maximum(values, LEAST))


@dataclass(frozen=True)
class Layers:
    """What flows through the hidden layers at a moment."""

    gradients: np.ndarray
    """(layers,) the size of the gradient at each, as a share of that at the last"""
    deviations: np.ndarray
    """(layers,) the deviation of what each says"""
    dots: np.ndarray
    """(layers, DOTS) what some units say for some points"""


@dataclass(frozen=True)
class ActivationsFrame:
    steps: int
    config: ActivationsConfig
    profile: Profile
    layers: Layers
    loss: float
    accuracy: float


def frame_of(experiment: Activations) -> ActivationsFrame:
    layers = experiment.through()
    with torch.no_grad():
        output = experiment.net(experiment.x)
    return ActivationsFrame(
        experiment.steps, experiment.config, experiment.profile(), layers,
        float(experiment.loss(output, experiment.y)), float(((output > 0) == (experiment.y > 0.5)).float().mean()),
    )  # fmt: skip
