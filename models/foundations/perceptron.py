"""One neuron: the McCulloch-Pitts unit, and three rules by which its weights learn.

w0 is the bias, the weight of an input that is always 1; t is the class, -1 or 1. Read first: `hebbian_update`.
"""

import torch
from torch import Tensor, nn

RULES = ("perceptron", "logistic", "hinge")


def mcculloch_pitts(weights: Tensor, inputs: Tensor, bias: float) -> int:
    """y = T(sum W I + b), with T the step function: 1 where the sum is at least 0 (McCulloch & Pitts 1943)."""
    return int(float((weights * inputs).sum()) + bias >= 0)


def extended(points: Tensor) -> Tensor:
    """Points (N, d) with a 1 before them (N, d + 1), for w0."""
    return torch.cat([torch.ones(len(points), 1, dtype=points.dtype), points], 1)


def hebbian_update(w: Tensor, x: Tensor, t: Tensor, eta: float) -> bool:
    """w += eta x t where the perceptron is wrong, in place (Rosenblatt 1958); whether it was. w and x (d + 1,)."""
    wrong = bool(t * (w @ x) <= 0)
    if wrong:
        w += eta * x * t
    return wrong


def logistic_update(w: Tensor, x: Tensor, t: Tensor, eta: float) -> bool:
    """A step down the cross-entropy log(1 + exp(-t w.x)): every point pulls, the less the surer it is; whether the unit was wrong."""
    margin = t * (w @ x)
    w += eta * x * t * torch.sigmoid(-margin)
    return bool(margin <= 0)


def hinge_update(w: Tensor, x: Tensor, t: Tensor, eta: float) -> bool:
    """A step down the hinge loss max(0, 1 - t w.x): points pull that are wrong or within the margin; whether the unit was wrong."""
    margin = t * (w @ x)
    if margin < 1:
        w += eta * x * t
    return bool(margin <= 0)


UPDATES = {"perceptron": hebbian_update, "logistic": logistic_update, "hinge": hinge_update}


def perceptron_loss(w: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """D(w, w0) = -sum over the misclassified points of t (w.x + w0); x (N, d + 1), t (N,)."""
    margins = t * (x @ w)
    return -margins[margins <= 0].sum()


class Neurons(nn.Module):
    """One neuron for each rule: `weight` (rules, d + 1), in the order of RULES, w0 first."""

    weight: Tensor

    def __init__(self, inputs: int = 2):
        super().__init__()
        self.register_buffer("weight", torch.zeros(len(RULES), inputs + 1))

    def forward(self, points: Tensor) -> Tensor:
        """Points (N, d) -> w.x + w0 of each rule's neuron (N, rules)."""
        return extended(points) @ self.weight.T
