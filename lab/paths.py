"""Where the lab keeps its files, and how a small file is replaced as a whole."""

import itertools
import os
from pathlib import Path


def runs_folder() -> Path:
    """Where runs are kept: `$LAB_RUNS`, or `runs` in the working folder."""
    return expanded(os.environ.get("LAB_RUNS") or "runs")


def agents_folder() -> Path:
    """Where imported agents are kept, a file each."""
    return runs_folder() / "agents"


def expanded(path: str | Path) -> Path:
    """A path with the home folder for its `~`, which a shell leaves as it is inside quotes and behind `=`."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # There is no such user: the folder is called that.
        return Path(path)


def new_folder(base: Path) -> Path:
    """Make `base`, or `base-2`, `base-3`, ... where another run of the same second has it."""
    for attempt in itertools.count(1):
        folder = base if attempt == 1 else base.with_name(f"{base.name}-{attempt}")
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            continue
    return folder


def write_atomic(path: Path, text: str) -> None:
    """Replace a small file as a whole."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
