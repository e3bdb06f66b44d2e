"""Activation functions with their derivatives, as the notes list them.

Each is a pair of plain functions of a tensor; `a` is the slope or scale of those that have one. Read first: `ACTIVATIONS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

RANDOM_SLOPES = (1 / 8, 1 / 3)
"""Between these the randomised ReLU draws its slope; in use it is their mean (Xu et al. 2015)."""


@dataclass(frozen=True)
class Activation:
    """f(x, a), its derivative df/dx, its formula in words, and the usual `a` (0 where it has none)."""

    f: Callable[[Tensor, float], Tensor]
    derivative: Callable[[Tensor, float], Tensor]
    formula: str
    a: float = 0.0
    note: str = ""
    """What it is good for, and what goes wrong."""


def sigmoid_derivative(x: Tensor, a: float) -> Tensor:
    s = x.sigmoid()
    return s * (1 - s)


def elu(x: Tensor, a: float) -> Tensor:
    return torch.where(x > 0, x, a * torch.expm1(x.clamp(max=0)))


def elu_derivative(x: Tensor, a: float) -> Tensor:
    return torch.where(x > 0, torch.ones_like(x), a * x.clamp(max=0).exp())


def leaky(x: Tensor, a: float) -> Tensor:
    return torch.where(x > 0, x, a * x)


def leaky_derivative(x: Tensor, a: float) -> Tensor:
    return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, a))


MEAN_SLOPE = sum(RANDOM_SLOPES) / 2

ACTIVATIONS: dict[str, Activation] = {
    "step": Activation(
        lambda x, a: (x >= 0).to(x.dtype), lambda x, a: torch.zeros_like(x), "1 if x ≥ 0, else 0",
        note="The unit of 1943. Its slope is 0 everywhere, so gradient descent cannot train it.",
    ),
    "linear": Activation(
        lambda x, a: x, lambda x, a: torch.ones_like(x), "x",
        note="Layers of it are one linear layer, however many there are. At the output it is for regression.",
    ),
    "sigmoid": Activation(
        lambda x, a: x.sigmoid(), sigmoid_derivative, "1 / (1 + e⁻ˣ)",
        note="Slope at most 0.25: through ten layers at most 0.25¹⁰, one millionth. The gradient vanishes.",
    ),
    "tanh": Activation(
        lambda x, a: x.tanh(), lambda x, a: 1 - x.tanh().square(), "(eˣ \N{MINUS SIGN} e⁻ˣ) / (eˣ + e⁻ˣ) = 2 sigmoid(2x) \N{MINUS SIGN} 1",
        note="Slope at most 1, mean 0. It saturates too, only later.",
    ),
    "relu": Activation(
        lambda x, a: x.clamp(min=0), lambda x, a: (x > 0).to(x.dtype), "max(0, x)",
        note="Slope 1 where it is on, so gradients pass. A unit that is off for every example never learns again: it has died.",
    ),
    "leaky relu": Activation(
        leaky, leaky_derivative, "x if x > 0, else a x", 0.01,
        note="A small slope keeps every unit alive. The notes have a = 0.01, one set 0.1.",
    ),
    "parametric relu": Activation(
        leaky, leaky_derivative, "x if x > 0, else a x, with a learned", 0.25,
        note="The slope a is a weight like any other (He et al. 2015).",
    ),
    "randomised relu": Activation(
        leaky, leaky_derivative, "x if x > 0, else a x, with a drawn from [1/8, 1/3]", MEAN_SLOPE,
        note="Chance in the slope regularises; in use a is the mean (Xu et al. 2015).",
    ),
    "elu": Activation(elu, elu_derivative, "x if x > 0, else a (eˣ \N{MINUS SIGN} 1)", 1.0, note="Smooth, mean near 0, and it never quite dies."),
    "softplus": Activation(
        lambda x, a: F.softplus(x), lambda x, a: x.sigmoid(), "log(1 + eˣ)",
        note="The smooth ReLU. Its derivative is the sigmoid.",
    ),
    "absolute value": Activation(
        lambda x, a: x.abs(), lambda x, a: x.sign(), "|x|",
        note="It never saturates; a sign is lost. One unit of it solves XOR.",
    ),
}  # fmt: skip
"""By the names that settings use."""
