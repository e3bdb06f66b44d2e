"""N + M steps equal N, a checkpoint on disk, and M more: bit for bit, everything compared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.dqn import DQN
from lab import checkpoint

UNIFORM: dict[str, Any] = {"game": "breakout", "epsilon_end": 0.8}
RAINBOW: dict[str, Any] = {
    "game": "breakout", "prioritised": True, "double": True, "dueling": True, "n_step": 3, "loss": "huber", "max_grad_norm": 10.0,
    "sticky_actions": 0.25, "life_loss_terminal": True, "envs": 3, "train_every": 4, "replay_capacity": 300, "epsilon_end": 0.8,
}  # fmt: skip
BEFORE, AFTER = 210, 60


def everything(experiment: DQN) -> tuple[Any, dict[str, torch.Tensor]]:
    tree, tensors, _ = checkpoint.flatten(experiment.state())
    return tree, tensors


def stored_and_read(experiment: DQN, folder: Path) -> dict[str, Any]:
    path = checkpoint.write(folder, experiment.steps, {"experiment": experiment.state()}, {})
    return checkpoint.read(path)["experiment"]


def advance(experiment: DQN, steps: int) -> None:
    for _ in range(steps):
        experiment.step()


@pytest.mark.parametrize("fields", [UNIFORM, RAINBOW], ids=["uniform", "prioritised-double-dueling-n-step"])
def test_a_resumed_run_equals_an_uninterrupted_one(
    fields: dict[str, Any], tiny: Callable[..., DQN], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.replay.BLOCK", 32)  # Several blocks in the ring, none of which ends where it does.
    straight = tiny(**fields)
    advance(straight, BEFORE)
    state = stored_and_read(straight, tmp_path)
    assert max(straight.collector.env.episodes) > 1, "the test should see an episode end"
    advance(straight, AFTER)

    resumed = tiny(**fields)
    resumed.restore(state)
    advance(resumed, AFTER)

    (tree, tensors), (resumed_tree, resumed_tensors) = everything(straight), everything(resumed)
    assert tree == resumed_tree
    assert tensors.keys() == resumed_tensors.keys()
    different = [name for name in tensors if not torch.equal(tensors[name], resumed_tensors[name])]
    assert not different


@pytest.mark.parametrize("left_out", ["explore", "replay"])
def test_leaving_one_generator_out_shows(left_out: str, tiny: Callable[..., DQN], tmp_path: Path) -> None:
    straight = tiny()
    advance(straight, 40)
    state = stored_and_read(straight, tmp_path)
    advance(straight, 20)

    resumed = tiny()
    fresh = getattr(resumed, f"{left_out}_rng").bit_generator.state
    resumed.restore(state)
    getattr(resumed, f"{left_out}_rng").bit_generator.state = fresh
    advance(resumed, 20)
    assert not torch.equal(straight.online.weights, resumed.online.weights)


def test_a_state_taken_before_the_first_step_can_be_restored(tiny: Callable[..., DQN], tmp_path: Path) -> None:
    straight, resumed = tiny(), tiny(seed=9)
    resumed.restore(stored_and_read(straight, tmp_path))
    assert torch.equal(straight.online.weights, resumed.online.weights)
