"""Trainings that would each fill the cores take turns where several train at once.

The threads of a training wait for each other hundreds of times a step. Where those of two share the cores, each of these waits is one
for the other's threads too, and both lose a fifth of their time. So each has the cores to itself for `SLICE` seconds, or for a step
that is longer, and then passes them on; a training that fills them no more than in part does not take part. Which one is next is
settled by two locked files, which the system frees where a process ends. Read first: `Turn.take`.
"""

import fcntl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from lab import cores

SLICE = 0.06
"""Seconds: longer than the 3 ms for which idle OpenMP threads spin, short enough that nobody sees the pause."""
PATIENCE = 2.0
"""Seconds after which a training goes on without its turn: another's step may be long, or its process suspended."""
WITHOUT = 10.0
"""Seconds for which it then asks for none."""
LOOK_SECONDS = 0.0005


class Turn:
    """The place of one training among those that take turns; `wanted` says before each step whether it is one of several."""

    def __init__(self, wanted: Callable[[], bool], folder: Path | None = None):
        self.wanted = wanted
        self.folder = folder or cores.slot.folder.with_name(f"{cores.slot.folder.name}-turns")
        self.files: tuple[IO[str], IO[str]] | None = None
        """Whose lock lets one wait for the turn, and whose lock is the turn: so the one that waits comes before the one that had it."""
        self.held, self.since = False, 0.0
        self.without_until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.leave()
        for file in self.files or ():
            file.close()
        self.files = None

    def take(self) -> None:
        """Before a step: go on within the time of the turn, else pass it on and wait for the next. Nobody waits where no lock can be had."""
        wanted = self.wanted()
        if self.held and wanted and time.monotonic() - self.since < SLICE:
            return
        self.leave()
        if wanted and time.monotonic() >= self.without_until:
            with suppress(OSError):
                self.held = self.wait()
            self.since = time.monotonic()
            self.without_until = 0.0 if self.held else self.since + WITHOUT

    def leave(self) -> None:
        """Pass the turn on, before a rest or the end."""
        if self.held and self.files is not None:
            fcntl.flock(self.files[1], fcntl.LOCK_UN)
        self.held = False

    def wait(self) -> bool:
        """Whether the turn has come within `PATIENCE`."""
        if self.files is None:
            cores.make_own(self.folder)
            self.files = (self.folder / "next").open("a"), (self.folder / "turn").open("a")
        queue, turn = self.files
        deadline = time.monotonic() + PATIENCE
        if not locked(queue, deadline):
            return False
        try:
            return locked(turn, deadline)
        finally:
            fcntl.flock(queue, fcntl.LOCK_UN)


def locked(file: IO[str], deadline: float) -> bool:
    """Whether the lock on a file could be taken before the deadline."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)
