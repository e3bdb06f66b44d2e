"""Mean average precision of a detector, as COCO counts it, and the curves of precision over recall behind it.

Read first: `average_precision`. Detections of a class are taken by falling score; each takes the free true box that it overlaps most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).round(2).tolist())
"""The overlaps of COCO's mAP; mAP50 is that of the first."""
RECALLS = np.linspace(0, 1, 101)
"""Where COCO reads the precision off."""
MOST = 100
"""Detections of a picture that count, those of the highest scores in each class."""


@dataclass(frozen=True)
class PictureBoxes:
    """Boxes (N, 4), classes (N,) and, of detections, scores (N,) of one picture."""

    boxes: np.ndarray
    classes: np.ndarray
    scores: np.ndarray | None = None


def overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of (N, 4) with (M, 4): (N, M) float64."""
    a, b = a.astype(np.float64)[:, None], b.astype(np.float64)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    inside = sides.clip(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - inside
    return inside / np.maximum(union, 1e-12)


def matches(
    detected: Sequence[PictureBoxes], true: Sequence[PictureBoxes], kind: int, threshold: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Scores and whether each is right, of all detections of a class over all pictures by falling score, and how many true boxes there are."""
    scores, right, total = [], [], 0
    for answer, truth in zip(detected, true, strict=True):
        assert answer.scores is not None
        rows = np.flatnonzero(answer.classes == kind)
        rows = rows[np.argsort(-answer.scores[rows], kind="stable")][:MOST]
        boxes = truth.boxes[truth.classes == kind]
        total += len(boxes)
        both = overlaps(answer.boxes[rows], boxes)
        free = np.ones(len(boxes), bool)
        for row, overlap in zip(rows, both, strict=True):
            # Of equal overlaps the last box, as COCO's own program takes it.
            best, least = -1, min(threshold, 1 - 1e-10)
            for j, value in enumerate(overlap):
                if free[j] and value >= least:
                    best, least = j, value
            if best >= 0:
                free[best] = False
            scores.append(answer.scores[row])
            right.append(best >= 0)
    order = np.argsort(-np.array(scores, np.float64), kind="stable")
    return np.array(scores, np.float64)[order], np.array(right, bool)[order], total


def precision_recall(right: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall after each detection (N,), the precision made to fall: at each recall the best of that and any higher one."""
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1) if len(right) else np.zeros(0)
    return np.maximum.accumulate(precision[::-1])[::-1], hits / max(1, total)


def average_precision(right: np.ndarray, total: int) -> float:
    """The mean of the precision at 101 recalls from 0 to 1; NaN where there is no true box."""
    if not total:
        return float("nan")
    precision, recall = precision_recall(right, total)
    at = np.searchsorted(recall, RECALLS, side="left")
    return float(np.append(precision, 0.0)[at.clip(max=len(precision))].mean())


def mean_average_precision(detected: Sequence[PictureBoxes], true: Sequence[PictureBoxes], classes: Sequence[int]) -> dict[str, float]:
    """map (the mean over classes and `THRESHOLDS`) and map50; a class without true boxes does not count."""
    table = per_class(detected, true, classes)
    if np.isnan(table).all():
        return {"map50": float("nan"), "map": float("nan")}
    return {"map50": float(np.nanmean(table[:, 0])), "map": float(np.nanmean(table))}


def per_class(detected: Sequence[PictureBoxes], true: Sequence[PictureBoxes], classes: Sequence[int]) -> np.ndarray:
    """(classes, thresholds): the average precision of each."""
    return np.array([[average_precision(*matches(detected, true, kind, t)[1:]) for t in THRESHOLDS] for kind in classes])
