"""Work off the window's thread: a function runs in a pool thread, its result arrives in the window's thread.

The window polls the futures with a timer that runs only while something is pending, so a receiver that is gone by then
is never called from another thread.
"""

import logging
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, QTimer


class Background(QObject):
    """Submits functions and hands their results, or errors, to callbacks in the thread that made this object."""

    def __init__(self, parent: QObject | None = None, workers: int = 2):
        super().__init__(parent)
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="background")
        self.pending: list[tuple[Future[Any], Callable[[Any], None], Callable[[BaseException], None]]] = []
        self.timer = QTimer(self, interval=25)
        self.timer.timeout.connect(self.deliver)

    def submit(
        self, function: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[BaseException], None] | None = None
    ) -> "Future[Any]":
        """Run `function` in a pool thread, then `done(result)` or `failed(error)` here."""
        return self.follow(self.pool.submit(function), done, failed)

    def follow(
        self, future: "Future[Any]", done: Callable[[Any], None], failed: Callable[[BaseException], None] | None = None
    ) -> "Future[Any]":
        """Hand over what somebody else's future will bring; nothing where it is cancelled."""
        self.pending.append((future, done, failed or log_error))
        self.timer.start()
        return future

    def deliver(self) -> None:
        ready = [entry for entry in self.pending if entry[0].done()]
        self.pending = [entry for entry in self.pending if not entry[0].done()]
        if not self.pending:
            self.timer.stop()
        for future, done, failed in ready:
            if future.cancelled():
                continue
            error = future.exception()
            try:
                done(future.result()) if error is None else failed(error)
            except Exception:
                sys.excepthook(*sys.exc_info())  # One receiver's defect must not lose the others' results.

    def close(self, wait: bool = True) -> None:
        """Drop what waits and end the threads after what they do now."""
        self.timer.stop()
        self.pending.clear()
        self.pool.shutdown(wait=wait, cancel_futures=True)


def log_error(error: BaseException) -> None:
    logging.getLogger(__name__).error("a background job failed", exc_info=error)
