"""Many trainings, each in a process of its own (`lab.trial`): how many at once, with how many threads, and how far each has come.

Whatever has finished is not done again, whatever was interrupted continues bit for bit, and one that fails says why while the rest
go on. All that is kept lies in the run folders; a run is found again by what it is part of. Read first: `Trials.run`.
"""

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab.errors import UsageError
from lab.stored_runs import runs
from lab.trial import Trial, command

ATTEMPTS = 2
"""How often a trial is started whose process was killed, as for want of memory, before it counts as failed."""


@dataclass
class State:
    """How far a trial has come."""

    trial: Trial
    status: str = "waiting"
    """waiting, starting, training, evaluating, finished, failed or stopped."""
    done: int = 0
    target: int | None = None
    unit: str = "steps"
    speed: float = 0.0
    seconds: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    run: str | None = None
    attempts: int = 0

    def take(self, values: dict[str, Any]) -> None:
        """Take in a line of news from the trial's process."""
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def at_work(self) -> bool:
        return self.status in ("starting", "training", "evaluating", "paused")


def with_runs(trials: Iterable[Trial]) -> list[Trial]:
    """The trials with the folders of the runs that they have by now."""
    known = {tuple(sorted(run.stored["part_of"].items())): run for run in reversed(runs()) if run.stored.get("part_of")}
    return [
        replace(trial, run=str(run.path.resolve()) if (run := known.get(tuple(sorted(trial.part_of.items())))) is not None else None)
        for trial in trials
    ]


def check_jobs(jobs: int) -> None:
    """Raises UsageError for more jobs than cores."""
    from lab.cores import cores_here

    if not 1 <= jobs <= cores_here():
        raise UsageError(f"--jobs must be from 1 to {cores_here()}, the cores of this machine, got {jobs}.")


class Trials:
    """Carries out `trials`, `jobs` at a time. `on_news(states)` is called in the caller's thread whenever something has changed."""

    def __init__(self, trials: Sequence[Trial], logs: Path, jobs: int = 1, on_news: Callable[[list[State]], None] = lambda states: None):
        """`logs`: the folder for what the processes write to stderr. Raises UsageError for more jobs than cores."""
        from lab.cores import cores, cores_here

        check_jobs(jobs)
        self.states = [State(trial, run=trial.run) for trial in with_runs(trials)]
        self.logs, self.jobs, self.on_news = logs, jobs, on_news
        self.threads = min(cores(), cores_here() // jobs)
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.heard: queue.Queue[tuple[int, dict[str, Any] | None]] = queue.Queue()

    def run(self) -> list[State]:
        """Carry out what is not finished yet; how each trial ended. Ctrl-C stops all with a checkpoint, then raises KeyboardInterrupt."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for state in self.states:
            if state.trial.figures() is not None:
                state.status = "finished"
                self.recall(state)
        waiting = [i for i, state in enumerate(self.states) if state.status == "waiting"]
        self.on_news(self.states)
        try:
            while waiting or self.processes:
                while waiting and len(self.processes) < self.jobs:
                    self.start(waiting.pop(0))
                i, values = self.heard.get()
                if values is not None:
                    self.states[i].take(values)
                elif self.ended(i):
                    waiting.insert(0, i)
                self.on_news(self.states)
        finally:
            self.stop()
        return self.states

    def start(self, i: int) -> None:
        """Start the process of a trial."""
        state = self.states[i]
        state.status, state.reason, state.attempts = "starting", "", state.attempts + 1
        trial = state.trial = replace(state.trial, run=state.run)
        run = trial.opened()
        # A run keeps the number of threads that it began with: its sums depend on it.
        threads = run.threads() if run is not None else self.threads
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        with (self.logs / f"{trial.name}.txt").open("ab") as log:
            process = subprocess.Popen(
                command(trial), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment,
                start_new_session=True,  # Ctrl-C is for this process, which then asks the others to stop.
            )  # fmt: skip
        self.processes[i] = process
        threading.Thread(target=self.listen, args=(i, process), name=f"trial {trial.name}", daemon=True).start()

    def listen(self, i: int, process: "subprocess.Popen[bytes]") -> None:
        """Hand over what a process says, then that it has ended."""
        assert process.stdout is not None
        for line in process.stdout:
            try:
                self.heard.put((i, json.loads(line)))
            except ValueError:
                continue  # It was killed in the middle of a line.
        process.wait()
        self.heard.put((i, None))

    def ended(self, i: int) -> bool:
        """Take note of a process's end; whether its trial is to be started again."""
        state, process = self.states[i], self.processes.pop(i)
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        state.trial = replace(state.trial, run=state.run)
        if state.trial.figures() is not None:
            state.status = "finished"
            self.recall(state)
            return False
        if process.returncode < 0:
            state.reason = f"Its process was killed by {signal.Signals(-process.returncode).name}."
            if state.attempts < ATTEMPTS:
                state.status = "waiting"
                return True
        state.status = "failed"
        state.reason = state.reason or f"Its process ended with code {process.returncode}; see {self.logs / state.trial.name}.txt."
        return False

    def recall(self, state: State) -> None:
        """Fill in what a finished run says of itself."""
        run = state.trial.opened()
        if run is not None:
            status = run.status()
            values: dict[str, Any] = {name: status[name] for name in ("done", "target", "unit", "seconds") if name in status}
            state.take({**values, "metrics": {name: value for name, value in status.get("metrics", {}).items() if value is not None}})

    def stop(self) -> None:
        """Ask the processes that are left to save a checkpoint and end, and wait for them."""
        for process in self.processes.values():
            assert process.stdin is not None
            process.stdin.close()
        while self.processes:
            i, values = self.heard.get()
            if values is None:
                process = self.processes.pop(i)
                assert process.stdout is not None
                process.stdout.close()
                self.states[i].status = "stopped"
            else:
                self.states[i].take(values)
