"""The picture of a suite's report: every game's human-normalised score, the aggregates and the performance profile."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.scores import HUMAN_LEVEL
from lab.answers import Answer
from lab.answers.plots import new_figure, rendered
from lab.fonts import literal

AGENT, DQN, HUMAN, FAINT = "#3b8ee0", "#e08a3b", "#444444", "#a8aeb7"


@dataclass(frozen=True)
class SuitePicture(Answer):
    """The `data` of a report, as its JSON has them, as a picture under a headline."""

    data: dict[str, Any]
    headline: str

    def arrays(self) -> dict[str, np.ndarray]:
        rows = self.data["games"]
        return {
            "games": np.array([row["game"] for row in rows]),
            **{name: np.array([row[name] for row in rows], float) for name in ("score", "random", "human", "dqn_2015", "human_normalised")},
        }

    def picture(self) -> np.ndarray:
        data = self.data
        rows = sorted((row for row in data["games"] if row["human_normalised"] is not None), key=lambda row: row["human_normalised"])
        figure = new_figure(11, max(4.6, 0.24 * len(rows) + 1.8))
        places = figure.subplot_mosaic([["games", "aggregates"], ["games", "profile"]], width_ratios=[3, 2], height_ratios=[2, 3])
        draw_games(places["games"], rows)
        if data["aggregates"] is not None:
            draw_aggregates(places["aggregates"], data["aggregates"])
            draw_profile(places["profile"], data["profile"])
        figure.suptitle(literal(f"{data['suite']}: {data['recipe']}\n{self.headline}"), fontsize=11)
        return rendered(figure)


def draw_games(axes: Any, rows: list[dict[str, Any]]) -> None:
    """A bar a game, from the best down, with its interval, and DQN's score of 2015 where there is one."""
    axes.set_title("Score of each game, in % of the human's", fontsize=10)
    axes.axvline(100, color=HUMAN, linewidth=1)
    axes.axvline(100 * HUMAN_LEVEL, color=HUMAN, linewidth=1, linestyle=":")
    dqn_place: list[tuple[float, int]] = []
    for y, row in enumerate(rows):
        reach = row["human"] - row["random"]
        low, high = (100 * (bound - row["random"]) / reach for bound in row["interval95"])
        axes.barh(y, 100 * row["human_normalised"], color=AGENT, height=0.7, alpha=0.85)
        if np.isfinite(low):
            axes.plot([low, high], [y, y], color="black", linewidth=1.2)
        if row["dqn_2015"] is not None:
            dqn_place.append((100 * (row["dqn_2015"] - row["random"]) / reach, y))
    if dqn_place:
        axes.plot(*zip(*dqn_place, strict=True), "D", color=DQN, markersize=4, label="DQN 2015")
    axes.plot([], [], color="black", linewidth=1.2, label="95 % interval")
    axes.set_yticks(range(len(rows)), [row["game"].replace("_", " ") for row in rows], fontsize=8)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xscale("symlog", linthresh=100, linscale=1.5)
    lowest = min([-5.0, *(100 * row["human_normalised"] for row in rows)])
    axes.set_xlim(max(axes.get_xlim()[0], 1.2 * lowest - 20), max(axes.get_xlim()[1], 150))
    left, right = axes.get_xlim()
    ticks = [tick for tick in (-100, 0, 50, 75, 100, 200, 500, 1000, 2000, 5000) if left <= tick <= right]
    axes.set_xticks(ticks, [str(tick) for tick in ticks], fontsize=8)
    axes.minorticks_off()
    axes.legend(fontsize=8, loc="lower right")
    axes.grid(axis="x", alpha=0.25)


def draw_aggregates(axes: Any, entries: dict[str, Any]) -> None:
    """Median, interquartile mean and mean with their intervals."""
    axes.set_title("All games, in % of the human's", fontsize=10)
    for y, entry in enumerate(reversed(entries.values())):
        low, high = (100 * bound for bound in entry["interval95"])
        axes.barh(y, high - low, left=low, color=AGENT, alpha=0.4, height=0.5)
        axes.plot([100 * entry["value"]] * 2, [y - 0.25, y + 0.25], color=AGENT, linewidth=2.5)
        axes.text(100 * entry["value"], y + 0.3, f"{100 * entry['value']:.1f}", ha="center", va="bottom", fontsize=8)
    axes.set_yticks(range(len(entries)), list(reversed(entries)), fontsize=9)
    axes.set_ylim(-0.5, len(entries) - 0.2)
    axes.use_sticky_edges = False
    axes.margins(x=0.1)
    axes.grid(axis="x", alpha=0.25)


def draw_profile(axes: Any, profile: dict[str, Any]) -> None:
    """The share of scores above each threshold."""
    thresholds = 100 * np.array(profile["threshold"])
    axes.set_title("Performance profile", fontsize=10)
    axes.fill_between(thresholds, 100 * np.array(profile["low"]), 100 * np.array(profile["high"]), color=AGENT, alpha=0.25, linewidth=0)
    axes.plot(thresholds, 100 * np.array(profile["share"]), color=AGENT)
    axes.axvline(100, color=HUMAN, linewidth=1)
    axes.set(xlabel="score t, in % of the human's", ylabel="agents above t, in %", ylim=(-2, 102))
    axes.xaxis.label.set_fontsize(9)
    axes.yaxis.label.set_fontsize(9)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
