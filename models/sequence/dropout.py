"""Dropout with a random generator of its own (Srivastava et al. 2014).

PyTorch's draws from the one generator that every thread shares: two runs side by side would change each other's masks,
and a resumed run could not draw the same ones again.
"""

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """Zeroes each element with probability `p` in training and scales the others by 1 / (1 - p); the identity in eval mode."""

    def __init__(self, p: float = 0.0):
        super().__init__(p)
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        mask = torch.rand(x.shape, generator=self.generator, device=x.device) >= self.p
        return x * mask.to(x.dtype) * (1 / (1 - self.p))


def set_generator(net: nn.Module, generator: torch.Generator) -> None:
    """Let every dropout layer of `net` draw from `generator`, which lives on the network's device."""
    for module in net.modules():
        if isinstance(module, Dropout):
            module.generator = generator
