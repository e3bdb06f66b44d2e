"""The report of a suite: scores beside random play, a human and DQN, aggregates with intervals, as JSON, Markdown and a picture.

Read first: `Report.of`.
"""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.aggregates import REPETITIONS, STATISTICS, interval, performance_profile, resampled, resampled_episodes
from agents.scores import ATARI_57, HUMAN_LEVEL, NATURE, SCORES
from lab.paths import write_atomic
from lab.trial import Trial

NATURE_LEVEL = 29
"""Of the 49 games of Mnih et al. 2015, those at which DQN reaches `HUMAN_LEVEL`."""
T_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""Student's t for a two-sided interval of 95 %, for 1 to 30 degrees of freedom; beyond, the normal distribution's 1.96 is near enough."""


@dataclass(frozen=True)
class Report:
    """`data` is what report.json holds."""

    data: dict[str, Any]

    @classmethod
    def of(cls, order: dict[str, Any], trials: Sequence[Trial], failed: dict[str, str]) -> "Report":
        """What the finished `trials` score; `order` is what suite.json holds, `failed` says why a trial has no score."""
        # The set of 57 games is normalised by its own table, as in the papers that use it.
        table = ATARI_57 if set(order["games"]) == set(ATARI_57) else SCORES
        figures = [(trial, trial.figures()) for trial in trials]
        rows = [row for game in order["games"] if (row := game_row(game, figures, table)) is not None]
        whole = [row for row in rows if row["human_normalised"] is not None and len(row["agents"]) == order["seeds"]]
        level = [row["human_normalised"] for row in rows if row["human_normalised"] is not None]
        protocols = [figure["protocol"] for _, figure in figures if figure is not None]
        return cls(
            {
                "suite": order["name"], "settings": order["fields"],
                **{name: order[name] for name in ("recipe", "seeds", "steps", "minutes", "episodes", "device")},
                "finished": sum(figure is not None for _, figure in figures), "trials": len(figures),
                "human_scores": "Wang et al. 2016" if table is ATARI_57 else "Mnih et al. 2015, Wang et al. 2016 for games that it lacks",
                "protocol": protocols[0] if protocols else None,
                "games": rows,
                "human_level": {
                    "games": sum(score >= HUMAN_LEVEL for score in level), "of": len(level), "share_of_human": HUMAN_LEVEL,
                    "at_or_above_human": sum(score >= 1 for score in level), "nature_dqn": NATURE_LEVEL, "nature_dqn_of": len(NATURE),
                },
                **(aggregates(whole, order["seeds"]) if whole else {"aggregates": None, "profile": None}),
                "failed": failed,
            }
        )  # fmt: skip

    @property
    def headline(self) -> str:
        level = self.data["human_level"]
        return (
            f"Human level on {level['games']} of {level['of']} games (Nature DQN: {level['nature_dqn']} of {level['nature_dqn_of']}); "
            f"at or above the human on {level['at_or_above_human']}."
        )

    def write(self, folder: Path) -> None:
        """report.json, report.md and report.png."""
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / "report.json", json.dumps(self.data, indent=1) + "\n")
        write_atomic(folder / "report.md", self.markdown())
        if self.data["games"]:
            from agents.suite_picture import SuitePicture

            SuitePicture(self.data, self.headline).save(folder / "report.png")

    def markdown(self) -> str:
        """The report for a person, in Markdown whose tables are aligned."""
        data = self.data
        settings = " ".join(f"{name}={value}" for name, value in data["settings"].items()) or "its defaults"
        length = f"{data['steps']:,} steps" if data["steps"] is not None else f"{data['minutes']:g} minutes"
        parts = [f"# Suite {data['suite']}: {data['recipe']}", f"**{self.headline}**"]
        seeds = f"{data['seeds']} seed{'s' if data['seeds'] > 1 else ''} a game"
        parts.append(
            f"{data['recipe']} with {settings}, {length} of training, {seeds}; {data['finished']} of {data['trials']} agents finished."
        )
        if data["aggregates"] is not None:
            lines = [(name, percent(entry["value"]), span(entry["interval95"])) for name, entry in data["aggregates"].items()]
            parts.append(table(("human-normalised, in %", "value", "95 % interval"), lines))
            parts.append(f"{data['interval_of']} {data['games_counted']} of {len(data['games'])} games counted.")
        heads = ("game", "score", "95 % interval", "random", "human", "DQN 2015", "human-normalised, in %", "steps", "hours")
        parts.append(table(heads, [cells(row) for row in data["games"]]))
        parts.append(
            f"Scores are means of {data['episodes']} episodes; steps and hours are those of one agent, as a mean over a game's seeds. Human level is {HUMAN_LEVEL:.0%} of the human or more, as Mnih et al. 2015 count it. "
            f"Random and human: {data['human_scores']}."
        )
        if data["protocol"]:
            parts.append(f"Protocol of the first: {data['protocol']}.")
        if data["failed"]:
            parts.append("\n".join(["Failed:", "", *(f"- {name}: {reason}" for name, reason in data["failed"].items())]))
        return "\n\n".join(parts) + "\n"


def game_row(game: str, figures: list[tuple[Trial, Any]], table: Any) -> dict[str, Any] | None:
    """The figures of one game over its finished seeds; None where there is none."""
    agents = []
    for trial, figure in figures:
        run = trial.opened()
        if trial.fields["game"] == game and figure is not None and run is not None:
            status = run.status()
            agents.append(
                {
                    "seed": trial.fields["seed"], "score": figure["mean"], "interval95": figure["interval95"], "scores": figure["scores"],
                    "sticky_score": figure.get("sticky_mean"), "steps": status["done"], "seconds": status["seconds"], "run": run.name,
                }
            )  # fmt: skip
    if not agents:
        return None
    means = [agent["score"] for agent in agents]
    score = statistics.mean(means)
    random, human = table.get(game, (None, None))[:2]
    normalised = None if human is None else (score - random) / (human - random)
    return {
        "game": game, "score": score, "interval95": spread(means) if len(means) > 1 else agents[0]["interval95"], "random": random,
        "human": human, "dqn_2015": NATURE[game][2] if game in NATURE else None, "human_normalised": normalised,
        **{what: statistics.mean(agent[what] for agent in agents) for what in ("steps", "seconds")},
        "agents": agents,
    }  # fmt: skip


def spread(values: list[float]) -> list[float]:
    """The 95 % interval of a mean by Student's t."""
    middle, free = statistics.mean(values), len(values) - 1
    half = (T_95[free - 1] if free <= len(T_95) else 1.96) * statistics.stdev(values) / math.sqrt(len(values))
    return [middle - half, middle + half]


