"""Dropout with a random generator of its own (Srivastava et al. 2014).

PyTorch's draws from the one generator that every thread shares: concurrent runs would change each other's masks, and a
resumed run could not draw the same ones again.
"""

from typing import Any

import torch
from torch import Tensor, nn

from models.processes import group


class Dropout(nn.Dropout):
    """Zeroes each element with probability `p` in training and scales the others by 1 / (1 - p); the identity in eval mode.

    Draws from `generator`, which lives on the device of the input; from PyTorch's own where it is None.
    """

    def __init__(self, p: float = 0.0, generator: torch.Generator | None = None):
        super().__init__(p)
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = group.drawn(len(x), lambda count: self.mask(x, count))
        return x * kept / (1 - self.p)

    def mask(self, x: Tensor, count: int) -> Tensor:
        """Which elements are kept, for `count` rows like those of x."""
        like = x if count == len(x) else torch.empty_like(x[:1]).expand(count, *x.shape[1:])
        return torch.empty_like(like).bernoulli_(1 - self.p, generator=self.generator)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Dropout":
        # A copy with the same generator would change what the original draws.
        made = Dropout(self.p)
        made.training = self.training
        return made


def set_generator(net: nn.Module, generator: torch.Generator) -> None:
    """Let every dropout layer of `net` draw from `generator`, which lives on the network's device."""
    for module in net.modules():
        if isinstance(module, Dropout):
            module.generator = generator
