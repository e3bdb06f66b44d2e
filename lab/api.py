"""The same jobs from Python: `lab.train("vae", steps=2000, seed=0).show("samples").save("grid.png")`."""

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lab import presets, registry
from lab.errors import UsageError
from lab.flags import check_length
from lab.latest import Latest
from lab.log import Kept, logged
from lab.paths import expanded
from lab.run import Run
from lab.session import Session
from lab.stored_runs import find

log = logging.getLogger(__name__)


def train(
    recipe: str,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    device: str = "auto",
    run: str | Path | None = None,
    on_update: Callable[[Latest], None] | None = None,
    quiet: bool | None = None,
    preset: str | None = None,
    **fields: Any,
) -> Run:
    """Train `recipe` in this thread; the finished run. `fields` are those of its config, `seed` among them; they override a `preset`'s.

    Progress is shown on stderr where somebody sees it, a terminal or a notebook; with `quiet` True nowhere, with False in any case.

    Raises UsageError for a wrong name or value, and the run's own error (a LabError where it is a user's) if it fails.
    """
    if preset is not None:
        chosen = presets.preset(registry.recipe(recipe).name, preset)
        fields = {**chosen.fields, **fields}
        steps, minutes = (chosen.steps, chosen.minutes) if steps is None and minutes is None else (steps, minutes)
    session = new_session(recipe, fields, steps=steps, minutes=minutes, device=device, run=run, on_update=on_update)
    return run_to_end(session, quiet)


def resume(
    run: str | Path | Run,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    data: str | None = None,
    device: str | None = None,
    on_update: Callable[[Latest], None] | None = None,
    quiet: bool | None = None,
) -> Run:
    """Continue a stored run from its newest good checkpoint, bit for bit, to `steps` units in all; on other `data` where given.

    On another kind of `device` than before it is not bit for bit what an uninterrupted run would be.
    """
    stored = run if isinstance(run, Run) else find(str(run))
    session = resumed_session(stored, steps=steps, minutes=minutes, data=data, device=device, on_update=on_update)
    return run_to_end(session, quiet)


def run_to_end(session: Session, quiet: bool | None) -> Run:
    """Run a session in this thread, with its progress on stderr unless `quiet`. Raises the error that ended it, if one did."""
    if quiet is False or (quiet is None and seen()):
        from lab.display import Display

        display, told = Display(session.run_folder.recipe.name, session.experiment.headline), session.on_update

        def update(latest: Latest) -> None:
            display.update(latest)
            told(latest)

        session.on_update = update
        try:
            session.run()
        finally:
            display.close()
    else:
        session.run()
    if session.error is not None:
        raise session.error
    return session.run_folder


def seen() -> bool:
    """Whether a person sees stderr: a terminal, or a notebook."""
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


def suite(
    name: str,
    recipe: str | None = None,
    *,
    games: str | Sequence[str] | None = None,
    seeds: int | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    episodes: int | None = None,
    jobs: int = 1,
    device: str = "auto",
    **fields: Any,
) -> Any:
    """Train and evaluate one agent a game, as `lab suite` does; its `agents.suite_report.Report`.

    What has finished is kept, what was interrupted continues. `games` are names, or sets such as "atari-10". Raises UsageError
    for what cannot be; an agent that fails is in the report's `data["failed"]`.
    """
    prepared = registry.load("agents.suite:prepared")(
        name, recipe, fields, games=games, seeds=seeds, steps=steps, minutes=minutes, episodes=episodes,
        device=device if device != "auto" else None,
    )  # fmt: skip
    return prepared.run(jobs)


def new_session(
    recipe: str,
    fields: dict[str, Any],
    *,
    steps: int | None = None,
    minutes: float | None = None,
    device: str = "auto",
    run: str | Path | None = None,
    on_update: Callable[[Latest], None] | None = None,
    part_of: dict[str, str] | None = None,
    processes: int = 1,
) -> Session:
    """A session for a new run, not started. Without `steps` or `minutes` it trains for the recipe's default number of steps.

    `part_of` says what the run belongs to, such as a suite; `processes` how many train it (`lab.torchrun`).
    """
    entry = registry.recipe(recipe)
    config = entry.config_class().parse(fields)
    steps, minutes = whole_number(steps), number(minutes)
    check_length(steps, minutes)
    from lab.cores import one_thread, threads_for, threads_of_run
    from lab.device import memory_explained, resolve

    place = resolve(device)
    threads = threads_for(place)
    target = entry.steps if steps is None and minutes is None else steps
    said = Kept()
    kind = entry.experiment_class()
    with memory_explained(kind.memory_settings), one_thread(), threads_of_run(threads), logged(said):
        experiment = kind(config, place)
        try:
            experiment.read_data()
            folder = Run.create(
                entry, config, place, threads, expanded(run) if run is not None else None, target, minutes, part_of, processes
            )
            for message in said:
                folder.log(message)
            return Session(experiment, folder, threads=threads, steps=target, minutes=minutes, on_update=on_update)
        except BaseException:
            experiment.close()
            raise


