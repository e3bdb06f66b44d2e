"""Work off the window's thread: a function runs in a pool thread, its result arrives in the window's thread.

A future that is done tells the window's thread, which hands its result over, so a receiver is never called from another
thread. A timer that runs only while something is pending finds what was not told.
"""

import logging
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from shiboken6 import isValid


@dataclass(eq=False)
class Job:
    """A future, and whom its result goes to."""

    future: Future[Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    receiver: object = None

    def hand_over(self) -> None:
        """Call who waits, unless the future was cancelled or the receiver destroyed. One receiver's defect must not lose the others' results."""
        if self.future.cancelled() or (isinstance(self.receiver, QObject) and not isValid(self.receiver)):
            return
        error = self.future.exception()
        try:
            self.done(self.future.result()) if error is None else self.failed(error)
        except Exception:
            sys.excepthook(*sys.exc_info())


def split(jobs: list[Job]) -> tuple[list[Job], list[Job]]:
    """Those that are done, and the others. Each is asked once: one that ends meanwhile must not fall between the two."""
    ready: list[Job] = []
    pending: list[Job] = []
    for job in jobs:
        (ready if job.future.done() else pending).append(job)
    return ready, pending


class Background(QObject):
    """Submits functions and hands their results, or errors, to callbacks in the thread that made this object."""

    arrived = Signal()
    """A future is done; emitted in the thread that ran it."""

    def __init__(self, parent: QObject | None = None, workers: int = 2):
        super().__init__(parent)
        self.workers = workers
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="background")
        self.pending: list[Job] = []
        self.closed = False
        self.timer = QTimer(self, interval=25)
        self.timer.timeout.connect(self.deliver)
        self.arrived.connect(self.deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None = None,
        receiver: QObject | None = None,
    ) -> "Future[Any]":
        """Run `function` in a pool thread, then `done(result)` or `failed(error)` here.

        Nobody is told where `receiver`, by default the object whose method `done` is, has been destroyed meanwhile. After `close` nothing is
        run: a training that ends after its window closed still tells the panels, which ask anew.
        """
        if self.closed:
            dropped: Future[Any] = Future()
            dropped.cancel()
            return dropped
        future = self.pool.submit(on_one_core, function)
        self.pending.append(Job(future, done, failed or log_error, receiver or getattr(done, "__self__", None)))
        self.timer.start()
        future.add_done_callback(self.tell)
        return future

    def tell(self, future: "Future[Any]") -> None:
        with suppress(RuntimeError):  # The window is gone: nobody wants the result any more.
            self.arrived.emit()

    def deliver(self) -> None:
        ready, self.pending = split(self.pending)
        if not self.pending:
            self.timer.stop()
        for job in ready:
            job.hand_over()

    def close(self, wait: bool = True) -> None:
        """Drop what waits and end the threads after what they do now."""
        self.closed = True
        self.timer.stop()
        self.pending.clear()
        self.pool.shutdown(wait=wait, cancel_futures=True)


def on_one_core(function: Callable[[], Any]) -> Any:
    """Call it, and leave the other cores to what trains: see `lab.cores.one_thread`, which this thread keeps to for good."""
    use_threads = getattr(sys.modules.get("lab.cores"), "use_threads", None)  # Not imported: a job need not wait for torch.
    if use_threads is not None:
        use_threads(1)
    return function()


def log_error(error: BaseException) -> None:
    logging.getLogger(__name__).error("a background job failed", exc_info=error)
