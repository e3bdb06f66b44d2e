"""Trials on a Ray cluster: each a task that starts the same process as on one machine, on a node with room for it.

The lab must be installed on every node, and the runs folder be the same path there (shared storage), or its runs are brought back through Ray:
whenever one has a new checkpoint, and at its end. Where a node dies the trial's task fails, and it is started again where there is room: its run
continues from the newest checkpoint. Ray is an optional extra: `pip install lab[ray]`.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab.checkpoint import listed
from lab.errors import UsageError
from lab.paths import runs_folder
from lab.run_transport import Files, packed, unpack
from lab.trial import Trial, command
from lab.trials import Local, Process

ATTEMPTS = 5
"""How often a trial is started whose node or process was lost, before it counts as failed."""
TAKEN_OVER = ("LAB_DATA", "PYTHONPATH", "CUBLAS_WORKSPACE_CONFIG")
"""Variables of this process that a trial on another node gets."""


class OnRay(Local):
    """Trials on the cluster at `address` ("" for the one that this machine belongs to, or a new one here), with so many CPUs and GPUs each.

    With `bring_back` runs lie on the nodes while they train, and come here through Ray. Raises UsageError where Ray is not installed or
    there is no cluster.
    """

    attempts = ATTEMPTS

    def __init__(self, address: str = "", cpus: int = 1, gpus: float = 0.0, bring_back: bool = False):
        try:
            import ray
        except ImportError:
            raise UsageError("--on ray needs Ray: pip install 'lab[ray]'.") from None
        self.ray, self.cpus, self.gpus, self.bring_back = ray, cpus, gpus, bring_back
        try:
            if not ray.is_initialized():
                ray.init(address=address or None, log_to_driver=False, configure_logging=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise UsageError(f"--address {address or 'auto'}: there is no Ray cluster to reach ({str(error).splitlines()[0]}).") from None
        # A lost node's trial is started again by `Trials`, which by then knows its run.
        self.task = ray.remote(num_returns="streaming", max_retries=0)(carried_out_apart if bring_back else carried_out)

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
        if not self.bring_back:
            return Task(self.ray, task.remote(command(trial)[1:], environment, str(log.resolve())))
        run = trial.opened()
        begun = None if run is None else (run.path.name, packed(run.path))
        return Task(self.ray, task.remote(command(trial)[1:], environment, begun), log)


class Task:
    """A trial's task, seen as its process; what a run that is brought back says to stderr is put into `log`."""

    def __init__(self, ray: Any, news: Any, log: Path | None = None):
        self.ray, self.news, self.log = ray, news, log
        self.returncode = 0
        self.stdin, self.stdout = Closing(lambda: ray.cancel(news)), Lines(self.lines())

    def lines(self) -> Iterator[bytes]:
        """What the process says, line by line; at the end its exit code is known."""
        errors = self.ray.exceptions
        try:
            for reference in self.news:
                item = self.ray.get(reference)
                if isinstance(item, int):
                    self.returncode = item
                elif isinstance(item, Brought):
                    self.take(item)
                else:
                    yield item if self.log is None else here(item)
        except errors.TaskCancelledError:
            self.returncode = 0
        except errors.RayTaskError as error:
            yield json.dumps({"reason": str(error.cause)}).encode()
            self.returncode = 1
        except errors.RayError:  # Its node or its worker is gone.
            self.returncode = -9

    def take(self, item: "Brought") -> None:
        if item.run:
            unpack(item.files, runs_folder().resolve() / item.run)
        if self.log is not None and item.log:
            with self.log.open("ab") as file:
                file.write(item.log)

    def wait(self) -> int:
        return self.returncode


@dataclass(frozen=True)
class Brought:
    """A run's files, as they are on a node, and what its process has said to stderr."""

    run: str
    files: Files
    log: bytes = b""


def here(line: bytes) -> bytes:
    """A line of news whose run is told by its name, with its folder on this machine."""
    values = told(line)
    return line if "run" not in values else json.dumps(values | {"run": str(runs_folder().resolve() / values["run"])}).encode()


def told(item: bytes | int) -> dict[str, Any]:
    """The values of a line of news; none of an exit code, and of a line in the middle of which its process was killed."""
    with suppress(ValueError):
        return {} if isinstance(item, int) else json.loads(item)
    return {}


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


def carried_out_apart(
    arguments: list[str], environment: dict[str, str], begun: tuple[str, Files] | None
) -> Iterator["bytes | int | Brought"]:  # fmt: skip
    """`carried_out` in a runs folder of the node's own, with the run that the trial has `begun`; a run is handed on before the news of it."""
    with TemporaryDirectory(prefix="lab-trial-", ignore_cleanup_errors=True) as home:
        runs, log, trial = Path(home) / "runs", Path(home) / "log.txt", json.loads(arguments[-1])
        runs.mkdir()
        if begun is not None:
            trial["run"] = str(runs / begun[0])
            unpack(begun[1], runs / begun[0])
        folder: Path | None = None
        brought: list[str] | None = None
        news = carried_out([*arguments[:-1], json.dumps(trial)], environment | {"LAB_RUNS": str(runs)}, str(log))
        with closing(news):  # type: ignore[type-var]
            for item in news:
                values = told(item)
                if "run" in values:
                    folder = Path(values["run"])
                    item = json.dumps(values | {"run": folder.name}).encode()
                if folder is not None:
                    checkpoints = [path.name for path in listed(folder / "checkpoints")[-1:]]
                    if checkpoints != brought or isinstance(item, int):
                        yield Brought(folder.name, packed(folder))
                        brought = checkpoints
                if isinstance(item, int):
                    yield Brought("", {}, log.read_bytes())
                yield item


def on(place: str, address: str, cpus: int, gpus: float, bring_back: bool = False) -> Local:
    """Where the trials of `--on PLACE` run. Raises UsageError for flags that do not go together."""
    if place == "ray":
        return OnRay(address, cpus, gpus, bring_back)
    if address or cpus != 1 or gpus or bring_back:
        raise UsageError("--address, --cpus, --gpus and --bring-back go with --on ray.")
    return Local()
