"""Arithmetic of boxes (x0, y0, x1, y1): intersection over union, generalised IoU, non-maximum suppression, anchors by k-means."""

from dataclasses import dataclass

import torch
from torch import Tensor


def areas(boxes: Tensor) -> Tensor:
    """(..., 4) -> (...)."""
    return (boxes[..., 2] - boxes[..., 0]).clamp(min=0) * (boxes[..., 3] - boxes[..., 1]).clamp(min=0)


def overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection and union of boxes (..., 4) that broadcast against each other."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    inside = (high - low).clamp(min=0).prod(-1)
    return inside, areas(a) + areas(b) - inside


def iou(a: Tensor, b: Tensor) -> Tensor:
    """(N, 4) against (M, 4) -> (N, M)."""
    inside, union = overlap(a[:, None], b[None])
    return inside / union.clamp(min=1e-9)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """IoU minus the empty share of the smallest box around both (Rezatofighi et al. 2019), row by row: (N, 4), (N, 4) -> (N,) in [-1, 1]."""
    inside, union = overlap(a, b)
    low, high = torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])
    hull = (high - low).prod(-1).clamp(min=1e-9)
    return inside / union.clamp(min=1e-9) - (hull - union) / hull


@dataclass(frozen=True)
class Suppression:
    """One step of non-maximum suppression: the row of the box that stays, and the rows that go because of it."""

    kept: int
    removed: list[int]


def suppression(boxes: Tensor, scores: Tensor, classes: Tensor, threshold: float) -> list[Suppression]:
    """Non-maximum suppression, step by step: the box of the highest score stays, and all of its class that overlap it by more than
    `threshold` go; then the next of those that are left. Boxes (N, 4), scores (N,), classes (N,)."""
    if not len(boxes):
        return []
    overlaps = (iou(boxes, boxes) > threshold) & (classes[:, None] == classes[None])
    left = torch.ones(len(boxes), dtype=torch.bool, device=boxes.device)
    steps = []
    for row in scores.argsort(descending=True, stable=True).tolist():
        if not left[row]:
            continue
        gone = overlaps[row] & left
        gone[row] = False
        left &= ~overlaps[row]
        left[row] = False
        steps.append(Suppression(row, torch.nonzero(gone)[:, 0].tolist()))
    return steps


def nms(boxes: Tensor, scores: Tensor, classes: Tensor, threshold: float) -> Tensor:
    """The rows that non-maximum suppression keeps, by falling score: (K,) int64."""
    return torch.tensor([step.kept for step in suppression(boxes, scores, classes, threshold)], dtype=torch.long, device=boxes.device)


def shape_iou(sizes: Tensor, anchors: Tensor) -> Tensor:
    """IoU of widths and heights (N, 2) with those of anchors (K, 2), as if they had one centre: (N, K)."""
    inside = torch.minimum(sizes[:, None], anchors[None]).prod(-1)
    return inside / (sizes.prod(-1)[:, None] + anchors.prod(-1)[None] - inside)


def anchors_of(sizes: Tensor, count: int, generator: torch.Generator, rounds: int = 30) -> Tensor:
    """`count` widths and heights (count, 2) that suit boxes of sizes (N, 2): k-means by 1 - IoU (Redmon & Farhadi 2017), the smallest first."""
    rare = sizes.unique(dim=0)
    first = rare[torch.randperm(len(rare), generator=generator)[:count]]
    centres = torch.cat([first, first[:1].expand(count - len(first), 2)]).clone()
    for _ in range(rounds):
        nearest = shape_iou(sizes, centres).argmax(1)
        for k in range(count):
            mine = sizes[nearest == k]
            if len(mine):
                centres[k] = mine.median(0).values
    return centres[centres.prod(1).argsort(stable=True)]
