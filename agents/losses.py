"""Losses of Q-learning, each beside its derivative: pure functions of what was predicted and its target.

The learner hands the derivative to the network, which carries it on through its layers: no graph of the loss is built.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from models.quantile_network import quantile_fractions

FEW_PAIRS = 1024
"""Pairs of a quantile and a target, up to which the loss is computed pair by pair."""


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


def quantile_huber(predicted: Tensor, target: Tensor, kappa: float = 1.0, fractions: Tensor | None = None) -> Loss:
    """Eq. 10 of Dabney et al. 2018, summed over the predicted quantiles (B, N) and averaged over those of the target (B, M).

    `fractions` (B, N) are those that the predictions are the quantiles of; unless given, the middles of N equal parts.
    A transition's priority is its loss, which is what training minimises. With many targets, sorted, the sums over those below a
    quantile and above it, within `kappa` and beyond, are differences of running sums: no N x M pairs are built.
    """
    if fractions is None:
        fractions = quantile_fractions(predicted.shape[1], predicted.device)
    if predicted.shape[1] * target.shape[1] <= FEW_PAIRS:
        return quantile_huber_of_pairs(predicted.double(), target.double(), kappa, fractions)
    theta, (y, _) = predicted.double(), target.double().sort(1)
    running = F.pad(torch.stack([y, y.square()]).cumsum(2), (1, 0))  # (2, B, M + 1)
    edges = torch.cat([theta - kappa, theta, theta + kappa], 1)  # (B, 3 N)
    below = torch.searchsorted(y, edges)  # how many targets are smaller
    sums = running.gather(2, below.expand(2, -1, -1)).unflatten(2, (3, -1))  # (2, B, 3, N)
    total = running[:, :, -1:]

    def between(low: tuple[Tensor, ...], high: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """(the count, the sum of u = y - theta, that of u^2) of the targets between two edges, (B, N) each."""
        count, first, second = (b - a for a, b in zip(low, high, strict=True))
        return count, first - count * theta, second - 2 * theta * first + count * theta.square()

    nothing = (torch.zeros_like(theta),) * 3
    low, middle, high = ((below.unflatten(1, (3, -1))[:, i], sums[0, :, i], sums[1, :, i]) for i in range(3))
    everything = (torch.full_like(theta, y.shape[1]), total[0].expand_as(theta), total[1].expand_as(theta))
    far_below, near_below, near_above, far_above = (between(*part) for part in pairwise([nothing, low, middle, high, everything]))

    pull = (1 - fractions) * (near_below[1] - kappa * far_below[0]) + fractions * (near_above[1] + kappa * far_above[0])
    huber_below = near_below[2] / 2 - kappa * (far_below[1] + far_below[0] * kappa / 2)
    huber_above = near_above[2] / 2 + kappa * (far_above[1] - far_above[0] * kappa / 2)
    each = ((1 - fractions) * huber_below + fractions * huber_above).sum(1).div_(kappa * y.shape[1]).float()
    return Loss(each, pull.div_(-kappa * y.shape[1]).float(), each)


def quantile_huber_of_pairs(theta: Tensor, y: Tensor, kappa: float, fractions: Tensor) -> Loss:
    """The same, as it is written, of quantiles (B, N) and targets (B, M) in float64."""
    error = y[:, None] - theta[:, :, None]  # (B, N, M)
    share = torch.where(error < 0, (1 - fractions)[..., None], fractions[..., None])
    pull = error.clamp(-kappa, kappa)
    each = (share * pull * (error - 0.5 * pull)).sum((1, 2)).div_(kappa * y.shape[1]).float()
    return Loss(each, (share * pull).sum(2).div_(-kappa * y.shape[1]).float(), each)


def categorical(logits: Tensor, target: Tensor) -> Loss:
    """Cross-entropy of the softmax of logits (B, N) to target probabilities (B, N); the error is the divergence KL(target || softmax)."""
    log_p = logits.log_softmax(1)
    each = -(target * log_p).sum(1)
    return Loss(each, log_p.exp() - target, each + torch.special.xlogy(target, target).sum(1))


def projected(probabilities: Tensor, returns: Tensor, discounts: Tensor, support: Tensor) -> Tensor:
    """The distribution of R + discount * z on the atoms z themselves: (B, N) of probabilities (B, N), R (B,), discounts (B,), z (N,).

    Each moved atom's probability goes to its two neighbours in proportion to nearness, and all of it to an end that it would pass
    (Bellemare et al. 2017, eq. 7).
    """
    low, step = support[0], support[1] - support[0]
    place = (returns[:, None] + discounts[:, None] * support).clamp(low, support[-1]).sub_(low).div_(step)  # (B, N), in atoms
    away = (place[:, None] - torch.arange(len(support), device=support.device)[:, None]).abs_()  # (B, to, from)
    return torch.bmm(away.neg_().add_(1).clamp_(min=0), probabilities[:, :, None])[:, :, 0]
