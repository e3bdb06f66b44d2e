"""What the threads share that play for the screen at a clock of their own: the window writes their controls, reads what they show, and neither waits.

Read first: `ScreenThread.run`; `gui.atari.player_thread` plays a game, `gui.atari.dream_thread` a game and its dream.
"""

import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gui.atari.weight_sources import WeightSource
from gui.widgets.recorder import Recorder


@dataclass
class ScreenControls:
    """What the person has set, each a plain value that the window's thread alone writes."""

    speed: float = 1.0
    """Emulator seconds per second; infinity for as fast as it goes."""
    paused: bool = False
    singles: int = 0
    """Steps wanted while paused, counted from the start."""
    restarts: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def set(self, **values: Any) -> None:
        """Change values and wake who plays."""
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.notify_all()


class ScreenThread(threading.Thread):
    """Plays what `source` gives the weights of, under `controls`, until `stop`."""

    controls: ScreenControls

    def __init__(self, name: str, source: WeightSource, controls: ScreenControls):
        super().__init__(name=name, daemon=True)
        self.source, self.controls = source, controls
        self.names: tuple[str, ...] = ()
        """The game's actions."""
        self.error: tuple[str, str] | None = None
        """What went wrong, and its traceback."""
        self.recorder: Recorder | None = None
        self.stopped = False

    def play(self) -> None:
        """Play until `stopped`."""
        raise NotImplementedError

    def make_recorder(self, path: Path) -> Recorder:
        """What makes a film of that which is shown."""
        raise NotImplementedError

    def run(self) -> None:
        try:
            from lab.cores import use_threads

            use_threads(1)  # One step at a time is too little work to share, and training wants the cores.
            self.source.open()
            self.play()
        except BaseException as error:
            self.error = (str(error) or type(error).__name__, traceback.format_exc())

    def stop(self) -> None:
        """Ask the thread to end; it does so within a step."""
        with self.controls.changed:
            self.stopped = True
            self.controls.changed.notify_all()

    def record(self, path: Path | None) -> Recorder | None:
        """Start recording into `path`; with None, end. Returns the recorder that ended."""
        before, self.recorder = self.recorder, None
        if before is not None:
            before.close(wait=True)
        if path is not None:
            self.recorder = self.make_recorder(path)
        return before

    def wait(self, due: float, fps: float) -> float:
        """Wait for the next step's time; that time. One that fell behind by a tenth of a second does not catch up."""
        speed = self.controls.speed
        if speed == float("inf"):
            time.sleep(0)  # Let the other threads in.
            return time.monotonic()
        due += 1 / (fps * speed)
        now = time.monotonic()
        if due > now:
            time.sleep(due - now)
            return due
        return max(due, now - 0.1)
