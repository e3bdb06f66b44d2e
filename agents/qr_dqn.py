"""QR-DQN (Dabney et al. 2018): DQN whose head gives quantiles of the return, and the loss of quantile regression."""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from agents.dqn import DQN
from agents.losses import Loss
from agents.qr_dqn_config import QRDQNConfig
from lab.answers import Curves
from lab.experiment import view
from lab.parameters import Count
from models.quantile_network import QuantileNetwork, quantile_fractions


class QRDQN(DQN):
    """DQN that learns the distribution of the return."""

    config: QRDQNConfig

    def make_network(self, actions: int) -> QuantileNetwork:
        c = self.config
        return QuantileNetwork(actions, c.quantiles, c.dueling, c.hidden_units)

    def target(self, returns: Tensor, discounts: Tensor, bootstrap: Tensor) -> Tensor:
        return returns[:, None] + discounts[:, None] * bootstrap  # (B, N)

    def loss(self, predicted: Tensor, target: Tensor) -> Loss:
        return quantile_huber(predicted, target, self.config.kappa)

    @view(live=True)
    def distribution(self, net: QuantileNetwork, frames: Count = 240, bins: Count = 40) -> Curves:
        """The return that each action promises in the present state: the share of its quantiles in each of the bins."""
        quantiles = net.outputs(self.shown.example_stack(net, frames))[0].float().cpu().numpy()  # (A, N)
        edges = np.histogram_bin_edges(quantiles, bins=max(2, min(bins, 500)))
        middles = 0.5 * (edges[1:] + edges[:-1])
        shares = [np.histogram(row, bins=edges)[0] / len(row) for row in quantiles]
        means = quantiles.mean(1)
        best = int(means.argmax())
        return Curves(
            {name: (middles, share) for name, share in zip(self.action_names, shares, strict=True)}, x_label="discounted return",
            y_label="probability", title=f"best action {self.action_names[best]}: mean {means[best]:.3f}",
        )  # fmt: skip


def quantile_huber(predicted: Tensor, target: Tensor, kappa: float = 1.0) -> Loss:
    """Eq. 10 of the paper, summed over the predicted quantiles (B, N) and averaged over those of the target (B, M).

    A transition's priority is its loss, which is what training minimises. With the targets sorted, the sums over those below a
    quantile and above it, within `kappa` and beyond, are differences of running sums: no N x M pairs are built.
    """
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

    fractions = quantile_fractions(predicted.shape[1], predicted.device)
    pull = (1 - fractions) * (near_below[1] - kappa * far_below[0]) + fractions * (near_above[1] + kappa * far_above[0])
    huber_below = near_below[2] / 2 - kappa * (far_below[1] + far_below[0] * kappa / 2)
    huber_above = near_above[2] / 2 + kappa * (far_above[1] - far_above[0] * kappa / 2)
    each = ((1 - fractions) * huber_below + fractions * huber_above).sum(1).div_(kappa * y.shape[1]).float()
    return Loss(each, pull.div_(-kappa * y.shape[1]).float(), each)
