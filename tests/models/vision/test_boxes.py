"""Boxes by hand, suppression against brute force, and the single-shot detector's grid."""

import math

import pytest
import torch

from models.vision.boxes import anchors_of, giou, iou, nms, suppression
from models.vision.single_shot import SingleShot, assigned, candidates, detection_loss


def test_iou_and_giou_by_hand() -> None:
    a, b = torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[1.0, 0, 3, 2], [4, 0, 6, 2]])
    assert iou(a, b).tolist() == [[pytest.approx(1 / 3), 0]]
    assert giou(a.expand(2, 4), b).tolist() == [pytest.approx(1 / 3), pytest.approx(0 - (12 - 8) / 12)]


def brute_force(boxes: list[list[float]], scores: list[float], classes: list[int], threshold: float) -> list[int]:
    """Non-maximum suppression by its definition: a box stays unless a better one that stays overlaps it."""

    def overlap(a: list[float], b: list[float]) -> float:
        wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        inside = max(0, wide) * max(0, high)
        return inside / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inside)

    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(classes[i] != classes[j] or overlap(boxes[i], boxes[j]) <= threshold for j in kept):
            kept.append(i)
    return kept


def test_suppression_equals_brute_force() -> None:
    for seed in range(20):
        rng = torch.Generator().manual_seed(seed)
        corner = torch.rand(30, 2, generator=rng) * 30
        boxes = torch.cat([corner, corner + 5 + torch.rand(30, 2, generator=rng) * 15], 1)
        scores, classes = torch.rand(30, generator=rng), torch.randint(0, 2, (30,), generator=rng)
        expected = brute_force(boxes.double().tolist(), scores.tolist(), classes.tolist(), 0.4)
        assert nms(boxes, scores, classes, 0.4).tolist() == expected


def test_a_step_of_the_suppression_says_what_goes_because_of_what() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [0, 1, 10, 11], [30, 30, 40, 40]])
    steps = suppression(boxes, torch.tensor([0.9, 0.8, 0.7, 0.6]), torch.tensor([0, 0, 1, 0]), 0.5)
    assert [(step.kept, step.removed) for step in steps] == [(0, [1]), (2, []), (3, [])]  # The third is of another class.
    assert suppression(boxes[:0], torch.zeros(0), torch.zeros(0), 0.5) == []


def test_anchors_are_the_medians_of_the_groups_of_boxes() -> None:
    sizes = torch.tensor([[2.0, 4], [2, 4], [2, 4], [16, 16], [15, 16], [16, 17]])
    assert anchors_of(sizes, 2, torch.Generator().manual_seed(0)).tolist() == [[2, 4], [16, 16]]


def detector() -> SingleShot:
    net = SingleShot(2, 2, features=2)
    net.initialise(torch.Generator().manual_seed(0))
    net.anchors.copy_(torch.tensor([[4.0, 4], [16, 8]]))
    return net


def test_the_grid_is_four_times_smaller_than_the_filled_up_picture() -> None:
    assert detector()(torch.zeros(1, 3, 30, 50)).shape == (1, 8, 16, 2, 7)


def test_a_box_comes_back_from_the_cell_that_answers_for_it() -> None:
    net, boxes = detector(), torch.tensor([[10.0, 20, 26, 28], [30, 1, 34, 5]])
    row, column, anchor = assigned(boxes, net.anchors, 8, 16)
    assert (row.tolist(), column.tolist(), anchor.tolist()) == ([6, 0], [4, 8], [1, 0])
    raw = torch.zeros(1, 8, 16, 2, 7)
    raw[0, 6, 4, 1, :4] = torch.tensor([0.0, -0.5, 0, 0])  # The centre (18, 24) lies half a cell above that of cell (18, 26).
    raw[0, 0, 8, 0, :4] = torch.tensor([-0.5, 0.25, 0, 0])
    assert torch.allclose(net.boxes(raw)[0, row, column, anchor], boxes)


def test_the_loss_is_small_where_boxes_and_classes_are_right_and_nothing_else_is_said() -> None:
    net, boxes = detector(), torch.tensor([[10.0, 20, 26, 28]])
    raw = torch.zeros(1, 8, 16, 2, 7)
    raw[..., 4] = -12
    right = raw.clone()
    right[0, 6, 4, 1] = torch.tensor([0, -0.5, 0, 0, 12, 12, 0])
    label, picture = torch.tensor([0]), torch.tensor([0])
    good, bad = (detection_loss(net, answer, boxes, label, picture) for answer in (right, raw))
    assert max(float(part) for part in good.values()) < 1e-3
    assert float(bad["class"]) == pytest.approx(math.log(2))
    assert float(bad["objectness"]) > 5


def test_candidates_are_cut_to_the_picture_and_fall_in_score() -> None:
    raw = torch.zeros(1, 8, 16, 2, 7)
    raw[..., 4] = -12
    raw[0, 0, 0, 1, 4:6] = 9
    raw[0, 3, 3, 0, 4:6] = 5
    one = candidates(detector(), raw, 0.5, 10, 32, 64)[0]
    assert one.boxes.tolist() == [[0, 0, 10, 6], [12, 12, 16, 16]]
    assert one.classes.tolist() == [0, 0]
    assert one.scores[0] > one.scores[1] > 0.9
