"""A suite: one recipe with the same settings on many games, an agent a game and seed, and a report of how well they play.

Each agent is an ordinary run, part of {"suite": NAME, "trial": "GAME-sSEED"}, and tagged with the suite's name; the suite's own folder, `suites/NAME` under the
runs folder, has what was asked for (`suite.json`), the report and what the processes said. Read first: `Suite.run`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from agents.scores import GAME_SETS
from agents.suite_report import Report
from lab import registry
from lab.atari.games import check_game
from lab.config import Config
from lab.errors import UsageError, unknown
from lab.flags import check_length
from lab.paths import write_atomic
from lab.run_records import fits
from lab.trial import Trial
from lab.trial_sets import TrialSets
from lab.trials import State, Trials, check_jobs, with_runs

EPISODES = 30
SUITES = TrialSets("suite")


@dataclass(frozen=True)
class Suite:
    """What a suite is to train. `fields` are those of the recipe's config, without the game; `seed` is the first of `seeds` seeds."""

    name: str
    recipe: str
    fields: dict[str, Any]
    games: tuple[str, ...]
    seeds: int = 1
    steps: int | None = None
    minutes: float | None = None
    episodes: int = EPISODES
    device: str = "auto"

    @property
    def folder(self) -> Path:
        return SUITES.folder(self.name)

    def trials(self) -> list[Trial]:
        """A trial for each game and seed, with the runs that they have by now: the first seed of every game first."""
        first = int(self.fields.get("seed", 0))
        keys = [(game, seed) for seed in range(first, first + self.seeds) for game in self.games]
        return with_runs(
            Trial(
                self.recipe, {**self.fields, "game": game, "seed": seed}, {"suite": self.name, "trial": f"{game}-s{seed}"},
                self.steps, self.minutes, self.device, {"episodes": self.episodes},
            )
            for game, seed in keys
        )  # fmt: skip

    def run(self, jobs: int = 1, on_news: Callable[[list[State]], None] = lambda states: None) -> Report:
        """Train and evaluate what is not done yet, `jobs` agents at a time, and write the report.

        Raises LabError where another process has the suite. Ctrl-C stops every training with a checkpoint.
        """
        check_jobs(jobs)
        with SUITES.lock(self.name):
            write_atomic(SUITES.file(self.name), json.dumps(asdict(self), indent=1) + "\n")
            states = Trials(self.trials(), self.folder / "logs", jobs, on_news).run()
            report = Report.of(
                asdict(self), self.trials(), {state.trial.name: state.reason for state in states if state.status == "failed"}
            )
            report.write(self.folder)
        return report

    def report(self) -> Report:
        """How far the agents have come, by what lies on disk; the files of the report are written again."""
        failed = {}
        for trial in self.trials():
            run = trial.opened()
            status = run.status() if run is not None else {}
            if status.get("status") == "failed":
                failed[trial.name] = status.get("reason", "")
        report = Report.of(asdict(self), self.trials(), failed)
        report.write(self.folder)
        return report


def names() -> list[str]:
    """The suites that there are, the newest first."""
    return SUITES.names()


def stored(name: str) -> Suite | None:
    """The suite of that name, if there is one. Raises LabError where its file is damaged."""
    return SUITES.record(name, checked)


def checked(values: Any) -> Suite:
    """Raises ValueError where values do not make a suite."""
    kinds = {"name": str, "recipe": str, "fields": dict, "games": list, "seeds": int, "episodes": int, "device": str}
    if (
        not isinstance(values, dict)
        or values.keys() != {field.name for field in fields(Suite)}
        or not all(fits(values[key], kind) for key, kind in kinds.items())
    ):
        raise ValueError("it does not hold what a suite's file holds")
    return Suite(**{**values, "games": tuple(values["games"])})


def find(name: str) -> Suite:
    suite = stored(name)
    if suite is None:
        raise unknown("suite", name, names(), see="lab suite")
    return suite


def prepared(
    name: str,
    recipe: str | None = None,
    values: Mapping[str, Any] | None = None,
    *,
    games: str | Sequence[str] | None = None,
    seeds: int | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    episodes: int | None = None,
    device: str | None = None,
) -> Suite:
    """A new suite, or the one that there is with more games, more seeds or another length. Raises UsageError for what cannot be.

    The recipe and its settings stay as they are: agents of two settings do not make one report.
    """
    before = stored(name)
    if before is None and recipe is None:
        raise UsageError(f"There is no suite {name!r} yet: name the recipe of a new one with --recipe.")
    recipe = recipe or before.recipe  # type: ignore[union-attr]
    settings = checked_settings(recipe, dict(values or {}))
    if before is not None:
        given = settings if values else before.fields
        if recipe != before.recipe or given != before.fields:
            was = f"{before.recipe} {json.dumps(before.fields)}"
            raise UsageError(f"Suite {name} trains {was}. Its agents share one recipe and its settings: choose another name for others.")
        settings = before.fields
    base = before or Suite(name, recipe, settings, ())
    if steps is None and minutes is None:
        steps, minutes = base.steps, base.minutes
    if steps is None and minutes is None:
        steps = registry.recipe(recipe).steps
    check_length(steps, minutes)
    chosen = game_list(games) if games is not None else base.games or GAME_SETS["atari-49"]
    seeds, episodes = base.seeds if seeds is None else seeds, base.episodes if episodes is None else episodes
    for flag, number, most in (("--seeds", seeds, 1000), ("--episodes", episodes, 10_000)):
        if not 1 <= number <= most:
            raise UsageError(f"{flag} must be from 1 to {most:,}, got {number}.")
    return Suite(name, recipe, settings, chosen, seeds, steps, minutes, episodes, device or base.device)


def checked_settings(recipe: str, values: dict[str, Any]) -> dict[str, Any]:
    """The given fields of a recipe's config as it stores them. Raises UsageError for a recipe that plays no chosen game."""
    entry = registry.recipe(recipe)
    check_plays(entry)
    config_class = entry.config_class()
    if "game" in values:
        raise UsageError("A suite's games are chosen with --games.")
    config = config_class.parse(values)
    return {name: value for name, value in config.model_dump(mode="json").items() if name in values}


def check_plays(recipe: registry.Recipe) -> None:
    """Raises UsageError for a recipe that plays no chosen game."""
    if not plays(recipe.config_class()):
        able = [entry.name for entry in registry.recipes().values() if plays(entry.config_class())]
        raise UsageError(f"{recipe.name} plays no Atari game, so there is no suite of it. These do: {', '.join(able)}.")


def plays(config: type[Config]) -> bool:
    """Whether the recipe of a config plays whole episodes of a game of one's choice; some only take their pictures from one."""
    return {"game", "eval_episodes"} <= config.model_fields.keys()


def game_list(given: str | Sequence[str]) -> tuple[str, ...]:
    """Games from names, sets such as `atari-10`, or several of them between commas. Raises UsageError for an unknown one."""
    words = [word.strip() for text in ([given] if isinstance(given, str) else given) for word in text.split(",") if word.strip()]
    if not words:
        raise UsageError(f"--games must name games such as pong,breakout, or one of {', '.join(GAME_SETS)}.")
    return tuple(dict.fromkeys(game for word in words for game in GAME_SETS.get(word.lower()) or [check_game(word)]))
