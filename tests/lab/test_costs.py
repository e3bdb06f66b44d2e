"""Accuracy over what it costs, of several runs."""

from pathlib import Path

import pytest

import lab
from lab.cli import main
from lab.errors import UsageError
from lab.recipes.vision.costs import costs
from lab.run import Run


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """A linear classifier and a perceptron of 5 hidden units on 8x8 digits, and a run of another recipe."""
    folder = tmp_path_factory.mktemp("classifiers")
    settings = {"data": "digits", "batch_size": 16, "validate_every": 2, "steps": 2, "device": "cpu"}
    return [
        lab.train("classify", network="linear", run=folder / "linear", **settings),
        lab.train("classify", network="mlp", hidden_units="5", run=folder / "mlp", **settings),
        lab.train("linear", data="digits", steps=1, device="cpu", run=folder / "another"),
    ]


def test_a_dot_for_each_classifier_with_its_parameters_and_its_accuracy(classifiers: list[Run]) -> None:
    answer = costs(classifiers)
    assert answer.points[:, 0].tolist() == [64 * 10 + 10, 64 * 5 + 5 + 5 * 10 + 10]
    assert answer.points[:, 1].tolist() == [run.status()["metrics"]["charts/validation_accuracy"] for run in classifiers[:2]]
    assert (answer.labels, answer.names) == (["linear", "mlp"], ["digits"])


def test_operations_are_the_multiply_adds_for_one_image(classifiers: list[Run]) -> None:
    assert costs(classifiers, "operations").points[:, 0].tolist() == [64 * 10, 64 * 5 + 5 * 10]


def test_runs_that_are_no_classifiers_have_no_dot(classifiers: list[Run]) -> None:
    with pytest.raises(UsageError, match="lab train classify"):
        costs(classifiers[2:])


def test_the_view_of_several_runs_from_the_command_line(classifiers: list[Run], tmp_path: Path) -> None:
    paths = [str(run.path) for run in classifiers]
    assert main(["show", *paths, "costs", "--over", "operations", "--out", str(tmp_path / "costs.png")]) == 0
    assert (tmp_path / "costs.png").stat().st_size > 1000
    assert main(["show", *paths, "costs", "--under", "x", "--out", str(tmp_path / "c.png")]) == 2
