"""C51 (Bellemare et al. 2017): DQN whose head gives the probabilities of fixed returns, the atoms; also Rainbow's head."""

from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from agents import losses
from agents.c51_config import C51Config
from agents.distribution_views import DistributionViews
from agents.dqn import DQN
from agents.losses import Loss
from models.categorical_network import CategoricalNetwork
from models.noisy import Draw


class C51(DQN):
    """DQN that learns the distribution of the return over `atoms` values."""

    config: C51Config
    view_parts: ClassVar[dict[str, type]] = {**DQN.view_parts, "distributions": DistributionViews}

    def make_network(self, actions: int) -> CategoricalNetwork:
        c = self.config
        return CategoricalNetwork(actions, c.atoms, c.v_min, c.v_max, c.dueling, c.hidden_units, **self.network_options())

    @cached_property
    def support(self) -> Tensor:
        """The returns z (atoms,)."""
        with torch.inference_mode(False):
            return torch.linspace(self.config.v_min, self.config.v_max, self.config.atoms, device=self.device)

    def target(self, returns: Tensor, discounts: Tensor, bootstrap: Tensor) -> Tensor:
        return losses.projected(bootstrap.softmax(1), returns, discounts, self.support)  # (B, atoms)

    def mixed_target(self, returns: Tensor, discounts: Tensor, outputs: Tensor, policy: Tensor, bonus: Tensor) -> Tensor:
        """The mixture of the actions' targets, each moved by its bonus: probabilities are averaged, not returns."""
        shifted = returns[:, None] + discounts[:, None] * bonus  # (B, A)
        each = self.target(shifted.flatten(), discounts[:, None].expand_as(shifted).flatten(), outputs.flatten(0, 1))  # (B * A, atoms)
        return (policy[:, :, None] * each.view_as(outputs)).sum(1)

    def loss(self, predicted: Tensor, target: Tensor, draw: Draw = ()) -> Loss:
        return losses.categorical(predicted, target)
