"""Metric learning: losses and figures against hand-worked values, and the recipe."""

from typing import Any

import numpy as np
import pytest
import torch

from lab.api import train
from lab.errors import UsageError
from lab.quality.verification import one_shot, pair_distances, template_rows, verification
from models.vision.metric import contrastive_loss, triplet_loss

LINE = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
"""Points on a line: two of one class, two of another."""
LABELS = torch.tensor([0, 0, 1, 1])
TINY: dict[str, Any] = {
    "data": "digits", "batch_size": 40, "per_class": 4, "width": 8, "validate_every": 20, "learning_rate": 3e-3, "schedule_steps": 200,
    "new_classes": 2, "augment": False,
}  # fmt: skip


def test_contrastive_loss_pulls_pairs_of_a_class_and_pushes_others_to_the_margin() -> None:
    # Same: distances 1 and 4, squares 1 and 16, mean 8.5. Different: 3, 7, 2, 6; with margin 4 only 3 and 2 are too near: (1 + 4) / 4.
    assert float(contrastive_loss(LINE, LABELS, 4.0)) == pytest.approx((8.5 + 1.25) / 2)


@pytest.mark.parametrize(
    ("mining", "loss", "active"),
    [
        # Anchors 0, 1, 3, 7: furthest positive 1, 1, 4, 4, nearest negative 3, 2, 2, 6; with margin 1.5: 0, 0.5, 3.5, 0.
        ("hard", 1.0, 0.5),
        # Pairs 0-1 (negatives 3, 7): 1 - 3; 1-0 (2, 6): 1 - 2; 3-7 (3, 2, none beyond 4: the furthest, 3): 4 - 3; 7-3 (7, 6): 4 - 6.
        ("semi-hard", (0 + 0.5 + 2.5 + 0) / 4, 0.5),
        # All eight: -2, -6; -1, -5; 1, 2; -3, -2; with the margin 0.5, 2.5 and 3.5 are above 0.
        ("all", 6.5 / 3, 3 / 8),
    ],
)
def test_triplets_of_each_mining(mining: Any, loss: float, active: float) -> None:
    value, share = triplet_loss(LINE, LABELS, 1.5, mining)
    assert float(value) == pytest.approx(loss, abs=1e-5)
    assert float(share) == pytest.approx(active)


def test_a_batch_without_pairs_has_no_loss_and_a_gradient_of_zero() -> None:
    points = torch.ones(2, 3, requires_grad=True)
    for loss in (contrastive_loss(points, torch.tensor([0, 0]), 1.0), triplet_loss(points, torch.tensor([0, 1]), 1.0, "all")[0]):
        loss.backward()
    assert points.grad is not None
    assert torch.isfinite(points.grad).all()


def test_distances_of_pairs_and_their_area_under_the_curve() -> None:
    gaps, same = pair_distances(LINE.numpy(), LABELS.numpy())
    assert gaps.tolist() == pytest.approx([1, 3, 7, 2, 6, 4])
    assert same.tolist() == [True, False, False, False, False, True]
    # Of 2 x 4 comparisons, 1 beats all four others, 4 beats 7 and 6: 6 of 8.
    assert verification(gaps, same)["auc"] == pytest.approx(0.75)
    assert np.isnan(verification(gaps[:1], same[:1])["auc"])


def test_one_shot_takes_the_class_of_the_nearest_template() -> None:
    assert one_shot(LINE.numpy(), LABELS.numpy(), np.array([[0.5], [6.0]]), np.array([0, 1])) == 0.75
    rows = template_rows(np.array([1, 0, 1, 0]), np.random.default_rng(0))
    assert [[1, 0, 1, 0][row] for row in rows] == [0, 1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train("siamese", steps=60, device="cpu", run=tmp_path_factory.mktemp("siamese") / "run", **TINY)


def test_it_learns_to_verify_and_never_sees_new_classes(run: Any) -> None:
    figures = run.evaluate()
    assert figures["auc"] > 0.9
    assert figures["one_shot_accuracy"] > 0.6
    assert {"auc_new", "one_shot_new"} <= set(figures)
    experiment = run.experiment("cpu")
    assert int(experiment.batch()[1].max()) == 7


def test_every_view_answers(run: Any) -> None:
    experiment = run.experiment("cpu")
    answers = {name: experiment.answer(name, experiment.serving(), {}) for name in experiment.views()}
    assert all(answer.picture().ndim == 3 for answer in answers.values())
    assert len(answers["one_shot"].pixels) == 10 + 20
    assert answers["compared"].title.startswith(("the same", "different"))
    with pytest.raises(UsageError, match="--image test:99999"):
        experiment.answer("compared", experiment.serving(), {"other": "test:99999"})


def test_two_classes_must_be_left_to_learn_from() -> None:
    with pytest.raises(UsageError, match="two must be left"):
        train("siamese", steps=1, device="cpu", **{**TINY, "new_classes": 9})
