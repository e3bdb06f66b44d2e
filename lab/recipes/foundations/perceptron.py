"""One neuron learns point by point: the perceptron's rule, and beside it logistic regression and the hinge loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from lab.answers import Curves, Landscape
from lab.data import drawn_points, points
from lab.data.drawn_points import REACH
from lab.experiment import Experiment, Metrics, view
from lab.recipes.foundations.perceptron_config import PerceptronConfig
from lab.state import Tree, attributes
from models.foundations.perceptron import RULES, UPDATES, Neurons, extended, perceptron_loss


class Perceptron(Experiment):
    """One step shows one point to each of the three neurons."""

    log_every: ClassVar[int] = 20
    checkpoint_every: ClassVar[int] = 5_000
    headline: ClassVar[tuple[str, ...]] = ("losses/perceptron",)

    def __init__(self, config: PerceptronConfig, device: torch.device):
        super().__init__(config, torch.device("cpu"))  # Too small to gain by a GPU.
        self.config: PerceptronConfig = config
        data, order = (int(value) for value in np.random.SeedSequence(config.seed).generate_state(2))
        if config.points == "drawn":
            own = torch.tensor(drawn_points.parse(config.drawn))
            self.points, labels = own[:, :2], own[:, 2]
        else:
            self.points, labels = points.sample(config.points, config.count, config.noise, torch.Generator().manual_seed(data))
            if config.points == "gaussians" and not config.noise:  # Two clouds with room between them.
                self.points = self.points + 0.35 * (2 * labels - 1)[:, None]
        self.x, self.t = extended(self.points), 2 * labels - 1  # (N, 3), (N,) -1 or 1
        self.order = torch.Generator().manual_seed(order)
        self.net = Neurons()
        with torch.no_grad():
            self.net.weight.copy_(0.3 * torch.randn(1, 3, generator=self.order).expand(len(RULES), 3))
        self.pass_order: list[int] = []
        self.current = -1
        self.mistakes = [0] * len(RULES)
        self.history: list[int] = []
        """The perceptron's mistakes in each pass over all points."""
        self.in_pass = 0

    def step(self) -> Metrics:
        if not self.pass_order:
            if self.steps:
                self.history.append(self.in_pass)
                self.in_pass = 0
            self.pass_order = torch.randperm(len(self.x), generator=self.order).tolist()
        self.current = self.pass_order.pop()
        x, t = self.x[self.current], self.t[self.current]
        for i, rule in enumerate(RULES):
            wrong = UPDATES[rule](self.net.weight[i], x, t, self.config.learning_rate)
            self.mistakes[i] += wrong
            if rule == "perceptron":
                self.in_pass += wrong
        self.steps += 1
        return {"losses/perceptron": perceptron_loss(self.net.weight[0], self.x, self.t)}

    @torch.no_grad()
    def set_weight(self, index: int, value: float) -> None:
        """Set a weight of the perceptron by hand, w0 first: then it is a McCulloch-Pitts unit, which somebody wires."""
        self.net.weight[0, index] = value

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        own = attributes(self, "steps", "pass_order", "current", "mistakes", "history", "in_pass")
        return {"net": self.net, "generators": {"order": self.order}, **own}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Accuracy of each rule's neuron on all points, and how often it was wrong so far."""
        right = (self.net(self.points) * self.t[:, None] > 0).float().mean(0)
        figures = {f"accuracy_{rule}": float(value) for rule, value in zip(RULES, right, strict=True)}
        return {**figures, "accuracy": figures["accuracy_perceptron"], "loss": float(perceptron_loss(self.net.weight[0], self.x, self.t)),
                "mistakes": self.mistakes[0], "points": len(self.t)}  # fmt: skip

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def line(self, net: Neurons) -> Landscape:
        """The points by class and each rule's line, with an arrow of the weights to the side that the neuron calls class 1."""
        groups = {f"class {label}": self.points[self.t == 2 * label - 1].numpy() for label in (0, 1)}
        ends = np.stack([line_of(w) for w in net.weight.numpy()])
        arrows = np.array([arrow_of(w) for w in net.weight.numpy()])
        return Landscape(groups, (-REACH, REACH, -REACH, REACH), arrows=arrows, paths=ends, title=f"after {self.steps:,} points")

    @view
    def mistakes_over_time(self) -> Curves:
        """How often the perceptron was wrong in each pass over the points: 0 is the end of learning."""
        made = np.array([*self.history, self.in_pass], float)
        return Curves({"mistakes": (np.arange(1, len(made) + 1), made)}, x_label="pass over the points", y_label="mistakes")


def line_of(w: np.ndarray) -> np.ndarray:
    """Two points (2, 2) far out on the line w0 + w1 x + w2 y = 0."""
    size = max(float(w[1] ** 2 + w[2] ** 2), 1e-12)
    foot, along = -w[0] * w[1:] / size, np.array([-w[2], w[1]]) / size**0.5
    return np.stack([foot - 3 * REACH * along, foot + 3 * REACH * along])


def arrow_of(w: np.ndarray) -> tuple[float, float, float, float]:
    """x, y, dx, dy from the line to the side of class 1."""
    size = max(float(w[1] ** 2 + w[2] ** 2), 1e-12)
    foot, way = -w[0] * w[1:] / size, w[1:] / size**0.5 * 0.7
    return (float(foot[0]), float(foot[1]), float(way[0]), float(way[1]))


@dataclass(frozen=True)
class NeuronFrame:
    """One neuron at a moment, as arrays that no training touches."""

    steps: int
    weights: np.ndarray
    """(rules, 3)"""
    points: np.ndarray
    t: np.ndarray
    current: int
    loss: float
    mistakes: tuple[int, ...]
    accuracies: tuple[float, ...]
    clean: bool
    """Whether the perceptron was right in the whole last pass."""


def frame_of(experiment: Perceptron) -> NeuronFrame:
    figures = experiment.evaluate()
    return NeuronFrame(
        experiment.steps, experiment.net.weight.numpy().copy(), experiment.points.numpy(), experiment.t.numpy(), experiment.current,
        abs(figures["loss"]), tuple(experiment.mistakes), tuple(figures[f"accuracy_{rule}"] for rule in RULES),
        bool(experiment.history) and experiment.history[-1] == 0,
    )  # fmt: skip
