"""Two trainings at once, from two terminals and in one process, against one alone. `lab bench two`.

A worker process (`python -m lab.bench_two RECIPE COUNT`) holds sessions that are paused and resumed by lines on its standard input,
so that rounds of one and of two take turns: what else the machine does falls on both alike.
"""

import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab import cores

log = logging.getLogger(__name__)

RECIPES: dict[str, dict[str, Any]] = {
    "dqn": {"game": "pong", "replay_capacity": 20_000, "learning_starts": 1_000},
    "dcgan": {"quality_every": 0},
    "gpt": {"validate_every": 0},
}
"""What is trained, with settings that keep measurements of quality out of it."""
WARMUP = {"dqn": 1_400}
ROUNDS, SECONDS = 3, 3.0


def bench_two(device: str = "auto", rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """`dqn_share` and the others: the work of two trainings in two processes as a share of what one alone does (median of the rounds);
    `dqn_app_share`: the same in one process, as in the app; `dqn_alone_per_s`: the pace of one alone, in units of its progress."""
    if cores.slot.others():
        log.warning("Other trainings run on this machine: what one does alone is measured beside them.")
    figures: dict[str, Any] = {}
    for name in RECIPES:
        with Worker(name, 1, device) as one, Worker(name, 1, device) as other:
            shares, paces = measured([(one, 0), (other, 0)], rounds, seconds)
        with Worker(name, 2, device) as both:
            in_app, _ = measured([(both, 0), (both, 1)], rounds, seconds)
        figures |= {
            f"{name}_share": round(statistics.median(shares), 3), f"{name}_app_share": round(statistics.median(in_app), 3),
            f"{name}_alone_per_s": round(statistics.median(paces), 1),
        }  # fmt: skip
    return figures


def measured(trainings: "list[tuple[Worker, int]]", rounds: int, seconds: float) -> tuple[list[float], list[float]]:
    """(share, units per second of one alone) in each round: the first training alone, then both, then the second alone."""
    (one, i), (other, j) = trainings
    shares, paces = [], []
    for _ in range(rounds):
        one.resume(i)
        first = pace(trainings[:1], seconds)
        other.resume(j)
        together = pace(trainings, seconds)
        one.pause(i)
        second = pace(trainings[1:], seconds)
        other.pause(j)
        alone = (first + second) / 2
        shares.append(together / max(alone, 1e-9))
        paces.append(alone)
    return shares, paces


def pace(trainings: "list[tuple[Worker, int]]", seconds: float) -> float:
    """Units of progress per second of all of them together, after a second in which they take notice of each other."""
    time.sleep(1.0)
    done, start = sum(worker.done(i) for worker, i in trainings), time.perf_counter()
    time.sleep(seconds)
    return (sum(worker.done(i) for worker, i in trainings) - done) / (time.perf_counter() - start)


class Worker:
    """A process with paused sessions of a recipe."""

    def __init__(self, name: str, count: int, device: str):
        command = [sys.executable, "-m", "lab.bench_two", name, str(count), device]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        self.ask("ready 0")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait()

    def resume(self, i: int) -> None:
        self.ask(f"resume {i}")

    def pause(self, i: int) -> None:
        self.ask(f"pause {i}")

    def done(self, i: int) -> int:
        return self.ask(f"done {i}")

    def ask(self, line: str) -> int:
        self.process.stdin.write(line + "\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]
        return int(json.loads(self.process.stdout.readline()))  # type: ignore[union-attr]


def serve(name: str, count: int, device: str) -> None:
    """The worker: sessions warmed up one after the other and paused, then a number for each line that is read."""
    from lab.api import new_session

    with tempfile.TemporaryDirectory() as folder:
        sessions = [
            new_session(name, {**RECIPES[name], "seed": i}, steps=10**9, device=device, run=Path(folder) / str(i)) for i in range(count)
        ]
        try:
            for session in sessions:
                session.start()
                wait(session, WARMUP.get(name, 12))
                settle(session)
            for line in sys.stdin:
                command, i = line.split()
                session = sessions[int(i)]
                if command == "resume":
                    session.resume()
                elif command == "pause":
                    settle(session)
                print(session.experiment.progress().done, flush=True)
        finally:
            for session in sessions:
                session.close()


def wait(session: Any, done: int) -> None:
    while session.experiment.progress().done < done:
        if session.error is not None:
            raise session.error
        time.sleep(0.02)


def settle(session: Any) -> None:
    """Pause a session, and come back when it stands still."""
    session.pause()
    while session.latest.status == "running":
        time.sleep(0.01)


if __name__ == "__main__":
    os.environ.setdefault("LAB_RUNS", tempfile.gettempdir())
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
