"""Losses of Q-learning, each beside its derivative: pure functions of what was predicted and its target.

The learner hands the derivative to the network, which carries it on through its layers: no graph of the loss is built.
"""

from typing import NamedTuple

from torch import Tensor


class Loss(NamedTuple):
    """Of a batch of B transitions."""

    each: Tensor  # (B,) the loss of each
    slope: Tensor  # as predicted, (B, ...): the derivative of each loss in what was predicted for it
    error: Tensor  # (B,) its size is the transition's priority


def squared(predicted: Tensor, target: Tensor) -> Loss:
    """(Q - y)^2 of values (B,)."""
    error = predicted - target
    return Loss(error.square(), 2 * error, error)


def huber(predicted: Tensor, target: Tensor) -> Loss:
    """0.5 (Q - y)^2 where |Q - y| <= 1, else |Q - y| - 0.5, of values (B,) (Huber 1964): the slope is the error, cut to [-1, 1]."""
    error = predicted - target
    slope = error.clamp(-1, 1)
    return Loss(slope * (error - 0.5 * slope), slope, error)
