"""Renaming runs and moving them to the trash folder and back. A run that is being trained is left alone."""

import re
from datetime import datetime
from pathlib import Path

from lab.errors import LabError, UsageError
from lab.paths import runs_folder
from lab.run import Run

TRASH = ".trash"


def rename(run: Run, name: str) -> Path:
    """Give the run's folder another name; its new path. Raises LabError where that cannot be."""
    name = name.strip()
    if not re.fullmatch(r"[\w][\w.+=-]*", name):
        raise UsageError(f"A run's name has letters, digits, and - _ . + =, and starts with a letter, digit or _; got {name!r}.")
    return move(run, run.path.with_name(name))


def discard(run: Run) -> Path:
    """Move a run to the trash folder beside the runs; its path there."""
    return move(run, runs_folder() / TRASH / f"{datetime.now():%Y%m%d-%H%M%S-%f}~{run.name}")


def put_back(path: Path) -> Path:
    """Take a run out of the trash folder; its path."""
    return moved(path, runs_folder() / path.name.partition("~")[2])


def move(run: Run, target: Path) -> Path:
    if run.is_locked():
        raise LabError(f"{run.name} is being trained. Stop it first.")
    return moved(run.path, target)


def moved(path: Path, target: Path) -> Path:
    """Rename a folder, never over another. Raises LabError that says why it cannot be."""
    name = path.name.partition("~")[2] or path.name
    try:
        if target.exists():
            raise UsageError(f"There is already a run called {target.name!r}.")
        if not path.exists():
            raise LabError(f"The folder of {name} is gone.")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    except OSError as error:
        raise LabError(f"Cannot move {name} ({error.strerror}).") from None
    return target
