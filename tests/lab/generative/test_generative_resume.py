"""Leaving a part of the state out shows, and looking changes nothing. That a resumed run equals an uninterrupted one: tests/test_resume_contract.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lab import checkpoint
from lab.experiment import Experiment

BEFORE, AFTER = 13, 9
"""With batches of 128 or 64 of the 1,500 digits, an epoch ends within these."""


def everything(experiment: Experiment) -> tuple[Any, dict[str, torch.Tensor]]:
    tree, tensors, segments = checkpoint.flatten(experiment.state())
    return tree, {**tensors, **{s.name: torch.from_numpy(s.read().copy()) for s in segments}}


def stored_and_read(experiment: Experiment, folder: Path) -> dict[str, Any]:
    return checkpoint.read(checkpoint.write(folder, experiment.steps, {"experiment": experiment.state()}, {}))["experiment"]


def advance(experiment: Experiment, steps: int) -> Experiment:
    for _ in range(steps):
        experiment.step()
    return experiment


LEFT_OUT = [
    ("vae", "generators", "net"), ("vae", "order", "net"), ("vae", "adam", "net"), ("autoencoder", "generators", "net"),
    ("dcgan", "generators", "g"), ("dcgan", "d_adam", "g"), ("dcgan", "average", "average"), ("wgan-gp", "generators", "g"),
    ("flow", "generators", "net"), ("flow", "average", "average"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "part", "where"), LEFT_OUT)
def test_leaving_a_part_of_the_state_out_shows(name: str, part: str, where: str, make: Callable[..., Experiment], tmp_path: Path) -> None:
    fields = {"noise": 0.3} if name == "autoencoder" else {}
    straight = advance(make(name, **fields), BEFORE)
    state = stored_and_read(straight, tmp_path)
    advance(straight, AFTER)
    resumed = make(name, **fields)
    fresh = make(name, **fields).state()
    if part == "order":  # Another order of the same epoch.
        fresh["order"] = state["order"].flip(0)
    resumed.restore({**state, part: fresh[part]})
    advance(resumed, AFTER)
    mine, theirs = straight.state()[where], resumed.state()[where]
    assert any(not torch.equal(mine[key], theirs[key]) for key in mine if mine[key].is_floating_point())


def test_views_and_measurements_leave_the_training_as_it_is(make: Callable[..., Experiment]) -> None:
    quiet, asked = make("dcgan"), make("dcgan")
    advance(quiet, 12)
    for _ in range(3):
        advance(asked, 4)
        for view in ("scores", "warnings", "time_lapse", "samples"):
            asked.answer(view, asked.serving(), {})
    (tree, tensors), (other_tree, others) = everything(quiet), everything(asked)
    assert tree == other_tree
    assert all(torch.equal(tensors[name], others[name]) for name in tensors)
