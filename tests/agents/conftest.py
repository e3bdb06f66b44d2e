from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from agents.dqn import DQN
from agents.dqn_config import DQNConfig

TINY: dict[str, Any] = {
    "envs": 2, "replay_capacity": 400, "learning_starts": 32, "batch_size": 8, "hidden_units": 16, "precision": "fp32",
    "epsilon_steps": 100, "target_interval": 10, "noop_max": 3, "learning_rate": 1e-3,
}  # fmt: skip


@pytest.fixture
def tiny() -> Iterator[Callable[..., DQN]]:
    """Makes small DQNs, closed at the test's end."""
    made: list[DQN] = []

    def make(**fields: Any) -> DQN:
        made.append(DQN(DQNConfig.parse({**TINY, **fields}), torch.device("cpu")))
        return made[-1]

    yield make
    for experiment in made:
        experiment.close()
