"""One training of many, in a process of its own: an ordinary run that is trained or resumed to its length, then evaluated.

`python -m lab.trial JSON` takes a `Trial` and prints a JSON object per line as it goes: the run's folder, its progress, and at the
end its status. It lives as long as its stdin is open: when whoever started it is gone, even by `kill -9`, it saves a checkpoint and ends.
Read first: `carry_out`.
"""

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import LabError
from lab.marks import tag
from lab.paths import write_atomic
from lab.run import Run

if TYPE_CHECKING:
    from lab.session import Latest, Session

LOCK_SECONDS = 120
"""How long a trial waits for a process that still writes the last checkpoint of its run."""


@dataclass(frozen=True)
class Trial:
    """What to train, how long, and how to evaluate it. `part_of` tells its run from all others and is stored in it."""

    recipe: str
    fields: dict[str, Any]
    part_of: dict[str, str]
    steps: int | None = None
    minutes: float | None = None
    device: str = "auto"
    evaluation: dict[str, Any] | None = field(default_factory=dict)
    """Options of the recipe's `evaluate`; None: it is only trained."""
    run: str | None = None
    """The folder of its run, once there is one."""

    @property
    def name(self) -> str:
        return self.part_of["trial"]

    def opened(self) -> Run | None:
        """Its run, if it has one."""
        with suppress(LabError):
            return Run(Path(self.run)) if self.run is not None else None
        return None

    def trained(self) -> bool:
        """Whether its run has been trained for as long as is wanted, or has come to its own end."""
        run = self.opened()
        status = run.status() if run is not None else {}
        if status.get("status") != "finished":
            return False
        if self.steps is not None and status.get("target") is not None:
            return status["target"] >= self.steps
        return self.minutes is None or status.get("until") is None or status["until"] >= 60 * self.minutes

    def figures(self) -> dict[str, Any] | None:
        """The figures of its evaluation, if they are of the weights and by the options that are wanted."""
        run = self.opened()
        if run is None or not self.trained():
            return None
        if self.evaluation is None:
            return {}
        with suppress(OSError, ValueError):
            stored = json.loads((run.path / "evaluation.json").read_text())
            if stored.get("options") == self.evaluation and stored.get("done") == run.status().get("done"):
                return stored
        return None


class Lifeline(threading.Thread):
    """Waits for the end of stdin, then has the session stop with a checkpoint, or ends the process where none trains."""

    def __init__(self) -> None:
        super().__init__(name="lifeline", daemon=True)
        self.session: Session | None = None
        self.cut = False
        self.start()

    def run(self) -> None:
        while os.read(0, 4096):  # sys.stdin has a lock, with which Python would abort at its end.
            pass
        self.cut = True
        if self.session is None:
            os._exit(1)
        self.session.stop()


def carry_out(trial: Trial, say: Callable[..., None], lifeline: Lifeline | None = None) -> None:
    """Train the trial's run as far as it is wanted and evaluate it. Raises what went wrong."""
    run = trial.opened()
    if run is not None and not trial.trained():
        wait_for_lock(run)
        mend_status(run, trial)
    if not trial.trained():
        session = session_of(trial, run, lambda latest: say(**news(latest)))
        run = session.run_folder
        say(run=str(run.path.resolve()), done=session.latest.done, target=session.latest.target, unit=session.latest.unit)
        if lifeline is not None:
            lifeline.session = session
        if lifeline is None or not lifeline.cut:
            session.run()
        if session.error is not None:
            raise session.error
        if not session.done():
            return
        if lifeline is not None:
            lifeline.session = None
            if lifeline.cut:
                return
    assert run is not None
    if trial.evaluation is None:
        return
    say(status="evaluating", run=str(run.path.resolve()))
    figures = run.evaluate(trial.device, **trial.evaluation)
    record = {**figures, "options": trial.evaluation, "done": run.status()["done"]}
    write_atomic(run.path / "evaluation.json", json.dumps(record, indent=1) + "\n")


def session_of(trial: Trial, run: Run | None, on_update: "Callable[[Latest], None]") -> "Session":
    """A session that begins the trial's run, or continues it bit for bit."""
    from lab.api import new_session, resumed_session

    if run is None:
        session = new_session(
            trial.recipe, trial.fields, steps=trial.steps, minutes=trial.minutes, device=trial.device, part_of=trial.part_of, on_update=on_update
        )  # fmt: skip
        tag(session.run_folder, *(name for group, name in trial.part_of.items() if group != "trial"))
        return session
    status = run.status()
    if trial.steps is not None:
        return resumed_session(run, steps=trial.steps, on_update=on_update)
    if trial.minutes is None or status.get("until", 60 * trial.minutes) == 60 * trial.minutes:
        return resumed_session(run, on_update=on_update)
    return resumed_session(run, minutes=trial.minutes - status["seconds"] / 60, on_update=on_update)


def wait_for_lock(run: Run) -> None:
    """Let a process that is about to end write the last checkpoint of the run."""
    deadline = time.monotonic() + LOCK_SECONDS
    while run.is_locked() and time.monotonic() < deadline:
        time.sleep(0.2)


def mend_status(run: Run, trial: Trial) -> None:
    """Call a run finished that was killed between its last checkpoint and the word of it."""
    from lab.checkpoint import listed
    from lab.experiment import Progress

    kept, status = listed(run.checkpoints), run.status()
    if not kept or run.is_locked():
        return
    done = int(kept[-1].name.removeprefix("step-"))
    seconds = json.loads((kept[-1] / "state.json").read_text())["session"]["seconds"]
    until = None if trial.minutes is None else 60 * trial.minutes
    if done >= trial.steps if trial.steps is not None else until is not None and seconds >= until:
        metrics = {name: value for name, value in status.get("metrics", {}).items() if value is not None}
        run.write_status("finished", Progress(done, status.get("unit", "steps")), trial.steps, until, metrics, seconds)


def news(latest: "Latest") -> dict[str, Any]:
    """What one wants to know of a session while it trains."""
    return {
        "status": "training" if latest.status == "running" else latest.status, "done": latest.done, "target": latest.target,
        "unit": latest.unit, "speed": latest.speed, "seconds": latest.seconds, "metrics": latest.metrics,
    }  # fmt: skip


def say(**values: Any) -> None:
    """A line of news for whoever started the process, if it is still there."""
    with suppress(OSError, ValueError):
        sys.stdout.write(json.dumps(values) + "\n")
        sys.stdout.flush()


def command(trial: Trial) -> list[str]:
    """The command that carries a trial out."""
    return [sys.executable, "-m", "lab.trial", json.dumps(asdict(trial))]


def main() -> int:
    trial = Trial(**json.loads(sys.argv[1]))
    try:
        carry_out(trial, say, Lifeline())
    except LabError as error:
        say(status="failed", reason=str(error))
        return 1
    except Exception as error:
        traceback.print_exc()
        say(status="failed", reason=f"{type(error).__name__}: {error}".rstrip(": "))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
