"""Localisation: windows of one thing, boxes from heat, and the recipe's two kinds of box."""

from typing import Any

import numpy as np
import pytest
import torch

from lab.api import train
from lab.data.scenes import Scenes
from lab.data.single_things import single_things
from lab.quality.localisation import box_of_heat, fit
from models.vision.localizer import Localizer, corners, shares

TINY: dict[str, Any] = {
    "data": "digits", "scenes": 40, "size": 32, "window": 24, "features": 4, "batch_size": 8, "precision": "fp32", "validate_every": 10,
    "learning_rate": 0.01, "warmup_steps": 0, "schedule_steps": 40,
}  # fmt: skip


def test_a_window_holds_its_thing_whole_and_no_other() -> None:
    boxes = np.array([[1, 2, 2, 5, 4], [2, 12, 2, 14, 4]], np.float32)  # Seven columns lie between them.
    columns = torch.arange(15, dtype=torch.uint8).expand(1, 3, 20, 15).clone()
    scenes = Scenes(columns, torch.zeros(1, 20, 15, dtype=torch.uint8), ("b", "x", "y"), [boxes], (1, 2))
    windows = single_things(scenes, 8, 0)
    assert len(windows) == 2
    for image, (box,) in zip(windows.images, windows.boxes, strict=True):
        _, x0, _, x1, _ = box.astype(int)
        assert image.shape == (3, 8, 8)
        assert (int(image[0, 0, x0]), int(image[0, 0, x1 - 1])) in ((2, 4), (12, 13))  # A column's brightness is its number.
    assert len(single_things(scenes, 13, 0)) == 0
    assert len(single_things(scenes, 0, 0)) == 0


def test_the_box_of_a_heat_map_is_around_the_largest_part_above_the_threshold() -> None:
    heat = np.zeros((6, 8))
    heat[1, 1] = 1.0
    heat[3:5, 4:7] = 0.6
    assert box_of_heat(heat, 0.5).tolist() == [4, 3, 7, 5]
    assert box_of_heat(heat, 0.7).tolist() == [1, 1, 2, 2]
    assert box_of_heat(-np.ones((6, 8)), 0.5).tolist() == [0, 0, 8, 6]


def test_fit_is_the_mean_iou_and_the_share_above_a_half() -> None:
    true = np.array([[0, 0, 4, 4], [0, 0, 4, 4]])
    assert fit(np.array([[0, 0, 4, 4], [2, 0, 6, 4]]), true) == (pytest.approx((1 + 8 / 24) / 2), 0.5)


def test_a_box_is_the_same_in_shares_and_in_pixels() -> None:
    boxes = torch.tensor([[4.0, 2.0, 12.0, 10.0]])
    assert shares(boxes, 20, 16).tolist() == [[0.5, pytest.approx(0.3), 0.5, pytest.approx(0.4)]]
    assert torch.allclose(corners(shares(boxes, 20, 16), 20, 16), boxes)


@pytest.mark.parametrize("pooling", ["average", "max"])
def test_a_classes_score_is_made_of_its_map(pooling: Any) -> None:
    net = Localizer(3, features=2, pooling=pooling)
    net.initialise(torch.Generator().manual_seed(0))
    net.eval()
    images = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    scores, maps = net(images)[:, :3], net.cams(images)
    if pooling == "average":
        assert torch.allclose(scores, maps.mean((2, 3)) + net.score.bias, atol=1e-5)
    else:
        assert torch.allclose(scores, net.maps(images).amax((2, 3)) @ net.score.weight.T + net.score.bias, atol=1e-5)


def test_detached_boxes_do_not_teach_the_maps() -> None:
    for detached in (True, False):
        net = Localizer(3, features=2, detached=detached)
        net.initialise(torch.Generator().manual_seed(0))
        net(torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1)))[:, 3:].sum().backward()
        assert bool(net.maps[0][0].weight.grad.any()) != detached


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train("locate", steps=30, device="cpu", run=tmp_path_factory.mktemp("locate") / "run", **TINY)


def test_both_losses_fall_and_figures_are_shares(run: Any) -> None:
    for name in ("losses/cross_entropy", "losses/box"):
        values = [row[name] for row in run.metrics() if name in row]
        assert values[-1] < values[0]
    figures = run.evaluate()
    assert all(0 <= figures[name] <= 1 for name in ("accuracy", "iou", "iou_above_half", "cam_iou", "cam_iou_above_half"))


def test_every_view_answers(run: Any) -> None:
    experiment = run.experiment("cpu")
    answers = {name: experiment.answer(name, experiment.serving(), {}) for name in experiment.views()}
    assert all(answer.picture().ndim == 3 for answer in answers.values())
    assert answers["located"].captions[-1] == "true"
    assert "IoU" in answers["located"].captions[0]
    alone = experiment.answer("located", experiment.serving(), {"image": np.zeros((50, 70, 3), np.uint8)})
    assert alone.pixels.shape == (2, 24, 24, 3)
