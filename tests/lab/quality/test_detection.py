"""Average precision by hand, and against COCO's own program, which torchmetrics wraps too, on 200 random cases."""

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from lab.quality.detection import PictureBoxes, average_precision, mean_average_precision, overlaps, precision_recall

CLASSES = 3


def boxed(boxes: list[list[float]], classes: list[int], scores: list[float] | None = None) -> PictureBoxes:
    return PictureBoxes(np.array(boxes, np.float64).reshape(-1, 4), np.array(classes), None if scores is None else np.array(scores))


def test_overlap_by_hand() -> None:
    assert overlaps(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2], [2, 2, 3, 3]])).tolist() == [[pytest.approx(1 / 3), 0]]


def test_average_precision_by_hand() -> None:
    right = np.array([True, False, True])  # Two true boxes: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1.
    precision, recall = precision_recall(right, 2)
    assert precision.tolist() == [1, pytest.approx(2 / 3), pytest.approx(2 / 3)]
    assert recall.tolist() == [0.5, 0.5, 1]
    assert average_precision(right, 2) == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)
    assert average_precision(right[:0], 2) == 0
    assert np.isnan(average_precision(right[:0], 0))


def test_a_second_box_on_the_same_thing_is_wrong() -> None:
    truth = [boxed([[0, 0, 10, 10]], [0])]
    twice = [boxed([[0, 0, 10, 10], [0, 0, 10, 10]], [0, 0], [0.9, 0.8])]
    apart = [boxed([[0, 0, 10, 10], [0, 0, 10, 10]], [0, 0], [0.8, 0.9])]
    assert mean_average_precision(twice, truth, [0])["map50"] == mean_average_precision(apart, truth, [0])["map50"] == 1
    missed = [boxed([[20, 20, 30, 30], [0, 0, 10, 10]], [0, 0], [0.9, 0.8])]
    assert mean_average_precision(missed, truth, [0])["map50"] == pytest.approx(0.5)


def random_case(seed: int) -> tuple[list[PictureBoxes], list[PictureBoxes]]:
    """Pictures with true boxes, detections near these and others anywhere; scores all different."""
    rng = np.random.default_rng(seed)
    detected, true = [], []
    for _ in range(int(rng.integers(1, 4))):
        real, stray = int(rng.integers(0, 7)), int(rng.integers(0, 5))
        corner = rng.uniform(0, 40, (real + stray, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(3, 25, (real + stray, 2))], 1)
        near = boxes + rng.normal(0, 1.5, boxes.shape) * (np.arange(real + stray) < real)[:, None]
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        kinds = rng.integers(0, CLASSES, real + stray)
        said = np.where(rng.random(real + stray) < 0.9, kinds, rng.integers(0, CLASSES, real + stray))
        detected.append(PictureBoxes(near, said, rng.random(real + stray)))
        true.append(PictureBoxes(boxes[:real], kinds[:real]))
    return detected, true


def coco(detected: list[PictureBoxes], true: list[PictureBoxes]) -> dict[str, float]:
    """map and map50 by COCO's program; -1 there is "no true box"."""

    def entries(parts: list[PictureBoxes]) -> list[dict[str, Any]]:
        rows = [(i, part, j) for i, part in enumerate(parts) for j in range(len(part.boxes))]
        return [
            {
                "id": n, "image_id": i + 1, "category_id": int(part.classes[j]) + 1, "iscrowd": 0,
                "bbox": [*part.boxes[j, :2], *(part.boxes[j, 2:] - part.boxes[j, :2])],
                "area": float((part.boxes[j, 2:] - part.boxes[j, :2]).prod()),
                **({} if part.scores is None else {"score": float(part.scores[j])}),
            }
            for n, (i, part, j) in enumerate(rows, start=1)
        ]  # fmt: skip

    with redirect_stdout(StringIO()):
        truth, answers = COCO(), COCO()
        for book, parts in ((truth, true), (answers, detected)):
            book.dataset = {
                "images": [{"id": i + 1} for i in range(len(true))], "categories": [{"id": i + 1} for i in range(CLASSES)],
                "annotations": entries(parts),
            }  # fmt: skip
            book.createIndex()
        judge = COCOeval(truth, answers, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return {"map": float(judge.stats[0]), "map50": float(judge.stats[1])}


def test_map_equals_that_of_cocos_own_program() -> None:
    for seed in range(200):
        detected, true = random_case(seed)
        ours = {name: -1.0 if np.isnan(value) else value for name, value in mean_average_precision(detected, true, range(CLASSES)).items()}
        assert ours == pytest.approx(coco(detected, true), abs=1e-9), f"case {seed}"
