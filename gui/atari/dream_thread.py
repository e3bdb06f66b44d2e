"""The thread in which the game and its dream are played side by side, at its own clock. The screen reads `latest` when it draws; neither waits.

Read first: `DreamThread.play`. `DreamControls` are written by the window's thread only, each a plain value.
"""

import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gui.atari.weight_sources import WeightSource
from gui.settings import film_size
from gui.widgets.recorder import Recorder

if TYPE_CHECKING:
    from agents.dream_play import Moment, SideBySide

AGENT, ME, RANDOM = "agent", "me", "random"
WAIT_SECONDS = 0.5
"""How often a training that has not seen a frame yet is asked again."""


@dataclass
class DreamControls:
    """What the person has set."""

    player: str = AGENT
    alone: bool = False
    horizon: int = 0
    drawing_steps: int = 1
    temperature: float = 0.0
    speed: float = 1.0
    paused: bool = False
    singles: int = 0
    """Steps wanted while paused, counted from the start."""
    restarts: int = 0
    wakes: int = 0
    """How often the dream was to start afresh from what the game shows."""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def set(self, **values: Any) -> None:
        """Change values and wake the player."""
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.notify_all()


class DreamThread(threading.Thread):
    """Plays the dream whose weights `source` gives, under `controls`, until `stop`."""

    def __init__(self, source: WeightSource, config: Any, controls: DreamControls):
        super().__init__(name=f"dream {source.label}", daemon=True)
        self.source, self.config, self.controls = source, config, controls
        self.human = 0
        self.names: tuple[str, ...] = ()
        self.latest: Moment | None = None
        self.rate = 0.0
        """Steps a second, of late."""
        self.error: tuple[str, str] | None = None
        self.recorder: Recorder | None = None
        self.stopped = False
        self.asked = (controls.singles, controls.restarts, controls.wakes)
        """What had been asked for when the thread was made: what is asked from then on counts."""

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
            from agents.dream_play import strip

            self.recorder = Recorder(path, 60 / self.config.frame_skip, strip, film_size())
        return before

    def run(self) -> None:
        try:
            from lab.cores import use_threads

            use_threads(1)  # Training wants the cores.
            self.source.open()
            self.play()
        except BaseException as error:
            self.error = (str(error) or type(error).__name__, traceback.format_exc())

    def made(self) -> "SideBySide | None":
        """The game and the dream, once the network has seen a frame; None where the thread is to end before."""
        from agents.dream_play import SideBySide
        from lab.stored_runs import agent_for

        agent, crop = agent_for(self.config.game)
        while not self.stopped:
            with self.source.net() as net:
                assert net is not None
                if net.rgb.any():  # type: ignore[operator]
                    return SideBySide(net, self.config, agent, crop)
            with self.controls.changed:
                self.controls.changed.wait_for(lambda: self.stopped, WAIT_SECONDS)
        return None

    def play(self) -> None:
        c = self.controls
        singles, restarts, wakes = self.asked
        both = self.made()
        if both is None:
            return
        self.names = both.names
        due = second = time.monotonic()
        counted = 0
        while True:
            with c.changed:
                if c.paused and self.latest is not None and (c.singles, c.restarts, c.wakes) == (singles, restarts, wakes):
                    before = (singles, restarts, wakes)
                    c.changed.wait_for(
                        lambda before=before: self.stopped or not c.paused or (c.singles, c.restarts, c.wakes) != before  # type: ignore[misc]
                    )
                    due = time.monotonic()
                if self.stopped:
                    return
                singles = c.singles
            with self.source.net() as net:
                assert net is not None
                both.net = both.world.net = net
                both.horizon, both.alone = c.horizon, c.alone
                both.world.steps, both.world.temperature = c.drawing_steps, c.temperature
                if c.restarts != restarts:
                    restarts = c.restarts
                    both.reset()
                if c.wakes != wakes:
                    wakes = c.wakes
                    both.wake()
                moment = both.step(self.human if c.player == ME else None, c.player == RANDOM)
            self.latest = moment
            counted += 1
            now = time.monotonic()
            if now - second >= 0.5:
                self.rate, counted, second = counted / (now - second), 0, now
            recorder = self.recorder
            if recorder is not None:
                recorder.add(moment)
            due = self.wait(due, both.fps)

    def wait(self, due: float, fps: float) -> float:
        """Wait for the next step's time; that time. One that fell behind by a tenth of a second does not catch up."""
        due += 1 / (fps * self.controls.speed)
        now = time.monotonic()
        if due > now:
            time.sleep(due - now)
            return due
        return max(due, now - 0.1)
