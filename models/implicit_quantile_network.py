"""The Q network of IQN: any quantile of each action's return that one asks for (Dabney et al. 2018b)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.nature_trunk import FEATURES
from models.noisy import Draw
from models.q_network import QNetwork, Trunk
from models.quantile_network import histograms, quantile_fractions

COSINES = 64


class ImplicitQuantileNetwork(QNetwork):
    """Outputs (B, actions, N): the quantiles at fractions tau (B, N), which come first in a draw.

    The features of the state are multiplied, element by element, by an embedding of tau: relu(sum_i cos(pi i tau) w_i + b), i from 0 to
    63 (eq. 4 of the paper); hidden layer and head, dueling or not, are those of `QNetwork` for each tau. To learn, `samples` fractions
    are drawn for each state; to act, and without a draw, they are the middles of `acting` equal parts, whose mean is Q without bias by chance.
    """

    def __init__(
        self, actions: int, samples: int = 8, acting: int = 32, dueling: bool = False, hidden: int = 512, noisy: float = 0.0,
        trunk: Trunk | None = None,
    ):  # fmt: skip
        super().__init__(actions, dueling, hidden, noisy, trunk)
        self.samples, self.acting = samples, acting
        self.embedding = nn.Linear(COSINES, FEATURES if trunk is None else trunk.features)

    @property
    def by_hand(self) -> bool:
        return False

    @property
    def hidden_first(self) -> bool:
        return False

    @property
    def draws(self) -> bool:
        return True

    def draw(self, generator: torch.Generator, count: int | None = None) -> Draw:
        """Fractions (count, samples), or (1, acting) without a `count`, and then the noise."""
        device = generator.device
        if count is None:
            taus = quantile_fractions(self.acting, device)[None]
        else:
            taus = torch.rand(count, self.samples, generator=generator, device=device)
        return taus, *super().draw(generator, count)

    def outputs_of(self, features: Tensor, draw: Draw = ()) -> Tensor:
        taus = draw[0] if draw else quantile_fractions(self.acting, features.device)[None]  # (B or 1, N)
        x = (features[:, None] * self.embedded(taus).to(features.dtype)).flatten(0, 1)  # (B * N, features)
        return super().outputs_of(x, draw[1:]).reshape(len(features), -1, self.actions).transpose(1, 2)

    def embedded(self, taus: Tensor) -> Tensor:
        """The embedding (B, N, features) of fractions (B, N)."""
        cosines = torch.cos(taus.flatten()[:, None] * (math.pi * torch.arange(COSINES, device=taus.device)))  # (B * N, 64)
        # In two dimensions: a layer's result in three is a view, whose gradient autograd copies four times for a change in place.
        return F.relu_(self.embedding(cosines.to(self.embedding.weight.dtype))).view(*taus.shape, -1)

    def values(self, outputs: Tensor) -> Tensor:
        return outputs.mean(2)

    def distribution(self, outputs: Tensor, bins: int) -> tuple[Tensor, Tensor]:
        """Of one state's outputs (actions, N): the middles (bins,) of equal bins, and the share of each action's quantiles in them."""
        return histograms(outputs, bins)
