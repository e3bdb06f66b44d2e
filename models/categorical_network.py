"""The Q network of C51: the probabilities of N fixed returns for each action (Bellemare et al. 2017)."""

import torch
from torch import Tensor

from models.q_network import Trunk
from models.quantile_network import QuantileNetwork


class CategoricalNetwork(QuantileNetwork):
    """Outputs (B, actions, atoms): logits of the returns z, equally spaced from `low` to `high`; Q is the mean of z under their softmax.

    The head is that of `QuantileNetwork`; dueling joins logits.
    """

    def __init__(
        self, actions: int, atoms: int = 51, low: float = -10.0, high: float = 10.0, dueling: bool = False, hidden: int = 512,
        noisy: float = 0.0, trunk: Trunk | None = None,
    ):  # fmt: skip
        super().__init__(actions, atoms, dueling, hidden, noisy, trunk)
        self.low, self.high = low, high

    def support(self, device: torch.device) -> Tensor:
        """The returns z (atoms,) float32."""
        return torch.linspace(self.low, self.high, self.quantiles, device=device)

    def values(self, outputs: Tensor) -> Tensor:
        return outputs.softmax(2) @ self.support(outputs.device)

    def distribution(self, outputs: Tensor, bins: int) -> tuple[Tensor, Tensor]:
        """Of one state's outputs (actions, atoms): z (atoms,) and each action's probabilities; `bins` has no say in it."""
        return self.support(outputs.device), outputs.softmax(1)
