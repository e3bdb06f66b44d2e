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
    from lab.atari.recorded import Episode

AGENT, ME, RANDOM, AGAIN = "agent", "me", "random", "again"
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
    episode: str = ""
    """The episode to begin in, and the step of it."""
    moment: int = 0
    begins: int = 0


def asked(controls: DreamControls) -> dict[str, int]:
    """How often each thing was asked for."""
    return {name: getattr(controls, name) for name in ("singles", "restarts", "wakes", "begins")}


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
        self.asked = asked(controls)
        """What had been asked for when the thread was made: what is asked from then on counts."""
        self.episodes: dict[str, str] = {}
        """The names of the episodes that one can begin in, and what they are called."""
        self.known: tuple[str, Episode | None] = ("", None)
        """The episode that was begun in last, under its name."""

    def make_recorder(self, path: Path) -> Recorder:
        from agents.dream_play import strip

        return Recorder(path, 60 / self.config.frame_skip, strip, film_size())

    def made(self) -> "SideBySide | None":
        """The game and the dream, once the network has seen a frame; None where the thread is to end before."""
        from agents.dream_moments import episode_names
        from agents.dream_play import SideBySide
        from lab.stored_runs import agent_for

        self.episodes = episode_names(self.config)
        agent, crop = agent_for(self.config.game)
        while not self.stopped:
            with self.source.net() as net:
                assert net is not None
                if net.rgb.any():  # type: ignore[operator]
                    return SideBySide(net, self.config, agent, crop)
            with self.controls.changed:
                self.controls.changed.wait_for(lambda: self.stopped, WAIT_SECONDS)
        return None

    def begin(self, both: "SideBySide", name: str, moment: int) -> None:
        """Begin in the episode of that name."""
        from agents.dream_moments import find_episode

        episode = self.known[1] if self.known[0] == name else None
        if episode is None:
            episode = find_episode(self.config, name)
            self.known = (name, episode)
        both.begin_in(episode, moment)

    def play(self) -> None:
        c = self.controls
        done = self.asked
        both = self.made()
        if both is None:
            return
        self.names = both.names
        if c.episode:
            self.begin(both, c.episode, c.moment)
        due = second = time.monotonic()
        counted = 0
        while True:
            with c.changed:
                if c.paused and self.latest is not None and asked(c) == done:
                    c.changed.wait_for(lambda done=done: self.stopped or not c.paused or asked(c) != done)  # type: ignore[misc]
                    due = time.monotonic()
                if self.stopped:
                    return
                before, done = done, asked(c)
                episode, moment = c.episode, c.moment
            with self.source.net() as net:
                assert net is not None
                both.net = both.world.net = net
                both.horizon, both.alone = c.horizon, c.alone
                both.world.steps, both.world.temperature = c.drawing_steps, c.temperature
                if done["begins"] != before["begins"] and episode:
                    self.begin(both, episode, moment)
                elif done["restarts"] != before["restarts"]:
                    both.reset()
                if done["wakes"] != before["wakes"]:
                    both.wake()
                shown = both.step(self.human if c.player == ME else None, c.player == RANDOM, c.player == AGAIN)
            self.latest = shown
            counted += 1
            now = time.monotonic()
            if now - second >= 0.5:
                self.rate, counted, second = counted / (now - second), 0, now
            recorder = self.recorder
            if recorder is not None:
                recorder.add(shown)
            due = self.wait(due, both.fps)
