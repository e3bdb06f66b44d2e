"""The Q network of IQN: any quantile of each action's return that one asks for (Dabney et al. 2018b)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.nature_trunk import FEATURES, Activations, relu_backward
from models.noisy import Draw
from models.q_network import Pass, QNetwork, Trunk
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
    def draws(self) -> bool:
        return True

    def draw(self, generator: torch.Generator, count: int | None = None) -> Draw:
        """Fractions (count, samples), or (1, acting) without a `count`, and then the noise."""
        if count is None:
            taus = quantile_fractions(self.acting, generator.device)[None]
        else:
            taus = torch.rand(count, self.samples, generator=generator, device=generator.device)
        return taus, *super().draw(generator, count)

    def draw_to_act(self, generator: torch.Generator, states: int, more: int = 0) -> Draw:
        return quantile_fractions(self.acting, generator.device)[None], *super().draw_to_act(generator, states, more)

    def outputs_of(self, features: Tensor, draw: Draw = ()) -> Tensor:
        taus = self.taus_of(draw, features.device)
        x = (features[:, None] * self.embedded(cosines(taus)).view(*taus.shape, -1).to(features.dtype)).flatten(0, 1)  # (B * N, features)
        noise = [part if part.dim() == 1 else part.repeat_interleave(taus.shape[1], 0) for part in draw[1:]]
        return self.by_action(super().outputs_of(x, tuple(noise)), features.shape[0])

    def taus_of(self, draw: Draw, device: torch.device) -> Tensor:
        """The fractions (B or 1, N) of a pass."""
        return draw[0] if draw else quantile_fractions(self.acting, device)[None]

    def by_action(self, outputs: Tensor, states: int) -> Tensor:
        """(B, actions, N) of (B * N, actions)."""
        return outputs.reshape(states, -1, self.actions).transpose(1, 2)

    def embedded(self, cosines: Tensor) -> Tensor:
        """The embedding (B * N, features) of fractions, by their cosines (B * N, 64)."""
        return F.relu_(self.embedding(cosines.to(self.embedding.weight.dtype)))

    def record_from(self, trunk: Activations, draw: Draw = ()) -> Pass:
        features = trunk.features
        taus = self.taus_of(draw, features.device).expand(len(features), -1)  # (B, N)
        waves = cosines(taus).to(self.embedding.weight.dtype)
        embedded = self.embedded(waves)
        x = (features[:, None] * embedded.view(*taus.shape, -1)).flatten(0, 1)
        seen = self.record_dense(trunk, x, draw[1:])
        return seen._replace(outputs=self.by_action(seen.outputs, len(features)), draw=draw, kept=(waves, embedded))

    def dense_gradient(self, seen: Pass, gradient: Tensor, into: Sequence[Tensor]) -> Tensor:
        features, (waves, embedded) = seen.trunk.features, seen.kept
        of_x = super().dense_gradient(seen, gradient.transpose(1, 2).reshape(-1, self.actions), into[:-2])
        each = (len(features), -1, features.shape[1])  # (B, N, features)
        of_embedded = relu_backward((of_x.view(each) * features[:, None]).flatten(0, 1), embedded, 0)
        torch.mm(of_embedded.t(), waves, out=into[-2])
        torch.sum(of_embedded, 0, out=into[-1])
        return of_x.mul_(embedded).view(each).sum(1)

    def values(self, outputs: Tensor) -> Tensor:
        return outputs.mean(2)

    def distribution(self, outputs: Tensor, bins: int) -> tuple[Tensor, Tensor]:
        """Of one state's outputs (actions, N): the middles (bins,) of equal bins, and the share of each action's quantiles in them."""
        return histograms(outputs, bins)


def cosines(taus: Tensor) -> Tensor:
    """cos(pi i tau), i from 0 to 63, (B * N, 64) of fractions (B, N)."""
    return torch.cos(taus.flatten()[:, None] * (math.pi * torch.arange(COSINES, device=taus.device)))
