"""The sum tree behind proportional prioritised replay (Schaul et al. 2016, appendix B.2.1)."""

import numpy as np


class SumTree:
    """Binary tree of priorities: draw index i with probability p_i / sum(p) in O(log n).

    Leaves live at [capacity - 1, 2 * capacity - 1) for a capacity that is a power of two; every inner node is the sum
    of its two children, recomputed from them, so that no rounding error builds up.
    """

    def __init__(self, size: int):
        self.size = size
        self.depth = max(1, (size - 1).bit_length())
        self.capacity = 1 << self.depth
        self.nodes = np.zeros(2 * self.capacity - 1, np.float64)

    @property
    def total(self) -> float:
        """The sum of all priorities."""
        return float(self.nodes[0])

    @property
    def leaves(self) -> np.ndarray:
        """The priorities (size,), a view; write with `set`."""
        return self.nodes[self.capacity - 1 : self.capacity - 1 + self.size]

    def set(self, leaves: np.ndarray, priorities: np.ndarray | float) -> None:
        """Set the priorities of leaf indices (B,) in [0, size), each >= 0. Of a repeated index the last value stays."""
        nodes = leaves + (self.capacity - 1)
        self.nodes[nodes] = priorities
        for _ in range(self.depth):
            nodes = (nodes - 1) >> 1
            left = 2 * nodes + 1
            self.nodes[nodes] = self.nodes[left] + self.nodes[left + 1]

    def fill(self, priorities: np.ndarray) -> None:
        """Set every priority (size,)."""
        self.nodes[:] = 0
        self.leaves[:] = priorities
        for level in reversed(range(self.depth)):
            first, after = (1 << level) - 1, (1 << (level + 1)) - 1
            children = self.nodes[after : 2 * after + 1]
            self.nodes[first:after] = children[0::2] + children[1::2]

    def draw(self, mass: np.ndarray) -> np.ndarray:
        """Leaf indices (B,) int64 for cumulative masses (B,) in [0, total). Raises ValueError where the tree is empty."""
        if self.total <= 0:
            raise ValueError("the sum tree is empty: set a priority above zero first")
        nodes = np.zeros(len(mass), np.int64)
        mass = mass.copy()
        for _ in range(self.depth):
            left = 2 * nodes + 1
            below = self.nodes[left]
            # Rounding must not lead into an empty half.
            right = (mass >= below) & (self.nodes[left + 1] > 0)
            mass -= np.where(right, below, 0.0)
            nodes = left + right
        return nodes - (self.capacity - 1)
