"""The detection recipe: training, its views and figures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.api import train
from lab.errors import UsageError

TINY: dict[str, Any] = {
    "data": "digits", "scenes": 40, "size": 32, "features": 4, "batch_size": 8, "precision": "fp32", "schedule_steps": 60, "validate_every": 20,
    "learning_rate": 0.01, "warmup_steps": 0, "anchors": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train("detect", steps=40, device="cpu", run=tmp_path_factory.mktemp("detect") / "run", **TINY)


@pytest.fixture(scope="module")
def experiment(run: Any) -> Any:
    return run.experiment("cpu")


def test_boxes_come_nearer_to_the_true_ones(run: Any) -> None:
    values = [row["losses/box"] for row in run.metrics() if "losses/box" in row]
    assert values[-1] < values[0]


def test_the_anchors_are_those_of_the_training_boxes(experiment: Any) -> None:
    anchors = experiment.serving().net.anchors
    sizes = np.concatenate([boxes[:, 3:] - boxes[:, 1:3] for boxes in experiment.scenes("train").boxes])
    assert anchors.shape == (2, 2)
    assert sizes.min() <= float(anchors.min()) <= float(anchors.max()) <= sizes.max()


def test_every_view_answers(experiment: Any) -> None:
    answers = {name: experiment.answer(name, experiment.serving(), {}) for name in experiment.views() if name != "proposals"}
    assert all(answer.picture().ndim == 3 for answer in answers.values())
    assert answers["detected"].captions == ["test:0: detected", "true"]


def test_the_suppression_never_adds_boxes_and_takes_its_steps(experiment: Any) -> None:
    first, last = (experiment.answer("suppression", experiment.serving(), {"least": 0.0, "step": step}) for step in (0, -1))
    assert len(first.boxes[1]) == len(first.boxes[0])
    assert len(last.boxes[1]) < len(last.boxes[0])


def test_figures_are_shares(run: Any) -> None:
    figures = run.evaluate()
    assert 0 <= figures["map"] <= figures["map50"] <= 1
    assert figures["images"] == 8


def test_a_picture_of_any_size_becomes_a_scene(experiment: Any) -> None:
    answer = experiment.answer("detected", experiment.serving(), {"image": np.zeros((50, 70), np.uint8)})
    assert answer.pixels.shape == (1, 32, 32, 3)


def test_a_single_shot_detector_says_that_it_has_no_proposals(experiment: Any) -> None:
    with pytest.raises(UsageError, match="no proposals"):
        experiment.answer("proposals", experiment.serving(), {})


def test_support_vector_machines_tell_the_classes_of_regions(tmp_path: Path) -> None:
    svm = {**TINY, "scenes": 20, "method": "rcnn", "classifier": "svm", "proposals": 40, "schedule_steps": 4}
    run = train("detect", steps=4, device="cpu", run=tmp_path / "run", **svm)
    machines = run.experiment("cpu").serving().net.machines
    assert machines.fitted
    assert (machines.weight.abs().sum(1) > 0).sum() >= 8  # Of ten digits those that the pictures show.
    assert 0 <= run.evaluate()["map50"] <= 1


@pytest.mark.parametrize("method", ["faster", "fast", "rcnn", "windows"])
def test_detectors_of_two_steps_learn_and_answer(method: str, tmp_path: Path) -> None:
    run = train("detect", steps=12, device="cpu", run=tmp_path / "run", method=method, **{**TINY, "scenes": 20})
    values = [row["losses/class"] for row in run.metrics() if "losses/class" in row]
    assert np.isfinite(values).all()
    experiment = run.experiment("cpu")
    proposals = experiment.answer("proposals", experiment.serving(), {})
    assert "recall" in proposals.captions[0]
    assert len(proposals.boxes[0])
    assert experiment.answer("detected", experiment.serving(), {}).captions == ["test:0: detected", "true"]
    assert 0 <= run.evaluate()["map50"] <= 1
