"""Carries a sweep out: Optuna chooses settings and prunes them, `lab.trials` trains them. Read first: `run`.

Optuna's journal has each setting with its number, its values, what it was worth on the way, and how it ended. A setting without an end
was interrupted: its runs continue. The journal and the run folders are all that is kept.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage
from optuna.trial import FrozenTrial, TrialState

from lab import registry
from lab.paths import write_atomic
from lab.sweep import SWEEPS, Sweep, record
from lab.trial import Trial
from lab.trials import Local, State, Trials, with_runs

CHECKS = 20
"""How often in the course of a training its setting is compared with others."""
SETTING, FAILED = "setting", "reason"
"""Optuna's notes of a trial: the number of its setting where it is tried again, and why it failed."""

optuna.logging.set_verbosity(optuna.logging.WARNING)


def run(sweep: Sweep, jobs: int = 1, on_news: Callable[[list[State]], None] = lambda states: None, place: Local | None = None) -> None:
    """Try what has not been tried yet, `jobs` trainings at a time, at a `place`; what failed before is tried again.

    Raises LabError where another process has the sweep. Ctrl-C stops every training with a checkpoint.
    """
    place = place or Local()
    place.check(jobs)
    with SWEEPS.lock(sweep.name):
        write_atomic(SWEEPS.file(sweep.name), json.dumps(record(sweep), indent=1) + "\n")
        searching = Searching(sweep, study_of(sweep))

        def heard(states: list[State]) -> None:
            searching.take(states, trials)
            on_news(states)

        trials = Trials([], sweep.folder / "logs", jobs, heard, searching.more, place)
        trials.run()


class Searching:
    """The settings of a sweep that this process tries."""

    def __init__(self, sweep: Sweep, study: optuna.Study):
        self.sweep, self.study = sweep, study
        self.space = distributions(sweep)
        self.open: dict[int, optuna.Trial] = {}
        """Settings that have no end yet, by number."""
        self.handed: dict[str, int] = {}
        """Which setting each trial that was handed over belongs to."""
        before = study.get_trials(deepcopy=False)
        self.unfinished = [trial for trial in before if trial.state == TrialState.RUNNING]
        self.tried = {setting_of(trial) for trial in before if trial.state != TrialState.WAITING}
        last = {setting_of(trial): trial for trial in before}
        for setting, trial in last.items():
            if trial.state == TrialState.FAIL or (trial.state == TrialState.COMPLETE and self.lacks_seeds(trial)):
                study.enqueue_trial(trial.params, {SETTING: setting})
        if sweep.search == "grid":
            for values in grid(sweep):
                study.enqueue_trial(values, skip_if_exists=True)

    def lacks_seeds(self, trial: FrozenTrial) -> bool:
        """Whether more seeds are asked for than its value was made of."""
        return any(one.figures() is None for one in with_runs_of(self.sweep, trial))

    def more(self) -> list[Trial]:
        """The trials of a further setting, or the remaining seeds of one that has shown its worth. None are left when it is empty."""
        if self.unfinished:
            frozen = self.unfinished.pop(0)
            return self.begin(optuna.trial.Trial(self.study, frozen._trial_id), frozen)
        waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if not waiting and len(self.tried) >= self.sweep.trials:
            return []
        trial = self.study.ask()
        return self.begin(trial, self.study.get_trials(deepcopy=False)[trial.number])

    def begin(self, trial: optuna.Trial, frozen: FrozenTrial) -> list[Trial]:
        setting = setting_of(frozen)
        suggest(trial, self.space)
        self.tried.add(setting)
        self.open[setting] = trial
        made = self.sweep.trials_of(setting, trial.params)
        self.handed |= {one.name: setting for one in made}
        return made

    def take(self, states: list[State], trials: Trials) -> None:
        """Tell Optuna what the trials have come to; stop those that it does not think worth their time."""
        for setting, trial in list(self.open.items()):
            own = [state for state in states if self.handed.get(state.trial.name) == setting]
            if own and self.sweep.prune != "none" and not own[0].pruned:
                self.compare(trial, own, trials)
            if own and all(state.status in ("finished", "failed", "pruned") for state in own):
                del self.open[setting]
                self.tell(trial, own)

    def compare(self, trial: optuna.Trial, own: list[State], trials: Trials) -> None:
        """Report how far the first seed of a setting has come. Where Optuna prunes it, its other seeds are not trained either."""
        first, value = own[0], own[0].metrics.get(self.sweep.metric)
        check = math.floor(CHECKS * share(first, self.sweep))
        if first.status != "training" or value is None or not math.isfinite(value) or not 1 <= check < CHECKS:
            return
        if check in self.study.get_trials(deepcopy=False)[trial.number].intermediate_values:
            return
        trial.report(value, check)
        if trial.should_prune():
            for state in own:
                trials.prune(state, f"Pruned after {100 * check // CHECKS} %: others were better by then.")

    def tell(self, trial: optuna.Trial, own: list[State]) -> None:
        """How a setting ended."""
        failed = next((state for state in own if state.status == "failed"), None)
        if any(state.status == "pruned" for state in own):
            self.study.tell(trial, state=TrialState.PRUNED)
            return
        values = [value_of(state, self.sweep) for state in own if state.status == "finished"]
        good = [value for value in values if value is not None and math.isfinite(value)]
        if failed is None and len(good) == len(own):
            self.study.tell(trial, sum(good) / len(good))
            return
        names = ", ".join(sorted(own[0].metrics)) or "none"
        reason = failed.reason if failed is not None else f"It has no finite {self.sweep.metric}; its metrics: {names}."
        trial.set_user_attr(FAILED, reason)
        self.study.tell(trial, state=TrialState.FAIL)


