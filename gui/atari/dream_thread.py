"""The thread in which the game and its dream are played side by side, at its own clock. The screen reads `latest` when it draws; neither waits.

Read first: `DreamThread.play`. `DreamControls` are written by the window's thread only, each a plain value.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gui.atari.screen_thread import ScreenControls, ScreenThread
from gui.atari.weight_sources import WeightSource
from gui.settings import film_size
from gui.widgets.recorder import Recorder

if TYPE_CHECKING:
    from agents.dream_play import Moment, SideBySide

AGENT, ME, RANDOM = "agent", "me", "random"
WAIT_SECONDS = 0.5
"""How often a training that has not seen a frame yet is asked again."""


@dataclass
class DreamControls(ScreenControls):
    """What the person has set of a dream."""

    player: str = AGENT
    alone: bool = False
    horizon: int = 0
    drawing_steps: int = 1
    temperature: float = 0.0
    wakes: int = 0
    """How often the dream was to start afresh from what the game shows."""


class DreamThread(ScreenThread):
    """Plays the dream whose weights `source` gives, under `controls`, until `stop`."""

    controls: DreamControls

    def __init__(self, source: WeightSource, config: Any, controls: DreamControls):
        super().__init__(f"dream {source.label}", source, controls)
        self.config = config
        self.human = 0
        self.latest: Moment | None = None
        self.rate = 0.0
        """Steps a second, of late."""
        self.asked = (controls.singles, controls.restarts, controls.wakes)
        """What had been asked for when the thread was made: what is asked from then on counts."""

    def make_recorder(self, path: Path) -> Recorder:
        from agents.dream_play import strip

        return Recorder(path, 60 / self.config.frame_skip, strip, film_size())

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