def resumed_session(
    run: Run,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    data: str | None = None,
    device: str | None = None,
    on_update: Callable[[Latest], None] | None = None,
) -> Session:
    """A session that continues `run`, not started. Without `steps` or `minutes` it keeps its last target.

    Raises LabError where the data have changed since training, unless they are given as `data`: their new place, or others on purpose;
    UsageError where it was trained on a GPU and there is none, unless another `device` is given.
    """
    from lab.cores import asked_for, one_thread, threads_of_run
    from lab.device import memory_explained

    steps, minutes = whole_number(steps), number(minutes)
    check_length(steps, minutes)
    threads = asked_for() or run.threads()
    with run.lock(), one_thread(), threads_of_run(threads), logged(run):
        experiment = run.experiment(device_to_resume(run, device), data=data, same_data=data is None)
    done = experiment.progress().done
    if experiment.ended:
        experiment.close()
        raise UsageError(f"Run {run.name} cannot train further: {experiment.why_ended()}")
    if steps is None and minutes is None:
        steps, minutes = left_to_train(run)
        if minutes is not None and minutes <= 0:
            experiment.close()
            raise UsageError(f"Run {run.name} has used up its training time. To train further, give --steps N or --minutes M.")
    if steps is not None and done >= steps:
        experiment.close()
        raise UsageError(
            f"Run {run.name} has reached its {done:,} {experiment.unit}. To train further: `lab resume {run.typed} --steps N` with a larger N."
        )
    with memory_explained(experiment.memory_settings), one_thread(), threads_of_run(threads):
        return Session(experiment, run, threads=threads, steps=steps, minutes=minutes, seconds=run.stored_seconds, on_update=on_update)


def device_to_resume(run: Run, device: str | None) -> str:
    """Where a run continues: on the kind of device that it was trained on, as only that is bit for bit, or where it is told to.

    Raises UsageError where that is a GPU and there is none.
    """
    import torch

    from lab.device import resolve

    before = str(run.stored["device"])
    if device is None:
        if before.startswith("cuda"):
            if not torch.cuda.is_available():
                raise UsageError(
                    f"Run {run.name} was trained on a GPU, and PyTorch finds no CUDA device here. Resume it on a machine that has one, or on the "
                    f"processor, not bit for bit as it would have continued: lab resume {run.typed} --device cpu"
                )
            number = int(before.partition(":")[2] or 0)
            return before if number < torch.cuda.device_count() else "cuda"
        return before
    place = resolve(device)
    if place.type != before.partition(":")[0]:
        log.warning(
            "%s trained on %s until now and continues on %s: this is not bit for bit what an uninterrupted run would be.",
            run.name, before, place,
        )  # fmt: skip
    return str(place)


def left_to_train(run: Run) -> tuple[int | None, float | None]:
    """(steps in all, None) or (None, minutes from now on): what an interrupted run still has to do, by what was asked for last."""
    status = run.status()
    if {"target", "until"} <= status.keys():
        target, until = status["target"], status["until"]
    else:  # It was killed before its first step, or is of before this was stored.
        target, minutes = run.stored.get("steps"), run.stored.get("minutes")
        until = None if minutes is None else 60 * minutes
    return target, None if until is None else (until - run.stored_seconds) / 60


def whole_number(steps: Any) -> int | None:
    """`steps` as an int, also where they come as 3.0 or as one of NumPy's. Raises UsageError for anything else."""
    if steps is None:
        return None
    try:
        number = int(steps)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or isinstance(steps, str | bool) or number != steps:
        raise UsageError(f"--steps must be a whole number, got {steps!r}.")
    return number


def number(minutes: Any) -> float | None:
    """`minutes` as a float. Raises UsageError for what is not a number."""
    if minutes is None:
        return None
    try:
        return float(minutes) if not isinstance(minutes, str | bool) else float("")
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"--minutes must be a number, got {minutes!r}.") from None
