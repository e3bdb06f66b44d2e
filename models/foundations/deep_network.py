"""A deep, narrow network of equal layers: to see what depth, an activation and an initialisation do to what flows through it."""

import itertools

import torch
from torch import Tensor, nn

from models.foundations.activations import ACTIVATIONS
from models.foundations.point_network import INPUTS, features, initialise


class DeepNetwork(nn.Module):
    """`depth` hidden layers of `width` units on points in the plane; the output is one logit."""

    def __init__(self, depth: int, width: int, activation: str, a: float, initialisation: str):
        super().__init__()
        self.f, self.a = ACTIVATIONS[activation].f, a
        widths = [len(INPUTS), *[width] * depth, 1]
        self.layers = nn.ModuleList(nn.Linear(before, units) for before, units in itertools.pairwise(widths))
        for layer in self.layers:
            assert isinstance(layer, nn.Linear)
            initialise(layer, initialisation)

    def forward(self, points: Tensor) -> Tensor:
        """(N, 2) -> (N,)."""
        return self.through(points)[1]

    def through(self, points: Tensor) -> tuple[list[Tensor], Tensor]:
        """What each hidden layer says (N, width), and the output (N,)."""
        h, said = features(points, list(INPUTS)), []
        for layer in self.layers[:-1]:
            h = self.f(layer(h), self.a)
            said.append(h)
        return said, self.layers[-1](h)[:, 0]

    def gradients(self, points: Tensor, loss_of: nn.Module, targets: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What each hidden layer says (N, width), and the gradient of the loss at it."""
        with torch.enable_grad():
            said, output = self.through(points)
            slopes = torch.autograd.grad(loss_of(output, targets), said, allow_unused=True)
        zero = [torch.zeros_like(h) if slope is None else slope for h, slope in zip(said, slopes, strict=True)]
        return [h.detach() for h in said], zero
