"""Figures of a segmentation by hand."""

import pytest
import torch

from lab.quality.segmentation import class_table, figures, of_classes, pixel_counts

TRUE = torch.tensor([[[0, 0, 1, 1], [0, 0, 1, 255]]])
GIVEN = torch.tensor([[[0, 1, 1, 1], [0, 0, 0, 0]]])


def test_iou_and_dice_by_hand() -> None:
    counts = pixel_counts(TRUE, GIVEN, 3)
    assert counts.tolist() == [[3, 1, 0], [1, 2, 0], [0, 0, 0]]
    iou, dice = of_classes(counts)
    assert iou[:2] == pytest.approx([3 / 5, 2 / 4])
    assert dice[:2] == pytest.approx([6 / 8, 4 / 6])
    assert iou[2] != iou[2]  # Of a class that does not occur there is none, and it does not count.
    assert figures(counts) == pytest.approx({"mean_iou": 0.55, "pixel_accuracy": 5 / 7, "dice": (6 / 8 + 4 / 6) / 2})


def test_the_table_says_what_a_class_is_taken_for() -> None:
    rows = class_table(pixel_counts(TRUE, GIVEN, 3), ["ground", "cat", "dog"]).rows
    assert rows[0] == ["ground", 4, 0.6, 0.75, 0.75, "cat"]
    assert rows[2] == ["dog", 0, "-", "-", "-", "-"]
