"""One neuron as a recipe: it stops on two clouds, never on XOR, and shows both."""

from typing import Any

import pytest
import torch

from lab.errors import UsageError
from lab.recipes.foundations.perceptron import Perceptron, frame_of, line_of
from lab.recipes.foundations.perceptron_config import PerceptronConfig


def make(**fields: Any) -> Perceptron:
    return Perceptron(PerceptronConfig.parse(fields), torch.device("cpu"))


def test_the_perceptron_stops_on_two_clouds() -> None:
    experiment = make()
    for _ in range(1200):
        experiment.step()
    assert experiment.evaluate()["accuracy"] == 1.0
    assert experiment.evaluate()["loss"] == 0.0
    assert experiment.history[-1] == 0
    assert frame_of(experiment).clean


def test_it_never_stops_on_xor() -> None:
    experiment = make(points="xor")
    for _ in range(1200):
        experiment.step()
    assert min(experiment.history) > 0
    assert experiment.evaluate()["accuracy"] < 0.8


def test_a_line_goes_where_the_neuron_says_nothing() -> None:
    w = torch.tensor([0.5, 1.0, -2.0])
    for x, y in line_of(w.numpy()).tolist():
        assert 0.5 + x - 2 * y == pytest.approx(0, abs=1e-6)


def test_every_view_answers_and_can_be_drawn() -> None:
    experiment = make(points="drawn", drawn="0,1,0 1,0,1 2,1,1")
    for _ in range(7):
        experiment.step()
    for name, spec in experiment.views().items():
        assert experiment.answer(name, experiment.serving(), spec.checked({})).picture().ndim == 3
    with pytest.raises(UsageError, match="both classes"):
        make(points="drawn", drawn="0,1,0")
