"""Figures of an embedding: are two images of one class or not (area under the ROC curve), and which class by one template of each."""

import numpy as np
from sklearn.metrics import roc_curve

MOST = 1000
"""Images whose pairs are compared."""


def pair_distances(points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances (P,) of all pairs of the first `MOST` points (N, D), and whether each pair is of one class."""
    points, labels = points[:MOST].astype(np.float64), labels[:MOST]
    i, j = np.triu_indices(len(points), 1)
    squared = np.square(points).sum(1)
    return np.sqrt((squared[i] + squared[j] - 2 * (points @ points.T)[i, j]).clip(min=0)), labels[i] == labels[j]


def roc(gaps: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of pairs taken for the same, of those that are not and of those that are, and the distances below which they are: (K,) each."""
    false, true, thresholds = roc_curve(same, -gaps)
    return false, true, -thresholds


def verification(gaps: np.ndarray, same: np.ndarray) -> dict[str, float]:
    """auc, and the equal error rate with the distance that gives it; NaN where all pairs are of one kind."""
    if same.all() or not same.any():
        return {"auc": float("nan"), "equal_error_rate": float("nan"), "threshold": float("nan")}
    false, true, thresholds = roc(gaps, same)
    at = int(np.abs(false - (1 - true)).argmin())
    return {
        "auc": float(np.trapezoid(true, false)),
        "equal_error_rate": float((false[at] + 1 - true[at]) / 2),
        "threshold": float(thresholds[at]),
    }


def one_shot(points: np.ndarray, labels: np.ndarray, templates: np.ndarray, template_labels: np.ndarray) -> float:
    """The share of points (N, D) whose nearest template (M, D) is of their class."""
    gaps = np.square(points[:, None].astype(np.float64) - templates[None]).sum(2)
    return float((template_labels[gaps.argmin(1)] == labels).mean())


def template_rows(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One random row of each class of labels (N,), in the order of the classes."""
    return np.array([rng.choice(np.flatnonzero(labels == kind)) for kind in np.unique(labels)])
