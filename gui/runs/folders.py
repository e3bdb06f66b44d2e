"""Renaming runs and moving them to the trash folder and back. A run that is being trained is left alone."""

import re
from datetime import datetime
from pathlib import Path

from lab.errors import LabError, UsageError
from lab.run import Run, home

TRASH = ".trash"


def rename(run: Run, name: str) -> Path:
    """Give the run's folder another name; its new path. Raises LabError where that cannot be."""
    name = name.strip()
    if not re.fullmatch(r"[\w][\w.+=-]*", name):
        raise UsageError(f"A run's name has letters, digits, and - _ . + =, and begins with a letter or digit; got {name!r}.")
    target = run.path.with_name(name)
    if target.exists():
        raise UsageError(f"There is a run {name!r} already.")
    return move(run, target)


def discard(run: Run) -> Path:
    """Move a run to the trash folder beside the runs; its path there."""
    folder = home() / TRASH
    folder.mkdir(parents=True, exist_ok=True)
    return move(run, folder / f"{datetime.now():%Y%m%d-%H%M%S-%f}~{run.name}")


def put_back(path: Path) -> Path:
    """Take a run out of the trash folder; its path."""
    target = home() / path.name.partition("~")[2]
    if target.exists():
        raise UsageError(f"There is a run {target.name!r} again; rename that one first.")
    path.rename(target)
    return target


def move(run: Run, target: Path) -> Path:
    if run.is_locked():
        raise LabError(f"{run.name} is being trained. Stop it first.")
    try:
        run.path.rename(target)
    except OSError as error:
        raise LabError(f"{run.name} cannot be moved ({error.strerror}).") from None
    return target
