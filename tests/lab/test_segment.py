"""The segmentation recipe: training, its views, and FCN-16s from FCN-32s."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lab.api import train
from lab.errors import LabError, UsageError
from lab.recipes.vision.segment import Segment, momentum, weighted_cross_entropy
from lab.recipes.vision.segment_config import SegmentConfig

TINY: dict[str, Any] = {
    "data": "digits", "scenes": 40, "size": 32, "features": 4, "depth": 2, "batch_size": 8, "patch": 0, "precision": "fp32",
    "class_balance": 0.0, "border_weight": 0.0, "schedule_steps": 60, "validate_every": 20, "learning_rate": 0.01, "warmup_steps": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train("segment", steps=40, device="cpu", run=tmp_path_factory.mktemp("segment") / "run", **TINY)


def test_a_weight_scales_a_pixels_loss_and_the_unlabelled_do_not_count() -> None:
    scores = torch.zeros(1, 2, 1, 3)  # ln 2 for each pixel.
    loss = weighted_cross_entropy(scores, torch.tensor([[[0, 1, 255]]]), torch.tensor([[[1.0, 3.0, 9.0]]]))
    assert float(loss) == pytest.approx(2 * np.log(2))


def test_it_learns_what_is_a_digit(run: Any) -> None:
    figures = run.evaluate()
    assert figures["pixel_accuracy"] > 0.8
    assert {"mean_iou", "dice", "protocol"} <= set(figures)


def test_every_view_answers(run: Any) -> None:
    experiment = run.experiment("cpu")
    answers = {name: experiment.answer(name, experiment.serving(), {}) for name in experiment.views() if name != "per_game"}
    assert all(answer.picture().ndim == 3 for answer in answers.values())
    both = answers["segmented"]
    assert both.maps.shape == (2, 32, 32)
    assert both.captions == ["test:0: predicted", "true"]
    with pytest.raises(UsageError, match="of no games"):
        experiment.answer("per_game", experiment.serving(), {})


def test_a_picture_of_any_size_becomes_a_scene(run: Any) -> None:
    experiment = run.experiment("cpu")
    answer = experiment.answer("segmented", experiment.serving(), {"image": np.zeros((50, 70, 3), np.uint8)})
    assert answer.maps.shape == (1, 32, 32)


def test_a_finer_fcn_begins_with_the_weights_of_the_coarser_one(tmp_path: Path) -> None:
    def made(**settings: Any) -> Segment:
        return Segment(SegmentConfig(**{**TINY, **settings}), torch.device("cpu"))

    coarse = made(network="fcn32s").net.state_dict()
    file = tmp_path / "32s.safetensors"
    save_file({name: value.contiguous() for name, value in coarse.items()}, file)
    fine = made(network="fcn16s", weights=str(file), seed=1).net.state_dict()
    assert all(torch.equal(value, fine[name]) for name, value in coarse.items())
    assert not fine["net.score_pool4.weight"].any()
    with pytest.raises(LabError, match="weights of another network"):
        made(weights=str(file))


def test_running_statistics_become_steadier_with_the_steps() -> None:
    assert [momentum(step) for step in (0, 99, 199, 499, 9_999)] == [0.1, 0.1, 0.05, 0.02, 0.02]


def test_from_the_middle_of_the_schedule_batch_norm_keeps_its_statistics() -> None:
    experiment = Segment(SegmentConfig(**{**TINY, "schedule_steps": 8}), torch.device("cpu"))
    means, kernels = [], []
    for _ in range(5):
        experiment.step()
        means.append(experiment.norms[0].running_mean.clone())
        kernels.append(experiment.net.net.down[0][0].weight.detach().clone())
    assert not torch.equal(means[2], means[3])
    assert torch.equal(means[3], means[4])
    assert not torch.equal(kernels[3], kernels[4])  # It still learns.
