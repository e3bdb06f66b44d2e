"""QR-DQN (Dabney et al. 2018): DQN whose head gives quantiles of the return, by quantile regression (`losses.quantile_huber`)."""

from typing import ClassVar

from torch import Tensor

from agents import losses
from agents.distribution_views import DistributionViews
from agents.dqn import DQN
from agents.losses import Loss
from agents.qr_dqn_config import QRDQNConfig
from models.noisy import Draw
from models.quantile_network import QuantileNetwork


class QRDQN(DQN):
    """DQN that learns the distribution of the return."""

    config: QRDQNConfig
    view_parts: ClassVar[dict[str, type]] = {**DQN.view_parts, "distributions": DistributionViews}

    def make_network(self, actions: int) -> QuantileNetwork:
        c = self.config
        return QuantileNetwork(actions, c.quantiles, c.dueling, c.hidden_units, **self.network_options())

    def target(self, returns: Tensor, discounts: Tensor, bootstrap: Tensor) -> Tensor:
        return returns[:, None] + discounts[:, None] * bootstrap  # (B, N)

    def loss(self, predicted: Tensor, target: Tensor, draw: Draw = ()) -> Loss:
        return losses.quantile_huber(predicted, target, self.config.kappa)
