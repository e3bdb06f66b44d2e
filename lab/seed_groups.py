"""Runs that differ in nothing but the seed: their mean, and a band that says how far they lie from it.

Read first: `seed_groups`, then `mean_band`.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from lab.answers.bands import Band, Bands
from lab.errors import UsageError, unknown
from lab.metrics import names, series
from lab.run import Run

BandKind = Literal["deviation", "range", "quartiles"]
ABOUT: dict[str, str] = {"deviation": "mean and standard deviation", "range": "mean, lowest and highest", "quartiles": "mean and quartiles"}
POINTS = 2000
"""The most points of a mean line."""


def seed_groups(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs, those together that differ in nothing but the seed; in the order of their first appearance."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return list(groups.values())


def key(run: Run) -> str:
    """Recipe, settings without the seed, and length: the same text for runs of one group."""
    return json.dumps([run.recipe.name, all_but_seed(run)], sort_keys=True)


def all_but_seed(run: Run) -> dict[str, Any]:
    length = {name: run.stored[name] for name in ("steps", "minutes") if run.stored.get(name) is not None}
    return {**{name: value for name, value in run.stored["config"].items() if name != "seed"}, **length}


def labels(groups: Sequence[Sequence[Run]]) -> list[str]:
    """What each group is called: a single run by its name, several by what they train and the settings in which the groups differ."""
    configs = [all_but_seed(group[0]) for group in groups]
    several = [config for group, config in zip(groups, configs, strict=True) if len(group) > 1]
    differing = [name for name in dict.fromkeys(n for c in several for n in c) if len({str(c.get(name)) for c in several}) > 1]
    made = []
    for group, config in zip(groups, configs, strict=True):
        if len(group) == 1:
            made.append(group[0].name)
            continue
        subject = str(group[0].stored.get("subject", "")).strip()
        told = [f"{name} {config[name]}" for name in differing if name in config and str(config[name]) != subject][:3]
        made.append(", ".join([f"{group[0].recipe.name} {subject}".strip(), *told, f"{len(group)} seeds"]))
    return made


def mean_band(lines: Sequence[tuple[np.ndarray, np.ndarray]], kind: str = "deviation") -> Band:
    """Mean, low and high edge over lines (x (N,) rising, y (N,)), on the x of all of them together, thinned to `POINTS`.

    A line counts where it has begun and has not ended; between its points it is straight. The deviation is that of a sample (n - 1).
    """
    lines = [(np.asarray(x, float), np.asarray(y, float)) for x, y in lines if len(x)]
    if not lines:
        return (np.zeros(0),) * 4
    grid = np.unique(np.concatenate([x for x, _ in lines]))
    if len(grid) > POINTS:
        grid = grid[np.linspace(0, len(grid) - 1, POINTS).round().astype(int)]
    values = np.stack([np.interp(grid, x, y, left=np.nan, right=np.nan) for x, y in lines])  # (runs, N)
    middle, count = np.nanmean(values, axis=0), np.sum(~np.isnan(values), axis=0)
    if kind == "range":
        return grid, middle, np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    if kind == "quartiles":
        low, high = np.nanquantile(values, [0.25, 0.75], axis=0)
        return grid, middle, low, high
    deviation = np.sqrt(np.nansum((values - middle) ** 2, axis=0) / np.maximum(count - 1, 1))
    return grid, middle, middle - deviation, middle + deviation


def smoothed(y: np.ndarray, window: int) -> np.ndarray:
    """The mean of the last `window` values at each point, of as many as there are at the start."""
    sums, at = np.concatenate([[0.0], np.cumsum(y)]), np.arange(len(y))
    first = np.maximum(at + 1 - window, 0)
    return (sums[at + 1] - sums[first]) / (at + 1 - first)


def curves(
    runs: Sequence[Run], metrics: str = "", axis: str = "step", group: str = "seeds", band: str = "deviation", smooth: str | int = 1
) -> Bands:
    """Metrics of several runs (names separated by commas, all of them if empty), a plot each; with `group` "seeds" a mean and its band."""
    kinds = list(get_args(BandKind))
    if axis not in ("step", "time") or group not in ("seeds", "none") or band not in kinds:
        raise UsageError(
            f"Expected --axis step|time, --group seeds|none and --band {'|'.join(kinds)}, got {axis!r}, {group!r} and {band!r}."
        )
    try:
        window = int(smooth)
    except ValueError:
        window = 0
    if window < 1:
        raise UsageError(f"--smooth must be a whole number from 1, got {smooth!r}.")
    rows = {id(run): run.metrics() for run in runs}
    known = list(dict.fromkeys(name for run in runs for name in names(rows[id(run)])))
    wanted = [name for name in metrics.split(",") if name] or known
    for name in wanted:
        if name not in known:
            raise unknown("metric", name, known, see=f"lab show {runs[0].typed} curves")
    groups = seed_groups(runs) if group == "seeds" else [[run] for run in runs]
    plots: dict[str, dict[str, Band]] = {}
    for name in wanted:
        plots[name] = {}
        for label, members in zip(labels(groups), groups, strict=True):
            lines = [series(rows[id(run)], name, axis) for run in members]
            mean = mean_band([(x, smoothed(y, window)) for x, y in lines], band)
            if len(mean[0]):
                plots[name][label] = mean
    unit = "seconds of training" if axis == "time" else str(runs[0].status().get("unit", "steps"))
    several = any(len(members) > 1 for members in groups)
    return Bands(plots, unit, ABOUT[band] if several else "", ABOUT[band] if several else "")


def summary(runs: Sequence[Run]) -> tuple[list[str], list[list[Any]]]:
    """The last value of each metric over each group: how many runs, mean, deviation, lowest and highest."""
    groups = seed_groups(runs)
    table: list[list[Any]] = []
    for label, members in zip(labels(groups), groups, strict=True):
        last = [{name: value for name, value in run.status().get("metrics", {}).items() if value is not None} for run in members]
        for name in dict.fromkeys(name for one in last for name in one):
            values = np.array([one[name] for one in last if name in one], float)
            deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
            table.append([label, name, len(values), float(values.mean()), deviation, float(values.min()), float(values.max())])
    return ["runs", "metric", "n", "mean", "deviation", "min", "max"], table
