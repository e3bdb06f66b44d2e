"""IQN (Dabney et al. 2018b): DQN whose network gives any quantile of the return that it is asked for; risk-neutral."""

from typing import ClassVar

from torch import Tensor

from agents import losses
from agents.distribution_views import DistributionViews
from agents.dqn import DQN
from agents.iqn_config import IQNConfig
from agents.losses import Loss
from models.implicit_quantile_network import ImplicitQuantileNetwork
from models.noisy import Draw


class IQN(DQN):
    """DQN that learns quantiles of the return at fractions drawn anew in each update."""

    config: IQNConfig
    view_parts: ClassVar[dict[str, type]] = {**DQN.view_parts, "distributions": DistributionViews}

    def make_network(self, actions: int) -> ImplicitQuantileNetwork:
        c = self.config
        return ImplicitQuantileNetwork(actions, c.fractions, c.acting_fractions, c.dueling, c.hidden_units, **self.network_options())

    def target(self, returns: Tensor, discounts: Tensor, bootstrap: Tensor) -> Tensor:
        return returns[:, None] + discounts[:, None] * bootstrap  # (B, N)

    def loss(self, predicted: Tensor, target: Tensor, draw: Draw = ()) -> Loss:
        return losses.quantile_huber(predicted, target, self.config.kappa, fractions=draw[0])
