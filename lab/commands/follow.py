"""A session in the foreground: progress on stderr, Ctrl-C saves a checkpoint."""

import shlex
import signal
import sys
from contextlib import suppress
from typing import Any

from lab.commands.output import print_json
from lab.errors import LabError


def follow(session: Any, as_json: bool) -> int:
    """Run a session in the foreground with its progress on stderr and its end on stdout; the exit code."""
    code, record = train(session, as_json)
    if as_json and record is not None:
        print_json(record)
    return code


def train(session: Any, as_json: bool) -> tuple[int, dict[str, Any] | None]:
    """The exit code, and what became of the run, which stdout says unless it is to get JSON; None where it was aborted."""
    from lab import checkpoint
    from lab.display import Display

    run = session.run_folder
    display = Display(run.recipe.name, session.experiment.headline)
    session.on_update = display.update
    interrupts = 0

    def interrupt(signum: int, frame: Any) -> None:
        nonlocal interrupts
        interrupts += 1
        if interrupts > 1:
            raise KeyboardInterrupt
        # No lock may be taken in a signal handler: the loop reads this set before its next step.
        session.requests.add("stop")
        with suppress(OSError):  # The terminal may be what is gone.
            print("\nStopping after this step; saving a checkpoint (Ctrl-C again to abort).", file=sys.stderr)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in signals if signal.getsignal(number) != signal.SIG_IGN}
    try:
        print(f"run folder: {run.path}", file=sys.stderr)
        latest = session.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        display.close()
    if isinstance(session.error, KeyboardInterrupt):
        where = (
            "continues from the newest checkpoint" if checkpoint.listed(run.checkpoints) else "restarts it, as there is no checkpoint yet"
        )
        print(f"Aborted. `lab resume {shlex.quote(str(run.path))}` {where}.", file=sys.stderr)
        return 130, None
    if session.error is not None:
        details = "" if isinstance(session.error, LabError) else f"\nWhere it happened is in {run.path / 'log.txt'}."
        raise LabError(f"{latest.error}{details}")
    if session.experiment.ended:
        print(f"Training ended early: {session.experiment.why_ended()}", file=sys.stderr)
    record = {
        "run": str(run.path), "status": latest.status, "done": latest.done, "unit": latest.unit,
        "seconds": round(latest.seconds, 2), "metrics": latest.metrics,
    }  # fmt: skip
    if interrupts and latest.status != "finished":
        print(
            f"Stopped at {latest.done:,} {latest.unit}, checkpoint saved. `lab resume {shlex.quote(str(run.path))}` continues.",
            file=sys.stderr,
        )
        return 130, record
    if not as_json:
        print(f"{latest.status} at {latest.done:,} {latest.unit} after {latest.seconds:,.0f} s: {run.path}")
    return 0, record
