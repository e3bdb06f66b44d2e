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
from typing import Any, Protocol

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
    """waiting, starting, training, evaluating, finished, failed, stopped or pruned."""
    done: int = 0
    target: int | None = None
    unit: str = "steps"
    speed: float = 0.0
    seconds: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    run: str | None = None
    attempts: int = 0
    pruned: bool = False
    """Nobody waits for its end any more."""

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


class Process(Protocol):
    """A trial's process, as `subprocess.Popen` has it: news on stdout, and it stops where stdin is closed."""

    @property
    def stdin(self) -> Any: ...

    @property
    def stdout(self) -> Any: ...

    @property
    def returncode(self) -> Any: ...

    def wait(self) -> Any: ...


class Local:
    """Trials in processes of this machine, which share its cores."""

    attempts = ATTEMPTS

    def check(self, jobs: int) -> None:
        """Raises UsageError for more jobs than can be at once."""
        check_jobs(jobs)

    def threads(self, jobs: int) -> int:
        """The threads that each trial takes."""
        from lab.cores import cores, cores_here

        return min(cores(), cores_here() // jobs)

    def start(self, trial: Trial, threads: int, log: Path) -> Process:
        """Start the process of a trial, which writes what it says into `log`."""
        with log.open("ab") as file:
            return subprocess.Popen(
                command(trial), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, env={**os.environ, "OMP_NUM_THREADS": str(threads)},
                start_new_session=True,  # Ctrl-C is for this process, which then asks the others to stop.
            )  # fmt: skip


class Trials:
    """Carries out `trials`, `jobs` at a time. `on_news(states)` is called in the caller's thread whenever something has changed.

    `more` is asked for further trials whenever there are fewer left than jobs.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        logs: Path,
        jobs: int = 1,
        on_news: Callable[[list[State]], None] = lambda states: None,
        more: Callable[[], Sequence[Trial]] = lambda: (),
        place: Local | None = None,
    ):
        """`logs`: the folder for what the processes write to stderr; `place`: where they run. Raises UsageError for more jobs than it takes."""
        self.place = place or Local()
        self.place.check(jobs)
        self.states: list[State] = []
        self.logs, self.jobs, self.on_news, self.more = logs, jobs, on_news, more
        self.threads = self.place.threads(jobs)
        self.processes: dict[int, Process] = {}
        self.heard: queue.Queue[tuple[int, dict[str, Any] | None]] = queue.Queue()
        self.add(trials)

    def add(self, trials: Iterable[Trial]) -> None:
        """Take in further trials; those that lie finished on disk are not done again."""
        for trial in with_runs(trials):
            state = State(trial, run=trial.run)
            self.states.append(state)
            if trial.figures() is not None:
                state.status = "finished"
                self.recall(state)

    def next_waiting(self) -> int | None:
        """The trial that is to start next, None where there is none for now."""
        while True:
            waiting = next((i for i, state in enumerate(self.states) if state.status == "waiting"), None)
            further = self.more() if waiting is None else ()
            if not further:
                return waiting
            self.add(further)
            self.on_news(self.states)

    def run(self) -> list[State]:
        """Carry out what is not finished yet; how each trial ended. Ctrl-C stops all with a checkpoint, then raises KeyboardInterrupt."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self.on_news(self.states)
        try:
            while True:
                while len(self.processes) < self.jobs and (i := self.next_waiting()) is not None:
                    self.start(i)
                if not self.processes:
                    return self.states
                i, values = self.heard.get()
                if values is not None:
                    self.states[i].take(values)
                else:
                    self.ended(i)
                self.on_news(self.states)
        finally:
            self.stop()

    def prune(self, state: State, reason: str) -> None:
        """Stop a trial with a checkpoint: it is not worth its time."""
        i = next(i for i, one in enumerate(self.states) if one is state)
        state.pruned, state.reason = True, reason
        if state.status == "waiting":
            state.status = "pruned"
        if i in self.processes:
            self.processes[i].stdin.close()

    def start(self, i: int) -> None:
        """Start the process of a trial."""
        state = self.states[i]
        state.status, state.reason, state.attempts = "starting", "", state.attempts + 1
        trial = state.trial = replace(state.trial, run=state.run)
        run = trial.opened()
        # A run keeps the number of threads that it began with: its sums depend on it.
        threads = run.threads() if run is not None else self.threads
        process = self.place.start(trial, threads, self.logs / f"{trial.name}.txt")
        self.processes[i] = process
        threading.Thread(target=self.listen, args=(i, process), name=f"trial {trial.name}", daemon=True).start()

    def listen(self, i: int, process: Process) -> None:
        """Hand over what a process says, then that it has ended."""
        assert process.stdout is not None
        for line in process.stdout:
            try:
                self.heard.put((i, json.loads(line)))
            except ValueError:
                continue  # It was killed in the middle of a line.
        process.wait()
        self.heard.put((i, None))

    def ended(self, i: int) -> None:
        """Take note of a process's end. A trial whose process was killed waits to be started again."""
        state, process = self.states[i], self.processes.pop(i)
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        state.trial = replace(state.trial, run=state.run)
        if state.trial.figures() is not None:
            state.status = "finished"
            self.recall(state)
        elif state.pruned:
            state.status = "pruned"
        elif process.returncode < 0 and state.attempts < self.place.attempts:
            state.status = "waiting"
        else:
            state.status = "failed"
            killed = f"Its process was killed by {signal.Signals(-process.returncode).name}." if process.returncode < 0 else ""
            code = f"Its process ended with code {process.returncode}; see {self.logs / state.trial.name}.txt."
            state.reason = killed or state.reason or code

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
