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


def test_leaving_the_generator_out_shows(tmp_path: Path) -> None:
    straight = advance(make(), 20)
    state = checkpoint.read(checkpoint.write(tmp_path, 20, straight.state(), {}))
    advance(straight, 15)
    resumed = make()
    resumed.restore({**state, "generator": resumed.generator.get_state()})
    advance(resumed, 15)
    assert not torch.equal(straight.net.fc.weight, resumed.net.fc.weight)


def test_a_checkpoint_with_the_momentum_alone_still_resumes() -> None:
    """The layout of older runs: the buffers in the order of the parameters, no `optimizer`."""
    straight = advance(make(), 20)
    state = straight.state()
    buffers = [values["momentum_buffer"] for _, values in sorted(state.pop("optimizer").items())]
    advance(straight, 5)
    resumed = make()
    resumed.restore({**state, "momentum": buffers})
    assert torch.equal(advance(resumed, 5).net.fc.weight, straight.net.fc.weight)


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
