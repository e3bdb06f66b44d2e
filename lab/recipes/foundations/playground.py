"""A multilayer perceptron on points in the plane, with the surface of every unit (after TensorFlow Playground, Smilkov et al. 2017).

Read first: `Playground.step`, then `NetworkFrame`, which is what the page draws thirty times a second.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.answers import Curves, Images, Landscape
from lab.data import drawn_points, points
from lab.data.drawn_points import REACH
from lab.data.points import lattice
from lab.experiment import Experiment, Metrics, view
from lab.exported import Exported
from lab.parameters import Side
from lab.recipes.foundations.optimisers import optimiser
from lab.recipes.foundations.playground_config import PlaygroundConfig
from lab.seeding import seeded
from lab.state import Attribute, Tree
from models.dropout import set_generator
from models.foundations.point_network import PointNetwork

EXTENT = (-REACH, REACH, -REACH, REACH)


class Playground(Experiment):
    """One step is one mini-batch."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 5_000
    headline: ClassVar[tuple[str, ...]] = ("losses/train",)

    def __init__(self, config: PlaygroundConfig, device: torch.device):
        super().__init__(config, torch.device("cpu"))  # Too small to gain by a GPU.
        self.config: PlaygroundConfig = config
        c = config
        data, order, weights = (int(value) for value in np.random.SeedSequence(c.seed).generate_state(3))
        self.x, self.y, self.classes = load(c, torch.Generator().manual_seed(data))  # (N, 2), (N,)
        shuffled = torch.randperm(len(self.x), generator=torch.Generator().manual_seed(data))
        held_out = min(max(1, round(c.test_share * len(self.x))), len(self.x) - 1)
        self.test, self.train = shuffled[:held_out], shuffled[held_out:]
        self.order = torch.Generator().manual_seed(order)
        with seeded(weights):
            self.net = PointNetwork(c.input_names, c.layer_list, c.dropout, c.batch_norm, c.initialisation)
        set_generator(self.net, self.order)
        self.optimizer = optimiser(c.optimizer, self.net.parameters(), c.learning_rate)

    def step(self) -> Metrics:
        c = self.config
        batch = self.train
        if 0 < c.batch_size < len(batch):
            batch = batch[torch.randint(len(batch), (c.batch_size,), generator=self.order)]
        self.net.train(len(batch) > 1)  # Batch norm needs two points to normalise over.
        fit = self.loss(self.net(self.x[batch]), self.y[batch])
        loss = fit
        if c.l1:
            loss = loss + c.l1 * sum(linear.weight.abs().sum() for linear in self.net.linears())
        if c.l2:
            loss = loss + c.l2 / 2 * sum(linear.weight.square().sum() for linear in self.net.linears())
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.steps += 1
        return {"losses/train": fit.detach()}

    def loss(self, out: Tensor, y: Tensor) -> Tensor:
        """The mean loss of outputs (N,) where y (N,) is wanted."""
        if not self.classes:
            return (out - y).square().mean()
        sign = 2 * y - 1  # -1 or 1
        match self.config.loss:
            case "cross-entropy":
                return F.binary_cross_entropy_with_logits(out, y)
            case "hinge":
                return (1 - sign * out).clamp(min=0).mean()
            case _:
                return (out - sign).square().mean()

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, "optimizer": self.optimizer, "steps": Attribute(self, "steps"), "generators": {"order": self.order}}

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Loss and accuracy (of values, the loss alone) of the test points and of the training points."""
        figures: dict[str, Any] = {"loss": 0.0, "points": len(self.test)}
        self.net.eval()
        out = self.net(self.x)
        for suffix, part in (("", self.test), ("_train", self.train)):
            figures["loss" + suffix] = float(self.loss(out[part], self.y[part]))
            if self.classes:
                figures["accuracy" + suffix] = float(((out[part] > 0) == (self.y[part] > 0.5)).float().mean())
        return figures

    def exported(self) -> Exported:
        about = "points, float32 (B, 2), between -3 and 3 -> log-odds of class 1, or the value, float32 (B)."
        return Exported(self.net, {"points": self.x[:2].clone()}, "output", about)

    # -- changed by hand -------------------------------------------------------------------------------------------

    def adapted(self, config: PlaygroundConfig) -> Self:
        """The experiment of another config that keeps what was learned, as far as the networks overlap."""
        made = type(self)(config, self.device)
        made.steps = self.steps
        with torch.no_grad():
            for old, new in zip(self.overlapping(), made.overlapping(), strict=False):
                common = tuple(slice(0, min(a, b)) for a, b in zip(old.shape, new.shape, strict=True))
                new[common] = old[common]
        same = [p.shape for p in self.net.parameters()] == [p.shape for p in made.net.parameters()]
        if same and config.optimizer == self.config.optimizer:
            made.optimizer.load_state_dict(self.optimizer.state_dict())
            for group in made.optimizer.param_groups:
                group["lr"] = config.learning_rate
        return made

    def overlapping(self) -> list[Tensor]:
        """Weights and biases of the hidden layers, then of the output, where it follows on as many layers."""
        return [tensor for linear in self.net.linears() for tensor in (linear.weight, linear.bias)]

    def set_weight(self, layer: int, unit: int, source: int, value: float) -> None:
        """Set a weight by hand; `layer` 0 is the first hidden one, the last the output; source -1 is the bias. One that is gone is passed over."""
        linears = self.net.linears()
        if layer >= len(linears) or unit >= linears[layer].out_features or source >= linears[layer].in_features:
            return
        linear = linears[layer]
        with torch.no_grad():
            if source < 0:
                linear.bias[unit] = value
            else:
                linear.weight[unit, source] = value

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def surface(self, net: PointNetwork, side: Side = 100) -> Landscape:
        """What the network says at each place, green for one class and pink for the other; dots are training and test points by class."""
        groups = {}
        for name, part in (("train", self.train), ("test", self.test)):
            if not self.classes:
                groups[name] = self.x[part].numpy()
                continue
            for label in (0, 1):
                groups[f"{name}, class {label}"] = self.x[part][self.y[part] == label].numpy()
        out = net(lattice(side).to(self.device)).view(side, side).flip(0).cpu()
        return Landscape(groups, EXTENT, (out.sigmoid() if self.classes else out).numpy(), title=f"after {self.steps:,} steps")

    @view(live=True)
    def units(self, net: PointNetwork, side: Side = 48) -> Images:
        """The surface of every unit, layer by layer from the inputs: bright where it is high, dark where it is low."""
        pictures, names = [], []
        for i, layer in enumerate(net.activations(lattice(side).to(self.device))):
            for unit in range(layer.shape[1]):
                pictures.append(grey(layer[:, unit].view(side, side).cpu().numpy()))
                last = i == len(net.hidden) + 1
                names.append(net.inputs[unit] if i == 0 else "output" if last else f"layer {i}, unit {unit + 1}")
        return Images(np.stack(pictures), names, columns=8, scale=2)

    @view(live=True)
    def calibration(self, net: PointNetwork) -> Curves:
        """The outputs of training and test points in order: where the lines part, the network has learned its training points by heart."""
        lines: dict[str, Any] = {}
        for name, part in (("train", self.train), ("test", self.test)):
            error = (net(self.x[part]) - (2 * self.y[part] - 1 if self.classes else self.y[part])).abs().sort().values.numpy()
            lines[name] = (np.linspace(0, 1, len(error)), error)
        return Curves(lines, x_label="share of the points", y_label="error")


def load(config: PlaygroundConfig, generator: torch.Generator) -> tuple[Tensor, Tensor, bool]:
    """Points (N, 2), classes or values (N,), and whether these are classes."""
    if config.points == "drawn":
        own = torch.tensor(drawn_points.parse(config.drawn))
        return own[:, :2], own[:, 2], True
    if config.points == "csv":
        return points.read_table(Path(config.csv))
    return *points.sample(config.points, config.count, config.noise, generator), config.points in drawn_points.CLASSES


def grey(surface: np.ndarray) -> np.ndarray:
    """A surface as pixels, black at its lowest and white at its highest place."""
    low, high = float(surface.min()), float(surface.max())
    return np.asarray(255 * (surface - low) / max(high - low, 1e-9), np.uint8)


# -- what the page draws -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NetworkFrame:
    """The playground at a moment, as arrays that no training touches."""

    steps: int
    layers: list[np.ndarray]
    """The surfaces (units, side, side) of the inputs, each hidden layer and the output; the first row is the highest."""
    small: np.ndarray
    """Those of all hidden units and the output (units, side / 2, side / 2), uint8: see `small_pictures`."""
    weights: list[np.ndarray]
    """Into each hidden layer and the output (units, sources)."""
    biases: list[np.ndarray]
    points: np.ndarray
    """(N, 2)"""
    targets: np.ndarray
    """(N,) classes 0 and 1, or values."""
    tested: np.ndarray
    """(N,) whether a point is kept for the test."""
    classes: bool
    train_loss: float
    test_loss: float
    train_accuracy: float
    test_accuracy: float
    config: PlaygroundConfig


@torch.no_grad()
def frame_of(experiment: Playground, side: int = 64) -> NetworkFrame:
    """The playground as it is now."""
    net = experiment.net.eval()
    said = net.activations(lattice(side))
    figures = experiment.evaluate()
    tested = np.zeros(len(experiment.x), bool)
    tested[experiment.test.numpy()] = True
    layers = [layer.T.reshape(-1, side, side).float().numpy() for layer in said]
    return NetworkFrame(
        experiment.steps,
        layers,
        small_pictures(np.concatenate([layer[:, ::2, ::2] for layer in layers[1:]])),
        [linear.weight.detach().numpy().copy() for linear in net.linears()],
        [linear.bias.detach().numpy().copy() for linear in net.linears()],
        experiment.x.numpy(), experiment.y.numpy(), tested, experiment.classes,
        figures["loss_train"], figures["loss"], figures.get("accuracy_train", 0.0), figures.get("accuracy", 0.0), experiment.config,
    )  # fmt: skip


def small_pictures(surfaces: np.ndarray) -> np.ndarray:
    """Surfaces (U, R, C) as levels, uint8 (U, R, C): 127 where a unit is 0, 0 and 255 at its own largest size, which counts as 1 to 4."""
    surfaces = np.nan_to_num(surfaces, nan=0.0, posinf=4.0, neginf=-4.0)
    size = np.abs(surfaces).max((1, 2), keepdims=True).clip(1.0, 4.0)
    return (127.5 + 127.5 * (surfaces / size).clip(-1.0, 1.0)).astype(np.uint8)
