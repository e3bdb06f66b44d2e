"""The order of the rows in training: each once an epoch, in an order of the run's own generator."""

from typing import Any

import torch
from torch import Tensor

from lab.state import copied, restore_generator


class EpochOrder:
    """Row numbers in a random order, each at most once an epoch.

    The rows left over at the end of an epoch that make no whole batch are dropped, or, with `partial`, make a smaller one of
    at least `least` rows (batch norm, say, needs two).
    """

    def __init__(self, generator: torch.Generator, *, partial: bool = False, least: int = 1):
        self.generator, self.partial, self.least = generator, partial, least
        self.order = torch.empty(0, dtype=torch.long)
        self.position = 0

    def take(self, size: int, count: int) -> Tensor:
        """The next rows of `count`, at most `size`: (B,) int64. All of them where there are fewer than `size`."""
        size = min(size, count)
        least = min(self.least, size) if self.partial else size
        if self.position + least > len(self.order):
            self.order, self.position = torch.randperm(count, generator=self.generator), 0
        rows = self.order[self.position : self.position + size]
        self.position += len(rows)
        return rows

    def state(self) -> dict[str, Any]:
        return {"order": self.order.clone(), "position": self.position, "generator": self.generator.get_state()}

    def restore(self, state: dict[str, Any]) -> None:
        self.order, self.position = copied(state["order"]), state["position"]
        restore_generator(self.generator, state["generator"])
