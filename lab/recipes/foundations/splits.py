"""How wrong is a model on points that it has not seen? Five ways to estimate it from the points at hand, and early stopping.

The model is a polynomial in x and y fitted by least squares to classes -1 and 1, which takes a moment, so that each estimate can be made
hundreds of times. Read first: `splits`. Kohavi 1995, "A study of cross-validation and bootstrap".
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lab.data.drawn_points import REACH
from lab.recipes.foundations.validation_config import ValidationConfig

METHODS = ("hold-out", "k-fold", "stratified", "leave one out", "bootstrap")
RIDGE = 1e-4
"""Keeps the sum of squares solvable where there are more terms than points."""
FRESH = 2000
"""Points on which the truth is measured."""
VALIDATION = 0.3
"""Share of the points kept for early stopping."""
MOMENTS = np.unique(np.round(np.logspace(0, 5, 120)).astype(int))
"""Steps of gradient descent (T,) at which losses are looked at."""

Split = tuple[np.ndarray, np.ndarray]
"""Indices of what is trained on, and of what is tested on."""


def splits(method: str, labels: np.ndarray, settings: ValidationConfig, random: np.random.Generator) -> Iterator[Split]:
    """The splits of one estimate over N points with labels (N,)."""
    n = len(labels)
    order = random.permutation(n)
    if method == "hold-out":
        kept = max(1, round(settings.held_out * n))
        yield order[kept:], order[:kept]
    elif method == "bootstrap":
        for _ in range(settings.draws):
            drawn = random.integers(0, n, n)  # With replacement: 1 - 1/e = 63 % of the points, some of them several times.
            left = np.setdiff1d(np.arange(n), drawn)
            if len(left):
                yield drawn, left
    else:
        folds = n if method == "leave one out" else settings.folds
        if method == "stratified":
            order = order[np.argsort(labels[order], kind="stable")]  # Dealt out class by class, every fold gets its share of each.
        for fold in range(folds):
            tested = order[fold::folds]
            yield np.setdiff1d(order, tested), tested


def terms(points: np.ndarray, degree: int) -> np.ndarray:
    """Points (N, 2) -> all products x^i y^j with i + j <= degree (N, K), of x and y scaled to -1 to 1."""
    x, y = points.T / REACH
    return np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], 1)


def fit(inputs: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The weights (K,) of least squared error, of inputs (N, K) and classes t (N,) -1 or 1."""
    return np.linalg.solve(inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1]), inputs.T @ t)


def error(inputs: np.ndarray, t: np.ndarray, w: np.ndarray) -> float:
    """The share of points on the wrong side."""
    return float(((inputs @ w > 0) != (t > 0)).mean())


def estimate(method: str, inputs: np.ndarray, t: np.ndarray, settings: ValidationConfig, random: np.random.Generator) -> float:
    """The error by one method: the mean over its splits."""
    return float(
        np.mean([error(inputs[test], t[test], fit(inputs[train], t[train])) for train, test in splits(method, t, settings, random)])
    )


def draw(settings: ValidationConfig, count: int, seed: int) -> Split:
    """Points (count, 2) and classes -1 or 1 (count,), with the wanted share of class 1."""
    import torch

    from lab.data.points import sample

    points, labels = sample(settings.points, 4 * count, settings.noise, torch.Generator().manual_seed(seed))
    ones = min(count - 1, max(1, round(settings.share * count)))
    kept = np.concatenate([np.flatnonzero(labels.numpy() == 1)[:ones], np.flatnonzero(labels.numpy() == 0)[: count - ones]])
    return points.numpy().astype(float)[kept], 2.0 * labels.numpy()[kept] - 1


@dataclass(frozen=True)
class Stopping:
    """Squared errors over the steps of gradient descent (T,), and the step at which the validation error is least."""

    train: np.ndarray
    validation: np.ndarray
    best: int


def early_stopping(inputs: np.ndarray, t: np.ndarray, random: np.random.Generator) -> Stopping:
    """Gradient descent from weights of 0 on part of the points, watched on the rest.

    On a squared error it is known where it is after s steps: along each eigenvector of the inputs' covariance, with eigenvalue l, it has
    come 1 - (1 - eta l)^s of the way.
    """
    order = random.permutation(len(t))
    kept = max(1, round(VALIDATION * len(t)))
    test, train = order[:kept], order[kept:]
    covariance = inputs[train].T @ inputs[train] / len(train)
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, 1e-12)
    rate = 1 / values.max()
    pull = vectors.T @ (inputs[train].T @ t[train] / len(train))  # (K,)
    weights = vectors @ ((1 - (1 - rate * values[:, None]) ** MOMENTS) * (pull / values)[:, None])  # (K, T)
    losses = [((inputs[rows] @ weights - t[rows, None]) ** 2).mean(0) for rows in (train, test)]
    return Stopping(losses[0], losses[1], int(MOMENTS[losses[1].argmin()]))


@dataclass(frozen=True)
class Estimated:
    settings: ValidationConfig
    points: np.ndarray
    t: np.ndarray
    surface: np.ndarray
    tested: np.ndarray
    """(N,) which points the shown hold-out keeps for its test."""
    estimates: dict[str, np.ndarray]
    truths: np.ndarray
    """The error on fresh points for each round (R,)."""
    train_error: float
    stopping: Stopping