def share(state: State, sweep: Sweep) -> float:
    """How much of its training a trial has behind it, from 0 to 1."""
    if sweep.steps is not None:
        return state.done / sweep.steps
    return state.seconds / (60 * sweep.minutes) if sweep.minutes else 0.0


def value_of(state: State, sweep: Sweep) -> float | None:
    """What a finished trial is worth."""
    figures = (state.trial.figures() or {}) if sweep.evaluates else state.metrics
    value = figures.get(sweep.metric)
    return float(value) if isinstance(value, int | float) else None


# -- Optuna --------------------------------------------------------------------------------------------------------


class HeldAlready(JournalFileOpenLock):
    """The sweep's own lock keeps other processes away, also after `kill -9`, which leaves Optuna's behind."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def study_of(sweep: Sweep) -> optuna.Study:
    """The sweep's study in its journal. Sampling is seeded, by the number of settings so far: a continued sweep draws new ones."""
    path = sweep.folder / "optuna.jsonl"
    drop_torn_line(path)
    storage = JournalStorage(JournalFileBackend(str(path), HeldAlready(str(path))))
    study = optuna.create_study(
        storage=storage, study_name=sweep.name, direction="minimize" if sweep.goal == "min" else "maximize", load_if_exists=True,
        pruner=pruner(sweep),
    )  # fmt: skip
    seed = sweep.first_seed + len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=seed) if sweep.search == "tpe" else optuna.samplers.RandomSampler(seed=seed)
    return study


def settings_of(sweep: Sweep) -> list[FrozenTrial]:
    """What the journal says of each setting, the last word of each, in order."""
    path = sweep.folder / "optuna.jsonl"
    if not path.exists():
        return []
    study = optuna.load_study(study_name=sweep.name, storage=JournalStorage(JournalFileBackend(str(path), HeldAlready(str(path)))))
    last = {setting_of(trial): trial for trial in study.get_trials(deepcopy=False)}
    return [last[setting] for setting in sorted(last)]


def drop_torn_line(path: Path) -> None:
    """A process that was killed may have left half a line, which Optuna would stumble over once another follows."""
    if path.exists() and (data := path.read_bytes()) and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)


def pruner(sweep: Sweep) -> optuna.pruners.BasePruner:
    if sweep.prune == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=CHECKS // 5)
    if sweep.prune == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=2, max_resource=CHECKS)
    return optuna.pruners.NopPruner()


def distributions(sweep: Sweep) -> dict[str, BaseDistribution]:
    config = registry.recipe(sweep.recipe).config_class()
    space: dict[str, BaseDistribution] = {name: CategoricalDistribution(values) for name, values in sweep.grid.items()}
    for name, one in sweep.ranges.items():
        if config.model_fields[name].annotation is int:
            space[name] = IntDistribution(int(one.low), int(one.high), log=one.log)
        else:
            space[name] = FloatDistribution(one.low, one.high, log=one.log)
    return space


def suggest(trial: optuna.Trial, space: dict[str, BaseDistribution]) -> None:
    """Have values chosen for all fields; those that a trial has already stay, whose process may have been killed over this."""
    for name, one in space.items():
        if isinstance(one, CategoricalDistribution):
            trial.suggest_categorical(name, one.choices)
        elif isinstance(one, IntDistribution):
            trial.suggest_int(name, one.low, one.high, log=one.log)
        elif isinstance(one, FloatDistribution):
            trial.suggest_float(name, one.low, one.high, log=one.log)


def grid(sweep: Sweep) -> list[dict[str, Any]]:
    """Every combination of the grid; the last field varies fastest."""
    combinations: list[dict[str, Any]] = [{}]
    for name, values in sweep.grid.items():
        combinations = [{**before, name: value} for before in combinations for value in values]
    return combinations


def setting_of(trial: FrozenTrial) -> int:
    """The number of a trial's setting: of the first time it was tried."""
    return int(trial.user_attrs.get(SETTING, trial.number))


def with_runs_of(sweep: Sweep, trial: FrozenTrial) -> list[Trial]:
    """The trials of a setting with the runs that they have by now."""
    return with_runs(sweep.trials_of(setting_of(trial), trial.params))
