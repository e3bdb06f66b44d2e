"""The disk space of a run, and how to free some: its older checkpoints, never the newest good one, never those of a run that trains.

Read first: `plan`, then `free`.
"""

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.run import Run


@dataclass(frozen=True)
class Plan:
    """What would be deleted of a run, and how many bytes that frees."""

    run: Run
    folders: tuple[Path, ...]
    bytes: int


def disk_use(folder: Path, without: Collection[Path] = ()) -> int:
    """Bytes of the files under a folder, `without` some folders in it. A file that has several names there counts once."""
    sizes: dict[tuple[int, int], int] = {}
    waiting = [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            with suppress(OSError):  # A checkpoint that was just replaced.
                if entry.is_dir(follow_symlinks=False):
                    waiting += [Path(entry.path)] if Path(entry.path) not in without else []
                else:
                    about = entry.stat(follow_symlinks=False)
                    sizes[about.st_dev, about.st_ino] = about.st_size
    return sum(sizes.values())


def plan(run: Run) -> Plan:
    """The checkpoints older than the newest good one, and what interrupted writes left; nothing of a run that trains or has no good one."""
    if run.shipped or run.is_locked():
        return Plan(run, (), 0)
    folders = spare(run)
    return Plan(run, folders, disk_use(run.path) - disk_use(run.path, folders) if folders else 0)


def spare(run: Run) -> tuple[Path, ...]:
    from lab import checkpoint

    written = checkpoint.listed(run.checkpoints)
    for i, path in reversed(list(enumerate(written))):
        with suppress(LabError):
            checkpoint.verify(path)
            return (*written[:i], *sorted(run.checkpoints.glob(".tmp-*")))
    return ()


def free(planned: Plan) -> int:
    """Delete what was planned, as far as it still may be; the bytes that this frees. Raises LabError where the run trains by now."""
    run = planned.run
    with run.lock():
        still = set(spare(run))
        folders = tuple(path for path in planned.folders if path in still)
        count = disk_use(run.path) - disk_use(run.path, folders)
        for path in folders:
            try:
                shutil.rmtree(path)
            except OSError as error:
                raise LabError(f"Cannot delete {path} ({error.strerror}).") from None
        if folders:
            run.log(f"deleted {len(folders)} older checkpoint{'s' if len(folders) > 1 else ''} to free space")
    return count
