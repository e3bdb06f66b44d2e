"""A sweep: one recipe with many settings, each with one or several seeds, and which of them is best.

Every trial is an ordinary run, part of {"sweep": NAME, "trial": "SETTING-sSEED"}, and tagged with the sweep's name. The sweep's own folder, `sweeps/NAME` under
the runs folder, has what was asked for (`sweep.json`), Optuna's journal of settings and their values, and what the processes said.
Read first: `Sweep`, then `lab.sweep_search`.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from lab import registry
from lab.config import Config, flag
from lab.errors import UsageError, unknown
from lab.flags import check_length
from lab.trial import Trial
from lab.trial_sets import TrialSets

Search = Literal["grid", "random", "tpe"]
Prune = Literal["none", "median", "hyperband"]
Goal = Literal["min", "max"]
SWEEPS = TrialSets("sweep")
TRIALS = 20
"""Settings that are tried where they are drawn and nobody says how many."""
MOST = 10_000
"""Settings in one sweep."""
CHECKED = 500
"""Combinations that are checked before any of them is trained."""
LOG_FROM = 100
"""A range whose ends are that far apart is searched on a log scale unless told otherwise."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Sweep:
    """What a sweep is to try. `fields` are those of the recipe's config that all trials share; `seed` is the first of `seeds` seeds."""

    name: str
    recipe: str
    fields: dict[str, Any]
    grid: dict[str, list[Any]]
    """The values of a field that are tried."""
    ranges: dict[str, Range]
    """Fields whose values are drawn."""
    metric: str
    """A metric of the training such as losses/loss, its last value counts; or a figure of the evaluation such as accuracy."""
    goal: Goal = "min"
    search: Search = "grid"
    prune: Prune = "none"
    trials: int = TRIALS
    seeds: int = 1
    steps: int | None = None
    minutes: float | None = None
    device: str = "auto"

    @property
    def folder(self) -> Path:
        return SWEEPS.folder(self.name)

    @property
    def varied(self) -> list[str]:
        """The fields that differ from trial to trial."""
        return [*self.grid, *self.ranges]

    @property
    def first_seed(self) -> int:
        return int(self.fields.get("seed", 0))

    @property
    def evaluates(self) -> bool:
        """Whether the metric is one of the evaluation, not of the training."""
        return "/" not in self.metric

    def trials_of(self, setting: int, values: Mapping[str, Any]) -> list[Trial]:
        """The trials of a setting, one a seed."""
        return [
            Trial(
                self.recipe, {**self.fields, **values, "seed": seed}, {"sweep": self.name, "trial": f"{setting:03d}-s{seed}"},
                self.steps, self.minutes, self.device, {} if self.evaluates else None,
            )
            for seed in range(self.first_seed, self.first_seed + self.seeds)
        ]  # fmt: skip


def stored(name: str) -> Sweep | None:
    """The sweep of that name, if there is one. Raises LabError where its file is damaged."""
    return SWEEPS.record(name, checked)


def checked(values: Any) -> Sweep:
    """Raises ValueError where values do not make a sweep."""
    try:
        if values.keys() != {one.name for one in fields(Sweep)}:
            raise ValueError
        return Sweep(**{**values, "ranges": {name: Range(**one) for name, one in values["ranges"].items()}})
    except (AttributeError, TypeError, ValueError):
        raise ValueError("it does not hold what a sweep's file holds") from None


def find(name: str) -> Sweep:
    sweep = stored(name)
    if sweep is None:
        raise unknown("sweep", name, SWEEPS.names(), see="lab sweep")
    return sweep