def aggregates(rows: list[dict[str, Any]], seeds: int) -> dict[str, Any]:
    """Median, interquartile mean, mean and performance profile of games whose seeds are all there, with bootstrap intervals."""
    rng = np.random.default_rng(0)

    def normalised(row: dict[str, Any], values: list[float]) -> np.ndarray:
        return (np.asarray(values) - row["random"]) / (row["human"] - row["random"])

    scores = np.stack([normalised(row, [agent["score"] for agent in row["agents"]]) for row in rows], -1)  # (R, G)
    if seeds > 1:
        samples = resampled(scores, REPETITIONS, rng)
        meaning = f"Intervals: {REPETITIONS:,} stratified bootstrap samples over the seeds of each game."
    else:
        episodes = [normalised(row, row["agents"][0]["scores"]) for row in rows]
        samples = resampled_episodes(episodes, REPETITIONS, rng)
        meaning = (
            f"Intervals: {REPETITIONS:,} bootstrap samples over the episodes of each game; they do not show how another seed would do."
        )
    bounds = {name: interval(statistic(samples)) for name, statistic in STATISTICS.items()}
    top = min(8.0, max(2.0, math.ceil(float(scores.max()))))
    thresholds = np.linspace(0, top, 101)
    band = interval(performance_profile(samples[:1000], thresholds))
    return {
        "aggregates": {
            name: {"value": float(statistic(scores)), "interval95": bounds[name].tolist()} for name, statistic in STATISTICS.items()
        },
        "profile": {
            "threshold": thresholds.tolist(), "share": performance_profile(scores, thresholds).tolist(),
            "low": band[0].tolist(), "high": band[1].tolist(),
        },
        "games_counted": len(rows),
        "interval_of": meaning,
    }  # fmt: skip


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [heads, tuple("-" * widths[0] if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)), *rows]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths, strict=True)))
        + " |"
        for line in lines
    )


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A game's line of the table."""
    low, high = row["interval95"]
    between = f"{number(low)} to {number(high)}" if math.isfinite(low) else "one episode"
    return (
        row["game"], number(row["score"]), between, number(row["random"]), number(row["human"]), number(row["dqn_2015"]),
        percent(row["human_normalised"]), f"{row['steps']:,.0f}", f"{row['seconds'] / 3600:.2f}",
    )  # fmt: skip


def number(value: float | None) -> str:
    """A score with one decimal where it is small: 401.2, 18,257; a dash where there is none."""
    return "-" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 1) + 0.0:.1f}"


def percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:,.1f}"


def span(bounds: list[float]) -> str:
    return f"{percent(bounds[0])} to {percent(bounds[1])}"
