"""Where a session meets Qt, and nowhere else.

A timer polls `session.latest`, an immutable record, at most 30 times a second; nothing is emitted per step. Answers to
views arrive as futures; each tells the window's thread at once when it is there, so that a picture follows the hand. Read first: `SessionBridge`, then `Sessions`.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from gui.background import Background, Job, split
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.experiment import ViewSpec
    from lab.latest import Latest
    from lab.run import Run
    from lab.session import Session

POLL_MS = 33
CLOSE_SECONDS = 60.0
"""How long closing waits for the sessions' last checkpoints before it asks again."""


class SessionBridge(QObject):
    """One session as the screen sees it: its newest record, its answers to views, its end."""

    updated = Signal(object)
    """A new `Latest`."""
    failed = Signal(str, str)
    """The sentence and the traceback of an error that ended the session."""
    ended = Signal()
    """The session takes no further step (finished, stopped or failed)."""
    answered = Signal()
    """An answer is there; emitted in the thread that found it."""

    def __init__(self, session: "Session", parent: QObject | None = None):
        super().__init__(parent)
        self.session = session
        self.run = session.run_folder
        self.latest: Latest = session.latest
        self.over = self.closing = False
        self.waiting: list[Job] = []
        self.timer = QTimer(self, interval=POLL_MS)
        self.timer.timeout.connect(self.poll)
        self.answered.connect(self.deliver, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        self.session.start()
        self.timer.start()

    def poll(self) -> None:
        """Read the newest record and hand over the answers that have come."""
        latest = self.session.latest
        if latest is not self.latest:
            self.latest = latest
            self.updated.emit(latest)
        self.deliver()
        if not self.over and self.session.trained.is_set():
            self.over = True
            self.latest = self.session.latest
            self.updated.emit(self.latest)
            if self.latest.status == "failed":
                self.failed.emit(self.latest.error, self.latest.traceback)
            self.ended.emit()

    def deliver(self) -> None:
        """Hand over the answers that have come."""
        ready, self.waiting = split(self.waiting)
        for job in ready:
            job.hand_over()

    def ask(
        self, view: str, done: Callable[[Any], None], failed: Callable[[BaseException], None], key: str | None = None, **parameters: Any
    ) -> None:
        """Ask a view; the answer reaches `done`, an error `failed`, in the window's thread."""
        future = self.session.ask(view, key, **parameters)
        self.waiting.append(Job(future, done, failed))
        future.add_done_callback(self.tell)

    def tell(self, future: "Future[Any]") -> None:
        """Wake the window's thread; called in the thread that has answered."""
        if not future.cancelled():
            with suppress(RuntimeError):  # The bridge is gone: nobody wants the answer any more.
                self.answered.emit()

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        """The same, as a source of view frames."""
        try:
            self.ask(view, done, failed, key, **parameters)
        except LabError as error:
            failed(error)

    def specs(self) -> "dict[str, ViewSpec]":
        return self.session.experiment.views()

    def moving(self) -> bool:
        """Whether an answer now differs from the last one."""
        return self.running and self.latest.status == "running"

    @property
    def running(self) -> bool:
        """Whether the session trains or can resume."""
        return not self.over

    def request_close(self) -> None:
        """Ask the session to stop, save and end, without waiting for it."""
        self.closing = True
        self.session.request("stop")
        self.session.request("close")

    @property
    def alive(self) -> bool:
        """Whether a thread of the session still runs."""
        return any(thread is not None and thread.is_alive() for thread in (self.session.thread, self.session.viewer))

    def detach(self) -> None:
        """Stop looking at the session."""
        self.timer.stop()
        self.waiting.clear()


@dataclass(eq=False)
class Start:
    """A session that is being made: of the stored run at `path`, or of a new run."""

    name: str
    path: Path | None = None


class Sessions(QObject):
    """The app's sessions: starts, resumes and closes them. Making one imports torch, so that happens off the window's thread."""

    added = Signal(object)
    removed = Signal(object)

    def __init__(self, background: Background, parent: QObject | None = None):
        super().__init__(parent)
        self.background = background
        self.bridges: list[SessionBridge] = []
        self.retiring: list[SessionBridge] = []
        self.starting: list[Start] = []
        self.closing = False
        """The app closes: a session that was still being made writes its checkpoint and ends."""

    def start(
        self,
        recipe: str,
        fields: dict[str, Any],
        done: Callable[[SessionBridge], None],
        failed: Callable[[BaseException], None],
        **options: Any,
    ) -> None:
        """Train `recipe` into a new run; `options` are those of `lab.api.new_session`."""

        def make() -> "Session":
            from lab.api import new_session

            return new_session(recipe, fields, **options)

        self.begin(Start(f"a new run of {recipe}"), make, done, failed)

    def resume(self, run: "Run", done: Callable[[SessionBridge], None], failed: Callable[[BaseException], None], **options: Any) -> None:
        """Go on with a stored run; `options` are those of `lab.api.resumed_session`. One session has a run at a time."""
        if self.has(run.path):
            failed(LabError(f"Run {run.name} is being trained by another session. Stop that one first."))
            return

        def make() -> "Session":
            from lab.api import resumed_session

            return resumed_session(run, **options)

        self.begin(Start(run.name, run.path.resolve()), make, done, failed)

    def begin(
        self, start: Start, make: "Callable[[], Session]", done: Callable[[SessionBridge], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Make a session off the window's thread and adopt it. Nobody is told of one that came only when the app was closing."""

        def made(session: "Session") -> None:
            self.starting.remove(start)
            bridge = self.adopt(session)
            if not self.closing:
                done(bridge)

        def not_made(error: BaseException) -> None:
            self.starting.remove(start)
            failed(error)

        self.starting.append(start)
        self.background.submit(make, made, not_made)

    def adopt(self, session: "Session") -> SessionBridge:
        """Start a session and look after it."""
        bridge = SessionBridge(session, self)
        self.bridges.append(bridge)
        if self.closing:
            bridge.request_close()
        bridge.start()
        self.added.emit(bridge)
        return bridge

    def running(self) -> list[SessionBridge]:
        return [bridge for bridge in self.bridges if bridge.running]

    def of_run(self, path: Path) -> SessionBridge | None:
        """The session that holds the run at `path`, if there is one here."""
        return next((bridge for bridge in self.bridges if bridge.run.path.resolve() == path.resolve()), None)

    def has(self, path: Path) -> bool:
        """Whether the run at `path` trains here, or is about to."""
        path = path.resolve()
        return any(start.path == path for start in self.starting) or any(bridge.run.path.resolve() == path for bridge in self.running())

    def close_one(self, bridge: SessionBridge) -> None:
        """End a session (with a checkpoint) and forget it; its threads are joined when they are done."""
        bridge.request_close()
        bridge.detach()
        self.bridges.remove(bridge)
        self.retiring.append(bridge)
        self.removed.emit(bridge)
        self.background.submit(lambda: bridge.session.close(CLOSE_SECONDS), lambda ended: self.retire(bridge))

    def retire(self, bridge: SessionBridge) -> None:
        if bridge in self.retiring:
            self.retiring.remove(bridge)
            bridge.deleteLater()

    def request_close(self) -> None:
        """Ask every session to stop, save and end, also those that are still being made."""
        self.closing = True
        for bridge in self.bridges:
            bridge.request_close()

    def alive(self) -> list[SessionBridge]:
        """The sessions whose threads have not ended yet."""
        return [bridge for bridge in (*self.bridges, *self.retiring) if bridge.alive]

    def busy(self) -> bool:
        """Whether a session has not ended yet, or is being made."""
        return bool(self.starting or self.alive())

    def wait(self, seconds: float) -> bool:
        """Block until all threads have ended, `seconds` at most; for the end of the app, when no window is left to serve."""
        deadline = time.monotonic() + seconds
        for bridge in (*self.bridges, *self.retiring):
            bridge.detach()
            bridge.session.close(max(0.0, deadline - time.monotonic()))
        return not self.alive()
