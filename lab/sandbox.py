"""A sandbox: an experiment that runs for somebody who looks at it, without a run on disk, and is changed by hand between two steps.

Only the sandbox's own thread touches the experiment. Other threads hand in changes (`do`) and read `latest`, a frame that is replaced
whole. It knows nothing of Qt. What is worth keeping is trained as a run, from the same config. Read first: `Sandbox.run`.
"""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError

Change = Callable[[Any], Any]
"""Takes the experiment; gives another to continue with, or None for the same."""


@dataclass(frozen=True)
class Pace:
    """How fast a sandbox steps: `share` of the time is for steps; in slow motion `steps_per_second` is set instead."""

    name: str
    share: float = 0.0
    steps_per_second: float = 0.0


PACES = (Pace("slow motion", steps_per_second=2), Pace("slow", steps_per_second=30), Pace("normal", 0.35), Pace("fast", 0.8))


@dataclass(frozen=True)
class Frame:
    """What was drawn from the experiment at a moment; `serial` tells frames apart."""

    serial: int
    content: Any
    steps_per_second: float


class Sandbox:
    """Runs what `make()` gives in a thread of its own and shows it as `frame(experiment)`, `rate` times a second."""

    def __init__(self, make: Callable[[], Any], frame: Callable[[Any], Any], rate: float = 31.0):
        self.make, self.frame, self.interval = make, frame, 1 / rate
        self.latest: Frame | None = None
        self.problem = ""
        """A sentence about what went wrong last, "" where nothing did."""
        self.trace = ""
        self.pace = PACES[2]
        self.playing, self.looked_at, self.closing = True, True, False
        self.changes: list[Change] = []
        self.single_steps = 0
        self.wake = threading.Condition()
        self.thread: threading.Thread | None = None

    # -- from other threads ----------------------------------------------------------------------------------------

    def start(self) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=self.run, name="sandbox", daemon=True)
            self.thread.start()

    def do(self, change: Change) -> None:
        """Change the experiment before its next step."""
        with self.wake:
            self.changes.append(change)
            self.wake.notify_all()

    def play(self, on: bool = True) -> None:
        with self.wake:
            self.playing = on
            self.wake.notify_all()

    def step_once(self) -> None:
        """Pause, and take one step."""
        with self.wake:
            self.playing, self.single_steps = False, self.single_steps + 1
            self.wake.notify_all()

    def look(self, on: bool) -> None:
        """Whether somebody looks: nothing moves while nobody does."""
        with self.wake:
            self.looked_at = on
            self.wake.notify_all()

    def request_close(self) -> None:
        """Let the thread end after what it does now."""
        with self.wake:
            self.closing = True
            self.wake.notify_all()

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def close(self, timeout: float = 10.0) -> bool:
        """End the thread; whether it ended in time."""
        self.request_close()
        if self.thread is not None:
            self.thread.join(timeout)
        return not self.alive

    # -- its own thread --------------------------------------------------------------------------------------------

    def run(self) -> None:
        from lab.cores import use_threads

        use_threads(1)  # The operations are small, and the window needs the other cores.
        experiment: Any = None
        serial, done, since, speed, owed = 0, 0, time.monotonic(), 0.0, 0.0
        due = since
        while not self.closing:
            begin = time.monotonic()
            with self.wake:
                changes, self.changes = self.changes, []
                singles, self.single_steps = self.single_steps, 0
                moving = self.playing and self.looked_at
                pace = self.pace
            steps, moved = 0, bool(changes) or bool(singles) or moving or experiment is None
            try:
                if experiment is None:
                    experiment = self.make()
                    serial += 1
                    self.latest = Frame(serial, self.frame(experiment), speed)  # Seen before the first step, which may take longer.
                for change in changes:
                    experiment = self.changed(experiment, change)
                if moving and pace.steps_per_second:
                    owed = min(owed + pace.steps_per_second * self.interval, max(1.0, pace.steps_per_second * self.interval))
                    singles, owed = singles + int(owed), owed - int(owed)
                for _ in range(singles):
                    experiment.step()
                    steps += 1
                if moving and not pace.steps_per_second:
                    until = begin + pace.share * self.interval
                    while time.monotonic() < until and not experiment.ended:
                        experiment.step()
                        steps += 1
                done += steps
                now = time.monotonic()
                if now - since > 0.5:
                    speed, done, since = done / (now - since), 0, now
                if moved:
                    serial += 1
                    self.latest = Frame(serial, self.frame(experiment), speed)
            except Exception as error:
                self.tell(error)
                self.playing = False
            with self.wake:
                if self.playing and self.looked_at:
                    now = time.monotonic()
                    due = max(due + self.interval, now)  # Not from when it was woken, which is a little late each time.
                    self.wake.wait_for(lambda: self.changes or self.closing or self.single_steps, max(due - now, 0.001))
                else:
                    self.wake.wait_for(lambda: self.changes or self.closing or self.single_steps or (self.playing and self.looked_at))

    def changed(self, experiment: Any, change: Change) -> Any:
        """The experiment after a change, or as it was where that fails."""
        try:
            experiment = change(experiment) or experiment
            self.problem = self.trace = ""
        except Exception as error:
            self.tell(error)
        return experiment

    def tell(self, error: Exception) -> None:
        """Keep what went wrong for whoever looks."""
        self.problem = str(error) if isinstance(error, LabError | ValueError) else f"{type(error).__name__}: {error}"
        self.trace = "".join(traceback.format_exception(error))