def continued(sweep: Sweep, trials: int | None, seeds: int | None) -> Sweep:
    """A stored sweep with more settings or more seeds. Raises UsageError for fewer."""
    for name, asked, before in (("--trials", trials, sweep.trials), ("--seeds", seeds, sweep.seeds)):
        if asked is not None and asked < before:
            raise UsageError(f"{name} of sweep {sweep.name} can be raised only: it has {before}, got {asked}.")
    if trials is not None and trials > sweep.trials and sweep.search == "grid":
        raise UsageError(f"Sweep {sweep.name} tries each combination of its grid once: there are {sweep.trials}.")
    values = {**vars(sweep), "trials": given(trials, sweep.trials), "seeds": given(seeds, sweep.seeds)}
    return bounded(Sweep(**values))


@dataclass(frozen=True)
class Wish:
    """What a person asks of a new sweep; None where they leave it open."""

    grid: Sequence[str] = ()
    ranges: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    metric: str | None = None
    goal: Goal | None = None
    search: Search | None = None
    prune: Prune = "none"
    trials: int | None = None
    seeds: int | None = None
    steps: int | None = None
    minutes: float | None = None
    device: str = "auto"


def prepared(recipe: str, wish: Wish) -> Sweep:
    """A new sweep, or the stored one of that name where it asks for the same. Raises UsageError for what cannot be."""
    entry = registry.recipe(recipe)
    config = entry.config_class()
    shared = config.parse(dict(wish.fields)).model_dump(mode="json")
    grid = dict(grid_of(config, text) for text in wish.grid)
    ranges = dict(range_of(config, text) for text in wish.ranges)
    twice = [*(set(grid) & set(ranges)), *((set(grid) | set(ranges)) & set(wish.fields))]
    if twice:
        raise UsageError(f"{flag(twice[0])} is given twice: as one value, a grid or a range.")
    if not grid and not ranges:
        raise UsageError("Say what to vary: --grid FIELD=A,B or --range FIELD=LOW..HIGH[:log].")
    search = wish.search or ("tpe" if ranges else "grid")
    if search == "grid" and ranges:
        raise UsageError(f"--search grid needs values for {flag(next(iter(ranges)))}: give them with --grid, or search with tpe or random.")
    combinations = math.prod(map(len, grid.values()))
    if search == "grid" and wish.trials not in (None, combinations):
        raise UsageError(
            f"--search grid tries each of the {combinations} combinations once: leave --trials out, or search with tpe or random."
        )
    metric = wish.metric or entry.experiment_class().headline[0]
    steps, minutes = wish.steps, wish.minutes
    if steps is None and minutes is None:
        steps = entry.steps
    check_length(steps, minutes)
    sweep = bounded(
        Sweep(
            wish.name or free_name(recipe), recipe, {name: shared[name] for name in shared if name in wish.fields}, grid, ranges, metric,
            wish.goal or goal_of(metric), search, wish.prune, combinations if search == "grid" else given(wish.trials, TRIALS), given(wish.seeds, 1),
            steps, minutes, wish.device,
        )
    )  # fmt: skip
    check_combinations(config, sweep)
    before = stored(sweep.name)
    if before is None:
        return sweep
    growing = {"trials", "seeds"}
    if any(value != getattr(before, name) for name, value in vars(sweep).items() if name not in growing):
        raise UsageError(
            f"There is a sweep {sweep.name} of other settings. Choose another --name; `lab sweep {sweep.name}` continues that one."
        )
    return continued(before, sweep.trials, sweep.seeds)


def bounded(sweep: Sweep) -> Sweep:
    """Raises UsageError for more than can be tried, and for a name that is a recipe's."""
    SWEEPS.folder(sweep.name)
    if sweep.name in registry.recipes():
        raise UsageError(f"{sweep.name} is a recipe's name: choose another one for the sweep.")
    for name, number, most in (("--trials", sweep.trials, MOST), ("--seeds", sweep.seeds, 1000)):
        if not 1 <= number <= most:
            raise UsageError(f"{name} must be from 1 to {most:,}, got {number}.")
    return sweep


def free_name(recipe: str) -> str:
    return next(name for i in itertools.count(1) if not SWEEPS.folder(name := f"{recipe}-{i}").exists())


