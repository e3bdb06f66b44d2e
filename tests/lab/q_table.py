"""Q-learning (Watkins 1989) with a table, on a corridor: the smallest experiment whose network has nothing to differentiate."""

from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import nn

from lab.answers import Heatmap
from lab.config import Config
from lab.experiment import Experiment, Metrics, view
from lab.registry import Recipe
from lab.state import Tree, attributes

RECIPE = Recipe("q-table", "Test", "Walks along a corridor.", "q_table:QTableConfig", "q_table:QLearning", 50)


class QTableConfig(Config):
    """Settings of the walk."""

    cells: int = Field(5, ge=2, le=100, description="Length of the corridor; the last cell ends an episode with a reward of 1.")
    learning_rate: float = Field(0.5, gt=0, le=1, description="Share by which a value moves to its target.")
    epsilon: float = Field(0.8, ge=0, le=1, description="Share of random actions.")


class QTable(nn.Module):
    """Q (S, 2): the value of going left and of going right in each cell."""

    def __init__(self, cells: int):
        super().__init__()
        self.register_buffer("q", torch.zeros(cells, 2))


class Corridor:
    """A part with views of its own."""

    @view(live=True)
    def values(self, net: QTable) -> Heatmap:
        """The table: cells from left to right, actions from top to bottom."""
        return Heatmap(net.q.T.numpy(), "cell", "action")


class QLearning(Experiment):
    view_parts: ClassVar[dict[str, type]] = {"corridor": Corridor}

    def __init__(self, config: QTableConfig, device: torch.device):
        super().__init__(config, device)
        self.config: QTableConfig = config
        self.corridor = Corridor()
        self.table = QTable(config.cells).to(device)
        self.generator = np.random.default_rng(config.seed)
        self.cell = 0

    def step(self) -> Metrics:
        c, q = self.config, self.table.q
        greedy = int(q[self.cell].argmax())
        action = int(self.generator.integers(2)) if self.generator.random() < c.epsilon else greedy
        following = max(0, self.cell + (1 if action else -1))
        ends = following == c.cells - 1
        target = 1.0 if ends else 0.9 * float(q[following].max())
        q[self.cell, action] += c.learning_rate * (target - q[self.cell, action])
        self.cell = 0 if ends else following
        self.steps += 1
        return {"charts/reward": float(ends)}

    def serving(self) -> nn.Module:
        return self.table

    def stateful(self) -> Tree:
        return {"table": self.table, "generator": self.generator, **attributes(self, "steps", "cell")}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        return {"goes_right": float((self.table.q[:-1, 1] > self.table.q[:-1, 0]).float().mean())}
