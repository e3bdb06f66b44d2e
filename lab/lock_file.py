"""Lock files: one process at a time works on a run, a suite, a sweep or the queue, and its file names it. A lock dies with its process.

Read first: `held`.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lab.errors import LabError

CHARACTERS = 20
"""The length of a lock file: the number of the process that holds it, and spaces."""


@contextmanager
def held(path: Path, unwritable: str, taken: Callable[[int | None], str]) -> Iterator[None]:
    """Hold the lock file at `path`, in a folder that is there.

    Raises LabError: with `unwritable` and the system's reason where there can be no such file, with `taken(process)` where another holds it.
    """
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+")
    except OSError as error:
        raise LabError(f"{unwritable} ({error.strerror}).") from None
    with file:
        if not locked(file):
            raise LabError(taken(holder_in(file)))
        # One write over what is there: whoever reads meanwhile must not find the file empty.
        os.pwrite(file.fileno(), f"{os.getpid():<{CHARACTERS}}".encode(), 0)
        yield


def is_held(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def holder(path: Path) -> int | None:
    """The process that holds the lock file at `path`, 0 where it does not say its number; None where nobody does."""
    if not is_held(path):
        return None
    try:
        with path.open() as file:
            return holder_in(file) or 0
    except OSError:
        return 0


def holder_in(file: IO[str]) -> int | None:
    """The number of the process that an open lock file names."""
    file.seek(0)
    text = file.read(CHARACTERS).strip()
    return int(text) if text.isdecimal() else None


def locked(file: IO[str], tries: int = 20) -> bool:
    """Take the lock on an open file. Retries briefly: asking whether it is held takes the lock for a moment too."""
    for attempt in range(tries):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            time.sleep(0.01 if attempt + 1 < tries else 0)
    return False
