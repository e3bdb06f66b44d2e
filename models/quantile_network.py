"""The Q network of QR-DQN: N quantiles of each action's return in place of its mean (Dabney et al. 2018)."""

import torch
from torch import Tensor, nn

from models.kernels.dense import transposed_linear
from models.q_network import ActionValueNetwork, in_float


class QuantileNetwork(ActionValueNetwork):
    """Outputs (B, actions, N): the quantiles of the return at the middles (i + 1/2) / N of N equal parts; Q is their mean.

    Dueling: streams of `hidden` units each for the state's quantiles V (B, N) and the advantages' A (B, actions, N), joined as
    V + A - mean(A) over the actions, quantile by quantile.
    """

    def __init__(self, actions: int, quantiles: int = 200, dueling: bool = False, hidden: int = 512):
        super().__init__(actions, 2 * hidden if dueling else hidden)
        self.quantiles, self.dueling = quantiles, dueling
        if dueling:
            self.value = nn.Linear(hidden, quantiles)
        self.advantage = nn.Linear(hidden, actions * quantiles)

    def head(self, units: Tensor) -> Tensor:
        shape = (-1, self.actions, self.quantiles)
        if not self.dueling:
            return transposed_linear(units, *in_float(self.advantage)).reshape(shape)
        for_value, for_advantage = units.chunk(2, dim=1)
        value = transposed_linear(for_value, *in_float(self.value))  # (B, N)
        advantage = transposed_linear(for_advantage, *in_float(self.advantage)).reshape(shape)
        return value[:, None] + advantage - advantage.mean(1, keepdim=True)

    def values(self, outputs: Tensor) -> Tensor:
        return outputs.mean(2)


def quantile_fractions(count: int, device: torch.device) -> Tensor:
    """The middles (i + 1/2) / N of N equal parts of [0, 1], (N,)."""
    return (torch.arange(count, device=device) + 0.5) / count
