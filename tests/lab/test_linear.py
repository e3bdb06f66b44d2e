from pathlib import Path

import numpy as np
import pytest
import torch

from lab import checkpoint
from lab.recipes.vision.linear import Linear
from lab.recipes.vision.linear_config import LinearConfig

CPU = torch.device("cpu")


def make(**fields: object) -> Linear:
    return Linear(LinearConfig.parse(fields), CPU)


def advance(experiment: Linear, steps: int) -> Linear:
    for _ in range(steps):
        experiment.step()
    return experiment


@pytest.mark.parametrize("momentum", [0.9, 0.0])
def test_a_resumed_run_equals_an_uninterrupted_one(momentum: float, tmp_path: Path) -> None:
    straight = advance(make(momentum=momentum), 20)
    state = checkpoint.read(checkpoint.write(tmp_path, 20, straight.state(), {}))
    advance(straight, 15)
    resumed = make(momentum=momentum)
    resumed.restore(state)
    advance(resumed, 15)
    (tree, tensors, _), (other_tree, others, _) = checkpoint.flatten(straight.state()), checkpoint.flatten(resumed.state())
    assert tree == other_tree
    assert all(torch.equal(tensors[name], others[name]) for name in tensors)


def test_leaving_the_generator_out_shows(tmp_path: Path) -> None:
    straight = advance(make(), 20)
    state = checkpoint.read(checkpoint.write(tmp_path, 20, straight.state(), {}))
    advance(straight, 15)
    resumed = make()
    resumed.restore({**state, "generator": resumed.generator.get_state()})
    advance(resumed, 15)
    assert not torch.equal(straight.net.fc.weight, resumed.net.fc.weight)


def test_it_learns_the_digits() -> None:
    experiment = advance(make(), 600)
    assert experiment.evaluate()["accuracy"] > 0.85  # Chance is 0.1.


def test_confusion_counts_every_test_image_once_and_agrees_with_the_accuracy() -> None:
    experiment = advance(make(), 100)
    figures = experiment.evaluate()
    counts = np.array([row[1:] for row in experiment.answer("confusion", experiment.net, {}).rows])
    assert counts.sum() == figures["images"]
    assert np.trace(counts) / counts.sum() == pytest.approx(figures["accuracy"])


def test_templates_are_ten_pictures() -> None:
    experiment = make()
    assert experiment.answer("templates", experiment.net, {}).pixels.shape == (10, 8, 8)
