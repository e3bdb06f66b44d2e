"""What a sweep has found: a row a setting, the best first, with its seeds folded into mean and deviation. Read first: `report`."""

import math
import statistics
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from optuna.trial import TrialState

from lab import registry
from lab.answers import Answer, cell_text
from lab.answers.plots import new_figure, rendered
from lab.fonts import literal
from lab.run import Run
from lab.saving import ENDINGS
from lab.sweep import Sweep
from lab.sweep_search import FAILED, settings_of, with_runs_of
from lab.tables import text_table

STATUS = {
    TrialState.COMPLETE: "finished", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed", TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """One setting of a sweep: its values, and what they were worth over its seeds."""

    number: int
    status: str
    values: dict[str, Any]
    each: list[float]
    """The metric of each seed that has one."""
    seconds: float
    """Of training, all seeds together."""
    runs: list[str]
    reason: str = ""

    @property
    def mean(self) -> float | None:
        return statistics.fmean(self.each) if self.each else None

    @property
    def deviation(self) -> float | None:
        return statistics.stdev(self.each) if len(self.each) > 1 else None


@dataclass(frozen=True)
class SweepReport(Answer):
    """The settings of a sweep, the best first, as a table and as a picture: parallel coordinates, and a slice for each field."""

    sweep: Sweep
    settings: list[Setting]
    endings: ClassVar[tuple[str, ...]] = (*ENDINGS, ".csv")

    @property
    def finished(self) -> list[Setting]:
        return [setting for setting in self.settings if setting.status == "finished" and setting.mean is not None]

    def columns(self) -> list[str]:
        return ["setting", *self.sweep.varied, self.sweep.metric, "deviation", "seeds", "seconds", "status", ""]

    def rows(self) -> list[list[Any]]:
        return [
            [
                one.number, *(one.values.get(name, "") for name in self.sweep.varied), blank(one.mean), blank(one.deviation), len(one.each),
                round(one.seconds), one.status, one.reason,
            ]
            for one in self.settings
        ]  # fmt: skip

    def headline(self) -> str:
        sweep, done = self.sweep, len(self.finished)
        goal = "smallest" if sweep.goal == "min" else "largest"
        return f"sweep {sweep.name}: {sweep.recipe}, {done} of {sweep.trials} settings finished; the {goal} {sweep.metric} first"

    def text(self) -> str:
        if not self.settings:
            return self.headline()
        return f"{self.headline()}\n\n{text_table(self.columns(), [[cell_text(cell) for cell in row] for row in self.rows()])}"

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        settings = [{**asdict(one), "mean": one.mean, "deviation": one.deviation} for one in self.settings]
        best = self.finished[0].number if self.finished else None
        return {"sweep": asdict(self.sweep), "best": best, "settings": settings}

    def spreadsheet(self) -> tuple[list[str], list[list[Any]]]:
        return self.columns(), self.rows()

    def arrays(self) -> dict[str, np.ndarray]:
        rows = self.finished
        values = {name: np.array([one.values[name] for one in rows]) for name in self.sweep.varied}
        return {"setting": np.array([one.number for one in rows]), **values, self.sweep.metric: np.array([one.mean for one in rows])}

    def picture(self) -> np.ndarray:
        rows, fields = self.finished, self.sweep.varied
        columns = math.ceil(math.sqrt(len(fields)))
        figure = new_figure(max(8.4, 4.8 + 1.9 * columns), 4.4)
        figure.suptitle(literal(f"{self.sweep.name}: {self.sweep.recipe}, {len(rows)} settings"), fontsize=11)
        if not rows:
            return rendered(figure)
        left, right = figure.subfigures(1, 2, width_ratios=[3, 2])
        scales = {name: Scale.of(self.sweep, name, rows) for name in fields}
        draw_parallel(left.add_subplot(), rows, scales, self.sweep)
        for i, name in enumerate(fields):
            axes = right.add_subplot(math.ceil(len(fields) / columns), columns, i + 1)
            scale = scales[name]
            axes.errorbar(
                [scale.place(one.values[name]) for one in rows], [one.mean for one in rows], [one.deviation or 0 for one in rows],
                fmt="o", markersize=4, capsize=2, linewidth=1,
            )  # fmt: skip
            axes.set_xticks([place for place, _ in scale.ticks], [literal(text) for _, text in scale.ticks], fontsize=7)
            axes.set_xlim(-0.06, 1.06)
            axes.set_xlabel(literal(name), fontsize=9)
            axes.grid(alpha=0.3)
            if not i % columns:
                axes.set_ylabel(literal(self.sweep.metric), fontsize=9)
        return rendered(figure)


@dataclass(frozen=True)
class Scale:
    """Where the values of a field lie between 0 and 1: numbers by their size or its logarithm, words side by side."""

    low: float
    high: float
    log: bool
    words: list[Any]
    marks: list[float]

    @classmethod
    def of(cls, sweep: Sweep, name: str, rows: list[Setting]) -> "Scale":
        if name in sweep.ranges:
            one = sweep.ranges[name]
            return cls(
                one.low, one.high, one.log, [], [one.low, math.sqrt(one.low * one.high) if one.log else (one.low + one.high) / 2, one.high]
            )
        values = sweep.grid[name]
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        if numbers and len(values) > 1:
            low, high = min(values), max(values)
            return cls(low, high, low > 0 and high / low >= 10, [], values)
        return cls(0, 1, False, values, [])

    def place(self, value: Any) -> float:
        if self.words:
            return self.words.index(value) / max(1, len(self.words) - 1)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        if self.words:
            return [(self.place(word), str(word)) for word in self.words]
        return [(self.place(value), f"{value:.3g}") for value in self.marks]


def draw_parallel(axes: Any, rows: list[Setting], scales: dict[str, Scale], sweep: Sweep) -> None:
    """A line a setting, over an axis for each field and one for the metric; the better, the darker."""
    means = [one.mean or 0.0 for one in rows]
    low, high = min(means), max(means)
    last = len(scales)
    for rank, one in reversed(list(enumerate(rows))):
        good = 1 - rank / max(1, len(rows) - 1)
        places = [scale.place(one.values[name]) for name, scale in scales.items()]
        worth = ((one.mean or 0.0) - low) / (high - low) if high > low else 0.5
        axes.plot([*range(last), last], [*places, worth], color=(0.23, 0.56, 0.88), alpha=0.15 + 0.85 * good, linewidth=1 + good)
    for i, (_, scale) in enumerate(scales.items()):
        axes.axvline(i, color="#444444", linewidth=0.8)
        for place, text in scale.ticks:
            axes.text(i, place, literal(f" {text}"), fontsize=7, va="center")
    axes.axvline(last, color="#444444", linewidth=0.8)
    for place, value in ((0, low), (1, high)):
        axes.text(last, place, f" {value:.4g}", fontsize=7, va="center")
    axes.set_xticks(range(last + 1), [literal(name) for name in (*scales, sweep.metric)], fontsize=9)
    axes.set_yticks([])
    axes.set_xlim(-0.05, last + 0.15)
    for side in ("top", "left", "right", "bottom"):
        axes.spines[side].set_visible(False)


def report(sweep: Sweep) -> SweepReport:
    """How far a sweep has come, by what lies on disk."""
    settings = []
    for trial in settings_of(sweep):
        opened = [(one, run) for one in with_runs_of(sweep, trial) if (run := one.opened()) is not None]
        each = [value for one, run in opened if (value := worth(sweep, run, one.figures())) is not None]
        number = int(trial.user_attrs.get("setting", trial.number))
        settings.append(
            Setting(
                number, STATUS[trial.state], dict(trial.params), each, sum(float(run.status().get("seconds") or 0) for _, run in opened),
                [run.name for _, run in opened], str(trial.user_attrs.get(FAILED, "")),
            )
        )  # fmt: skip
    sign = 1 if sweep.goal == "min" else -1
    order = ("finished", "running", "pruned", "waiting", "failed")

    def place(one: Setting) -> tuple[int, float]:
        return order.index(one.status), sign * one.mean if one.mean is not None else math.inf

    return SweepReport(sweep, sorted(settings, key=place))


def worth(sweep: Sweep, run: Run, figures: dict[str, Any] | None) -> float | None:
    """The sweep's metric of a run as it stands now."""
    value = (figures or {}).get(sweep.metric) if sweep.evaluates else run.status().get("metrics", {}).get(sweep.metric)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def blank(value: float | None) -> float | str:
    return "" if value is None else value


def known_metrics(sweep: Sweep) -> tuple[str, ...]:
    """The metrics that a line of the live table has: the sweep's, then the recipe's first."""
    headline = registry.recipe(sweep.recipe).experiment_class().headline
    return tuple(dict.fromkeys([*([] if sweep.evaluates else [sweep.metric]), *headline]))[:2]
