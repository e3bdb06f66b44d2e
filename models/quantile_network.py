"""The Q network of QR-DQN: N quantiles of each action's return in place of its mean (Dabney et al. 2018)."""

import torch
from torch import Tensor, nn

from models.noisy import dense_layer
from models.q_network import ActionValueNetwork, Trunk


class QuantileNetwork(ActionValueNetwork):
    """Outputs (B, actions, N): the quantiles of the return at the middles (i + 1/2) / N of N equal parts; Q is their mean.

    Dueling: streams of `hidden` units each for the state's quantiles V (B, N) and the advantages' A (B, actions, N), joined as
    V + A - mean(A) over the actions, quantile by quantile.
    """

    def __init__(
        self, actions: int, quantiles: int = 200, dueling: bool = False, hidden: int = 512, noisy: float = 0.0, trunk: Trunk | None = None
    ):
        super().__init__(actions, 2 * hidden if dueling else hidden, noisy, trunk)
        self.quantiles, self.dueling = quantiles, dueling
        if dueling:
            self.value = dense_layer(hidden, quantiles, noisy)
        self.advantage = dense_layer(hidden, actions * quantiles, noisy)

    @property
    def layers(self) -> tuple[nn.Linear, ...]:
        return (self.value, self.advantage) if self.dueling else (self.advantage,)

    def join(self, outputs: list[Tensor]) -> Tensor:
        # Along the batch, as `dense` lays them out for few states.
        advantage = outputs[-1].t().reshape(self.actions, self.quantiles, -1)
        joined = advantage if not self.dueling else advantage + (outputs[0].t() - advantage.mean(0))
        return joined.permute(2, 0, 1)

    def join_backward(self, gradient: Tensor) -> list[Tensor]:
        if not self.dueling:
            return [gradient.flatten(1)]
        return [gradient.sum(1), (gradient - gradient.mean(1, keepdim=True)).flatten(1)]

    def values(self, outputs: Tensor) -> Tensor:
        return outputs.mean(2)

    def distribution(self, outputs: Tensor, bins: int) -> tuple[Tensor, Tensor]:
        """Of one state's outputs (actions, N): the middles (bins,) of equal bins, and the share of each action's quantiles in them."""
        return histograms(outputs, bins)


def quantile_fractions(count: int, device: torch.device) -> Tensor:
    """The middles (i + 1/2) / N of N equal parts of [0, 1], (N,)."""
    return (torch.arange(count, device=device) + 0.5) / count


def histograms(quantiles: Tensor, bins: int) -> tuple[Tensor, Tensor]:
    """The middles (bins,) of equal bins, and the shares (A, bins) of the quantiles (A, N) in them."""
    low, high = float(quantiles.min()), float(quantiles.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = torch.linspace(low, high, bins + 1)
    counts = [torch.histc(row.cpu(), bins, low, high) for row in quantiles]
    return 0.5 * (edges[1:] + edges[:-1]), torch.stack(counts) / quantiles.shape[1]