def goal_of(metric: str) -> Goal:
    """Losses and distances are to be small, scores large."""
    word = metric.split("/")[-1]
    return "min" if metric.startswith("losses/") or any(part in word for part in ("loss", "distance", "error")) else "max"


def check_combinations(config: type[Config], sweep: Sweep) -> None:
    """Raises UsageError where settings of the grid, with the lowest and highest of each range, do not go together."""
    values = {**sweep.grid, **{name: [number(config, name, end) for end in (r.low, r.high)] for name, r in sweep.ranges.items()}}
    for combination in itertools.islice(itertools.product(*values.values()), CHECKED):
        config.parse({**sweep.fields, **dict(zip(values, combination, strict=True))})


# -- what to vary --------------------------------------------------------------------------------------------------


def grid_of(config: type[Config], text: str) -> tuple[str, list[Any]]:
    """`learning_rate=1e-4,3e-4`: the field and its values. Raises UsageError for what the config does not take."""
    name, values = split(config, text, "--grid", "A,B")
    words = [word.strip() for word in values.split(",") if word.strip()]
    if not words:
        raise UsageError(f"--grid {text}: expected values between commas, such as {name}=A,B.")
    parsed = [getattr(config.parse({name: word}), name) for word in words]
    if len(set(parsed)) < len(parsed):
        raise UsageError(f"--grid {text}: a value stands there twice.")
    return name, parsed


def range_of(config: type[Config], text: str) -> tuple[str, Range]:
    """`learning_rate=1e-5..1e-3:log`, `:linear`, or `learning_rate` alone for the bounds of the config. Raises UsageError for what it does not take."""
    name, values = split(config, text if "=" in text else f"{text}=", "--range", "LOW..HIGH")
    if config.model_fields[name].annotation not in (int, float):
        raise UsageError(f"--range {name}: only numbers have a range. Give its values with --grid {name}=A,B.")
    ends, _, scale = values.partition(":")
    if scale not in ("", "log", "linear"):
        raise UsageError(f"--range {text}: after the colon expected log or linear, got {scale!r}.")
    if ends:
        low, dots, high = ends.partition("..")
        if not dots:
            raise UsageError(f"--range {text}: expected LOW..HIGH, such as {name}=1..10.")
        low_value, high_value = (getattr(config.parse({name: end}), name) for end in (low.strip(), high.strip()))
    else:
        low_value, high_value = bounds(config, name)
    if not low_value < high_value:
        raise UsageError(f"--range {text}: the lower end comes first, got {low_value} and {high_value}.")
    log = scale == "log" or (not scale and low_value > 0 and high_value / low_value >= LOG_FROM)
    if log and low_value <= 0:
        raise UsageError(f"--range {text}: a log scale begins above 0, got {low_value}.")
    return name, Range(low_value, high_value, log)


def split(config: type[Config], text: str, option: str, example: str) -> tuple[str, str]:
    name, equals, values = text.partition("=")
    name = name.strip().removeprefix("--").replace("-", "_")
    name = config.former_names.get(name, name)
    if not equals:
        raise UsageError(f"{option} {text}: expected FIELD={example}.")
    if name == "seed":
        raise UsageError("Seeds are not varied so: --seeds N trains each setting with N of them.")
    if name not in config.model_fields:
        raise unknown("setting", name, config.model_fields, see="lab train RECIPE --help")
    return name, values


def bounds(config: type[Config], name: str) -> tuple[float, float]:
    """The bounds of a field, both included."""
    limits = {key: getattr(m, key) for m in config.model_fields[name].metadata for key in ("ge", "le") if getattr(m, key, None) is not None}
    if len(limits) < 2:
        raise UsageError(f"--range {name}: its bounds are open, so give both ends: {name}=LOW..HIGH.")
    return limits["ge"], limits["le"]


def number(config: type[Config], name: str, value: float) -> float:
    return int(value) if config.model_fields[name].annotation is int else value


def given(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def record(sweep: Sweep) -> dict[str, Any]:
    """What `sweep.json` holds."""
    return asdict(sweep)
