"""One hidden layer on a line: x -> sum_i v_i f(w_i x + b_i) + c, the network of the universal approximation theorem."""

import torch
from torch import Tensor, nn

from models.foundations.activations import ACTIVATIONS


class CurveNetwork(nn.Module):
    """x (N,) in [-1, 1] -> y (N,). Each unit bends at a place of its own: there w_i x + b_i is 0."""

    def __init__(self, units: int, activation: str = "tanh", steepness: float = 4.0):
        super().__init__()
        self.activation = activation
        self.weight = nn.Parameter(torch.randn(units) * steepness)
        self.bias = nn.Parameter(-self.weight.detach() * (2 * torch.rand(units) - 1))
        self.out = nn.Parameter(torch.randn(units) / units**0.5 * 0.3)
        self.constant = nn.Parameter(torch.zeros(1))

    def hidden(self, x: Tensor) -> Tensor:
        """f(w_i x + b_i), (N, units)."""
        chosen = ACTIVATIONS[self.activation]
        return chosen.f(x[:, None] * self.weight + self.bias, chosen.a)

    def contributions(self, x: Tensor) -> Tensor:
        """v_i f(w_i x + b_i), (N, units): they and the constant add up to the network's curve."""
        return self.hidden(x) * self.out

    def forward(self, x: Tensor) -> Tensor:
        return self.hidden(x) @ self.out + self.constant
