"""Q values without a network: a number for each state and action (Watkins 1989)."""

import torch
from torch import Tensor, nn


class QTable(nn.Module):
    """`q` (S, A) float32, zero at first, and `visits` (S, A) int64: how often each action was taken in each state.

    Buffers, not parameters: nothing here has a gradient.
    """

    q: Tensor
    visits: Tensor

    def __init__(self, states: int, actions: int):
        super().__init__()
        self.register_buffer("q", torch.zeros(states, actions))
        self.register_buffer("visits", torch.zeros(states, actions, dtype=torch.int64))

    def forward(self, states: Tensor) -> Tensor:
        """The values (B, A) of states (B,) int64."""
        return self.q[states]

    def update(self, state: int, action: int, target: float, learning_rate: float) -> float:
        """Q(s, a) moves by `learning_rate` of the way to the target; how far it was away before."""
        error = target - float(self.q[state, action])
        self.q[state, action] += learning_rate * error
        self.visits[state, action] += 1
        return error
