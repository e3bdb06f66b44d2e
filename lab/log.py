"""What happens on the way, in words: a download's progress, a skipped image, a sign of trouble. Modules use Python's `logging`.

A session writes what is said in its own thread into `log.txt` of its run; the command line shows it on stderr.
"""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

LOGGER = logging.getLogger("lab")


class Log(Protocol):
    def log(self, message: str) -> None: ...


class Kept(list[str]):
    """What was said before there is a run to say it to."""

    def log(self, message: str) -> None:
        self.append(message)


class RunHandler(logging.Handler):
    """Hands messages of one thread to a run."""

    def __init__(self, run: Log):
        super().__init__(logging.INFO)
        self.run, self.thread = run, threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            with suppress(OSError):  # A full disk must not hide what the message is about.
                self.run.log(record.getMessage())


@contextmanager
def logged(run: Log) -> Iterator[None]:
    """Inside, what this thread says goes into the run's log."""
    handler = RunHandler(run)
    LOGGER.addHandler(handler)
    if LOGGER.level == logging.NOTSET:
        LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)


def show_on_stderr() -> None:
    """Print messages on stderr, once however often it is called."""
    if not any(isinstance(handler, logging.StreamHandler) for handler in LOGGER.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("lab: %(message)s"))
        LOGGER.addHandler(handler)
        LOGGER.setLevel(logging.INFO)
