"""Scores of many games in a few figures, with intervals: the way of rliable (Agarwal et al. 2021), computed here.

`scores` are human-normalised, (R, G): R runs of each of G games. The interquartile mean leaves out a quarter of all R * G scores at
either end; the intervals are percentiles over stratified bootstrap samples, which draw R runs with replacement for each game by
itself. rliable 1.2.0 itself is no dependency: it hands its bootstrap a keyword that arch 7, the first with wheels for this NumPy, refuses.
"""

from collections.abc import Callable, Sequence

import numpy as np

REPETITIONS = 5_000
"""Bootstrap samples behind an interval."""
COVERAGE = 0.95

Statistic = Callable[[np.ndarray], np.ndarray]
"""Of scores (..., R, G), one figure each: (...)."""


def median(scores: np.ndarray) -> np.ndarray:
    """The median over games of the mean over runs."""
    return np.median(scores.mean(-2), -1)


def mean(scores: np.ndarray) -> np.ndarray:
    return scores.mean((-2, -1))


def interquartile_mean(scores: np.ndarray) -> np.ndarray:
    """The mean of the middle half of all scores (a quarter of them, rounded down, is cut off at either end)."""
    ordered = np.sort(scores.reshape(*scores.shape[:-2], -1), -1)
    cut = ordered.shape[-1] // 4
    return ordered[..., cut : ordered.shape[-1] - cut].mean(-1)


STATISTICS: dict[str, Statistic] = {"median": median, "interquartile mean": interquartile_mean, "mean": mean}


def resampled(scores: np.ndarray, repetitions: int, rng: np.random.Generator) -> np.ndarray:
    """Stratified bootstrap samples (N, R, G) of scores (R, G)."""
    runs, games = scores.shape
    return scores[rng.integers(runs, size=(repetitions, runs, games)), np.arange(games)]


def resampled_episodes(episodes: Sequence[np.ndarray], repetitions: int, rng: np.random.Generator) -> np.ndarray:
    """Bootstrap samples (N, 1, G) of the mean of each game's evaluation episodes, for a single run of each.

    They show how far the evaluation may be off, and nothing of what another seed would have learned.
    """
    means = [scores[rng.integers(len(scores), size=(repetitions, len(scores)))].mean(1) for scores in episodes]
    return np.stack(means, -1)[:, None]


def interval(values: np.ndarray) -> np.ndarray:
    """The bounds (2, ...) between which `COVERAGE` of the values (N, ...) lie."""
    return np.quantile(values, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2], axis=0)


def performance_profile(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The share (..., T) of all scores (..., R, G) that are above each threshold (T,)."""
    return (scores[..., None] > thresholds).mean((-3, -2))
