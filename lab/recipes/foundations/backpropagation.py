"""Backpropagation by hand as a training: a small network, one example, each step with all its numbers."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves, Table
from lab.experiment import Experiment, Metrics, view
from lab.recipes.foundations.backpropagation_config import BackpropagationConfig, first_weights
from lab.state import Tree, attributes
from models.foundations.backpropagation import Step, backpropagation, error, forward, nodes_of


class Edges(nn.Module):
    """The weights, one for each edge, in float64: what is printed is what is computed."""

    weights: Tensor

    def __init__(self, weights: dict[str, float]):
        super().__init__()
        self.register_buffer("weights", torch.tensor(list(weights.values()), dtype=torch.float64))


class Backpropagation(Experiment):
    """One step is one step of gradient descent on the one example."""

    log_every: ClassVar[int] = 1
    checkpoint_every: ClassVar[int] = 1_000
    headline: ClassVar[tuple[str, ...]] = ("losses/squared_error",)

    def __init__(self, config: BackpropagationConfig, device: torch.device):
        super().__init__(config, device)
        self.config: BackpropagationConfig = config
        weights = first_weights(config)
        self.edges = list(weights)
        self.net = Edges(weights)
        self.errors: list[float] = []
        """E before each step."""

    @property
    def weights(self) -> dict[str, float]:
        return dict(zip(self.edges, self.net.weights.tolist(), strict=True))

    def computed(self) -> list[Step]:
        """The next step, number by number."""
        c = self.config
        return backpropagation(c.shape, c.input_values, c.target_values, self.weights, c.learning_rate, c.activation)

    def loss(self) -> float:
        c = self.config
        values, _ = forward(c.shape, c.input_values, self.weights, c.activation)
        return error(nodes_of(c.shape), values, c.target_values)

    def step(self) -> Metrics:
        before, new = self.loss(), self.computed()[-1].weights
        self.errors.append(before)
        self.net.weights.copy_(torch.tensor([new[edge] for edge in self.edges], dtype=torch.float64))
        self.steps += 1
        return {"losses/squared_error": before}

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, **attributes(self, "steps", "errors")}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """The squared error, and the outputs."""
        c = self.config
        values, _ = forward(c.shape, c.input_values, self.weights, c.activation)
        return {"loss": self.loss(), **{node.lower(): values[node] for node in nodes_of(c.shape)[-1]}}

    @view
    def by_hand(self) -> Table:
        """The next step with all its numbers: forward, error, backward, and each weight's change."""
        return Table(["part", "computation"], [[step.title, step.formula] for step in self.computed()])

    @view
    def weights_and_gradients(self) -> Table:
        """Each weight, and the derivative of the error by it."""
        gradients = self.computed()[-2].gradients
        return Table(["edge", "w", "dE/dw"], [[edge, w, gradients[edge]] for edge, w in self.weights.items()])

    @view
    def error(self) -> Curves:
        """The squared error over the steps."""
        values = np.array([*self.errors, self.loss()])
        return Curves({"E": (np.arange(len(values)), values)}, x_label="steps", y_label="E")
