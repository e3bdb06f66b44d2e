"""Trials on a Ray cluster: each a task that starts the same process as on one machine, on a node with room for it.

The runs folder must be the same path on every node (shared storage), and the lab be installed there. Where a node dies the trial's task fails,
and it is started again where there is room: its run continues from the newest checkpoint. Ray is an optional extra: `pip install lab[ray]`.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.errors import UsageError
from lab.paths import runs_folder
from lab.trial import Trial, command
from lab.trials import Local, Process

ATTEMPTS = 5
"""How often a trial is started whose node or process was lost, before it counts as failed."""
TAKEN_OVER = ("LAB_DATA", "PYTHONPATH", "CUBLAS_WORKSPACE_CONFIG")
"""Variables of this process that a trial on another node gets."""


class OnRay(Local):
    """Trials on the cluster at `address` ("" for the one that this machine belongs to, or a new one here), with so many CPUs and GPUs each.

    Raises UsageError where Ray is not installed or there is no cluster.
    """

    attempts = ATTEMPTS

    def __init__(self, address: str = "", cpus: int = 1, gpus: float = 0.0):
        try:
            import ray
        except ImportError:
            raise UsageError("--on ray needs Ray: pip install 'lab[ray]'.") from None
        self.ray, self.cpus, self.gpus = ray, cpus, gpus
        try:
            if not ray.is_initialized():
                ray.init(address=address or None, log_to_driver=False, configure_logging=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise UsageError(f"--address {address or 'auto'}: there is no Ray cluster to reach ({str(error).splitlines()[0]}).") from None
        # A lost node's trial is started again by `Trials`, which by then knows its run.
        self.task = ray.remote(num_returns="streaming", max_retries=0)(carried_out)

    def check(self, jobs: int) -> None:
        total = self.ray.cluster_resources()
        room = int(total.get("CPU", 0) // self.cpus)
        if self.gpus:
            room = min(room, int(total.get("GPU", 0) / self.gpus))
        if not 1 <= jobs <= room:
            raise UsageError(
                f"--jobs must be from 1 to {room}, as the cluster has {total.get('CPU', 0):g} CPUs and {total.get('GPU', 0):g} GPUs, got {jobs}."
                if room
                else f"The cluster has {total.get('CPU', 0):g} CPUs and {total.get('GPU', 0):g} GPUs: not room for one trial."
            )

    def threads(self, jobs: int) -> int:
        return self.cpus

    def start(self, trial: Trial, threads: int, log: Path) -> Process:
        taken = {name: os.environ[name] for name in TAKEN_OVER if name in os.environ}
        environment = {**taken, "LAB_RUNS": str(runs_folder().resolve()), "OMP_NUM_THREADS": str(threads)}
        task = self.task.options(num_cpus=self.cpus, num_gpus=self.gpus, name=f"lab {trial.name}")
        return Task(self.ray, task.remote(command(trial)[1:], environment, str(log.resolve())))


class Task:
    """A trial's task, seen as its process."""

    def __init__(self, ray: Any, news: Any):
        self.ray, self.news = ray, news
        self.returncode = 0
        self.stdin, self.stdout = Closing(lambda: ray.cancel(news)), Lines(self.lines())

    def lines(self) -> Iterator[bytes]:
        """What the process says, line by line; at the end its exit code is known."""
        errors = self.ray.exceptions
        try:
            for reference in self.news:
                line = self.ray.get(reference)
                if isinstance(line, int):
                    self.returncode = line
                else:
                    yield line
        except errors.TaskCancelledError:
            self.returncode = 0
        except errors.RayTaskError as error:
            yield json.dumps({"reason": str(error.cause)}).encode()
            self.returncode = 1
        except errors.RayError:  # Its node or its worker is gone.
            self.returncode = -9

    def wait(self) -> int:
        return self.returncode


class Lines:
    """Lines that can be closed."""

    def __init__(self, lines: Iterator[bytes]):
        self.lines = lines

    def __iter__(self) -> Iterator[bytes]:
        return self.lines

    def close(self) -> None:
        pass


class Closing:
    """Something that happens when it is closed."""

    def __init__(self, close: Any):
        self.close = close


def carried_out(arguments: list[str], environment: dict[str, str], log: str) -> Iterator[bytes | int]:
    """On a node: start a trial's process, hand on what it says and at last its exit code.

    It stops with a checkpoint when this worker is cancelled or gone, as its stdin closes then.
    """
    import sys

    with Path(log).open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, env={**os.environ, **environment}
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for line in process.stdout:  # noqa: UP028  # Ray sends into what it iterates, which a file has no place for.
            yield line
        yield process.wait()
    finally:
        process.stdin.close()
        process.wait()


def on(place: str, address: str, cpus: int, gpus: float) -> Local:
    """Where the trials of `--on PLACE` run. Raises UsageError for flags that do not go together."""
    if place == "ray":
        return OnRay(address, cpus, gpus)
    if address or cpus != 1 or gpus:
        raise UsageError("--address, --cpus and --gpus go with --on ray.")
    return Local()
