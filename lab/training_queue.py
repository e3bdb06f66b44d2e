"""Trainings that wait for the one before to end: a file each in the folder `.queue` beside the runs, which the app and the shell share.

Whoever holds the queue (`hold`) works through it: `lab queue run`, or the app. Read first: `Job`, then `add` and `waiting`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab import lock_file, registry
from lab.errors import LabError, UsageError
from lab.flags import check_length, command_line
from lab.paths import runs_folder, write_atomic


@dataclass(frozen=True)
class Job:
    """A training that waits: the recipe, its settings, how long and on which device."""

    number: int
    recipe: str
    fields: dict[str, Any]
    steps: int | None = None
    minutes: float | None = None
    device: str = "auto"

    def options(self) -> dict[str, Any]:
        """Those of `lab.api.new_session`."""
        return {"steps": self.steps, "minutes": self.minutes, "device": self.device}

    @property
    def command(self) -> str:
        """The `lab train` line that does the same."""
        config = registry.recipe(self.recipe).config_class().parse(self.fields, exists=False)
        return command_line(self.recipe, config, **self.options())


def folder() -> Path:
    return runs_folder() / ".queue"


def path_of(number: int) -> Path:
    return folder() / f"{number:06d}.json"


def waiting() -> list[Job]:
    """The trainings that wait, the next one first. Files that are none are passed over."""
    jobs = []
    for path in sorted(folder().glob("*.json")):
        with suppress(OSError, ValueError, TypeError, LabError):
            job = Job(**{**json.loads(path.read_text(encoding="utf-8")), "number": int(path.stem)})
            registry.recipe(job.recipe).config_class().parse(job.fields, exists=False)  # Data that have gone are said when its turn comes.
            jobs.append(job)
    return jobs


def add(recipe: str, fields: dict[str, Any], *, steps: int | None = None, minutes: float | None = None, device: str = "auto") -> Job:
    """Put a training at the end of the queue. Raises UsageError for a wrong name or value, LabError where it cannot be written."""
    entry = registry.recipe(recipe)
    entry.config_class().parse(fields)
    check_length(steps, minutes)
    try:
        folder().mkdir(parents=True, exist_ok=True)
        numbers = [int(path.stem) for path in folder().glob("*.json") if path.stem.isdecimal()]
        number = max(numbers, default=0) + 1
        while True:
            try:
                path_of(number).touch(exist_ok=False)  # Somebody else may add one now.
                break
            except FileExistsError:
                number += 1
        job = Job(number, recipe, fields, steps, minutes, device)
        write_atomic(path_of(number), json.dumps(asdict(job), indent=1))
    except OSError as error:
        raise LabError(f"Cannot write the queue {folder()} ({error.strerror}).") from None
    return job


def remove(number: int) -> None:
    """Take a training out of the queue. Raises UsageError where there is none of that number."""
    try:
        path_of(number).unlink()
    except OSError:
        raise UsageError(f"No training of number {number} waits. `lab queue` lists those that do.") from None


@contextmanager
def hold() -> Iterator[None]:
    """Be the one that works through the queue. Raises LabError where another process does."""
    with suppress(OSError):  # Then there can be no lock either, which is told.
        folder().mkdir(parents=True, exist_ok=True)
    with lock_file.held(
        folder() / "lock",
        f"Cannot write the queue {folder()}",
        lambda process: f"Process {process or '?'} works through the queue already.",
    ):
        yield
