"""Figures of a segmentation: pixel accuracy, intersection over union and Dice of each class, from counts of pixels."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lab.answers import Table


def pixel_counts(true: Tensor, predicted: Tensor, classes: int) -> np.ndarray:
    """(classes, classes) int64: pixels of a true class (row) that were given each class (column); labels from `classes` on do not count."""
    kept = true < classes
    pairs = true[kept].long() * classes + predicted[kept].long()
    return torch.bincount(pairs, minlength=classes**2).view(classes, classes).cpu().numpy()


def figures(counts: np.ndarray) -> dict[str, float]:
    """pixel_accuracy, mean_iou and dice: the means over the classes that occur, in truth or prediction."""
    iou, dice = of_classes(counts)
    return {
        "mean_iou": float(np.nanmean(iou)), "pixel_accuracy": float(np.trace(counts) / max(1, counts.sum())), "dice": float(np.nanmean(dice)),
    }  # fmt: skip


def of_classes(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """IoU = TP / (TP + FP + FN) and Dice = 2 TP / (2 TP + FP + FN) of each class (classes,); NaN for one that does not occur."""
    right = np.diag(counts).astype(np.float64)
    either = counts.sum(0) + counts.sum(1) - right
    with np.errstate(invalid="ignore"):
        iou = np.where(either > 0, right / np.maximum(either, 1), np.nan)
        return iou, 2 * iou / (1 + iou)


def class_table(counts: np.ndarray, names: Sequence[str]) -> Table:
    """A row for each class: its pixels, IoU, Dice, recall, and the class it is most often taken for."""
    iou, dice = of_classes(counts)
    rows = []
    for i, name in enumerate(names):
        total = int(counts[i].sum())
        wrong = np.where(np.arange(len(names)) == i, 0, counts[i])
        worst = names[int(wrong.argmax())] if wrong.any() else "-"
        shown = ["-" if np.isnan(value) else round(float(value), 4) for value in (iou[i], dice[i])]
        rows.append([name, total, *shown, round(float(counts[i, i]) / total, 4) if total else "-", worst])
    f = figures(counts)
    title = f"mean IoU {f['mean_iou']:.4f}, pixel accuracy {f['pixel_accuracy']:.4f}, Dice {f['dice']:.4f}"
    return Table(["class", "pixels", "IoU", "Dice", "recall", "mistaken for"], rows, title)
