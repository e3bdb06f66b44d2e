"""Works through the queue of trainings while the app is open: the next one starts when no session of the app trains any more."""

from collections.abc import Callable
from contextlib import ExitStack

from PySide6.QtCore import QObject, QTimer, Signal

from gui.bridge import Sessions
from lab import training_queue
from lab.errors import LabError
from lab.training_queue import Job

LOOK_MS = 1000


class QueueWorker(QObject):
    """Starts what waits, by `start(job)`, once `set_active` said so. What another process adds is seen too."""

    changed = Signal()
    """What waits, or whether it is worked through."""

    def __init__(self, sessions: Sessions, start: Callable[[Job], None], parent: QObject | None = None):
        super().__init__(parent)
        self.sessions, self.start = sessions, start
        self.jobs: list[Job] = []
        self.held: ExitStack | None = None
        self.timer = QTimer(self, interval=LOOK_MS)
        self.timer.timeout.connect(self.look)

    @property
    def active(self) -> bool:
        return self.held is not None

    def set_active(self, on: bool) -> None:
        """Work through the queue, or leave it to wait. Raises LabError where another process works through it."""
        if on and self.held is None:
            held = ExitStack()
            held.enter_context(training_queue.hold())
            self.held = held
        elif not on and self.held is not None:
            self.held.close()
            self.held = None
        self.changed.emit()
        self.look()

    def training(self) -> str:
        """The run that is waited for; "" where none trains here."""
        running = [bridge.run.name for bridge in self.sessions.bridges if bridge.running]
        return next(iter([*running, *(start.name for start in self.sessions.starting)]), "")

    def look(self) -> None:
        """See what waits, and start the next training where it is its turn."""
        jobs = training_queue.waiting()
        if jobs != self.jobs:
            self.jobs = jobs
            self.changed.emit()
        if self.active and jobs and not self.training() and not self.sessions.closing:
            self.start(jobs[0])

    def taken(self, job: Job) -> None:
        """A training has its run, or cannot have one: it waits no more."""
        try:
            training_queue.remove(job.number)
        except LabError:
            pass  # Somebody took it out meanwhile.
        self.look()

    def shut(self) -> None:
        self.timer.stop()
        if self.held is not None:
            self.held.close()
            self.held = None
