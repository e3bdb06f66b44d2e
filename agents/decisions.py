"""An agent's recent decisions: every environment's last action with its Q values, and the first one's Q values over time."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from models.kernels.pixel_blocks import depth_to_space


@dataclass(frozen=True)
class Decision:
    """Of every environment: the blocks (E, 64, 21, 21) uint8 seen, q (E, A), actions (E,), whether each was random (E,)."""

    blocks: Tensor
    q: np.ndarray
    actions: np.ndarray
    random: np.ndarray

    @property
    def stacks(self) -> np.ndarray:
        """The frames seen, (E, 4, 84, 84) uint8."""
        return depth_to_space(self.blocks).cpu().numpy()


class Decisions:
    """The last decision, and the first environment's Q values in the last 600: (step, (A,)) each."""

    def __init__(self) -> None:
        self.last: Decision | None = None
        self.history: deque[tuple[int, np.ndarray]] = deque(maxlen=600)

    def add(self, step: int, decision: Decision) -> None:
        self.last = decision
        self.history.append((step, decision.q[0]))

    def state(self) -> dict[str, Any] | None:
        """For views of a stored run; None before the first decision."""
        if self.last is None:
            return None
        return {
            "blocks": self.last.blocks.clone(), "q": self.last.q.copy(), "actions": self.last.actions.copy(),
            "random": self.last.random.copy(),
            "steps": np.array([step for step, _ in self.history]), "values": np.array([q for _, q in self.history]),
        }  # fmt: skip

    def restore(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        self.last = Decision(state["blocks"], *(state[name].copy() for name in ("q", "actions", "random")))
        self.history.extend(zip(state["steps"].tolist(), state["values"], strict=True))
