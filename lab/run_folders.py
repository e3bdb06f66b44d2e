"""Renaming runs, moving them to the trash folder and back, and emptying it. A run that is being trained is left alone."""

import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lab.errors import LabError, UsageError
from lab.paths import runs_folder
from lab.run import Run

TRASH = ".trash"
KEPT_DAYS = 30
"""How long a deleted run stays in the trash folder."""
STAMP = "%Y%m%d-%H%M%S-%f"


def rename(run: Run, name: str) -> Path:
    """Give the run's folder another name; its new path. Raises LabError where that cannot be."""
    name = name.strip()
    if not re.fullmatch(r"[\w][\w.+=-]*", name):
        raise UsageError(f"A run's name has letters, digits, and - _ . + =, and starts with a letter, digit or _; got {name!r}.")
    return move(run, run.path.with_name(name))


def discard(run: Run) -> Path:
    """Move a run to the trash folder beside the runs; its path there."""
    return move(run, runs_folder() / TRASH / f"{datetime.now(UTC):{STAMP}}~{run.name}")


def put_back(path: Path) -> Path:
    """Take a run out of the trash folder; its path."""
    return moved(path, runs_folder() / run_name(path))


def run_name(path: Path) -> str:
    """The name that a run in the trash folder had, or that of a run's folder."""
    return path.name.partition("~")[2] or path.name


def trashed(days: float = 0) -> list[Path]:
    """The runs in the trash folder that were deleted at least `days` ago, oldest first."""
    latest = datetime.now(UTC) - timedelta(days=days)
    folder = runs_folder() / TRASH
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in inside if (when := deleted_at(path)) is not None and when <= latest]


def deleted_at(path: Path) -> datetime | None:
    """When a run was moved to the trash folder, by its name there; None for what somebody else put there."""
    stamp, mark, _ = path.name.partition("~")
    with suppress(ValueError):
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC) if mark else None
    return None


def empty(paths: Iterable[Path]) -> None:
    """Delete runs in the trash folder for good. Raises LabError where one cannot be deleted."""
    for path in paths:
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise LabError(f"Cannot delete {path} ({error.strerror}).") from None


def move(run: Run, target: Path) -> Path:
    if run.is_locked():
        raise LabError(f"{run.name} is being trained. Stop it first.")
    return moved(run.path, target)


def moved(path: Path, target: Path) -> Path:
    """Rename a folder, never over another. Raises LabError that says why it cannot be."""
    name = run_name(path)
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
