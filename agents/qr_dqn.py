"""QR-DQN (Dabney et al. 2018): DQN whose head gives quantiles of the return, and the loss of quantile regression."""

import numpy as np
import torch
from torch import Tensor

from agents.dqn import DQN
from agents.losses import Loss
from agents.qr_dqn_config import QRDQNConfig
from lab.answers import Curves
from lab.experiment import view
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
    def distribution(self, net: QuantileNetwork, frames: int = 240, bins: int = 40) -> Curves:
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

    A transition's priority is its loss, which is what training minimises.
    """
    fractions = quantile_fractions(predicted.shape[1], predicted.device)
    u = target[:, None, :] - predicted[:, :, None]  # (B, N, M)
    cut = u.clamp(-kappa, kappa)
    weighted = cut * torch.where(u < 0, 1 - fractions[:, None], fractions[:, None])
    slope = weighted.mean(2).div_(-kappa)  # (B, N)
    each = weighted.mul_(u.sub_(cut, alpha=0.5)).mean(2).sum(1).div_(kappa)  # (B,): Huber's loss is cut (u - cut / 2)
    return Loss(each, slope, each)
