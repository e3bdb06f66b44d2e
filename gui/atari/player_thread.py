"""The thread in which a watched agent plays at its own clock. The screen reads `latest` when it draws; neither waits.

Read first: `PlayerThread.play`. `Controls` are written by the window's thread only, each a plain value.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gui.atari.screen_thread import ScreenControls, ScreenThread
from gui.atari.waiting import WaitsForFire
from gui.atari.weight_sources import WeightSource
from gui.settings import film_size
from gui.widgets.recorder import Recorder

if TYPE_CHECKING:
    from lab.atari.player import Frame, Player

FPS = 60
SALIENCY_SECONDS = 0.1
"""At most so often is the overlay computed: a gradient costs several frames' time."""


@dataclass
class Controls(ScreenControls):
    """What the person has set. Shared by the agents that are watched side by side."""

    epsilon: float = 0.01
    sticky: float = 0.0
    seed: int = 0
    saliency: bool = False


@dataclass(frozen=True)
class Shown:
    """What there is to draw: replaced whole by the player's thread."""

    frame: "Frame"
    saliency: np.ndarray | None
    episodes: int
    last_score: float | None
    rate: float
    values: np.ndarray
    """The largest Q value of the last decisions, (N,) float32, newest last."""
    waits_for_fire: bool = False


class PlayerThread(ScreenThread):
    """Plays `source` under `controls` until `stop`."""

    controls: Controls

    def __init__(self, source: WeightSource, controls: Controls, player: "Player | None" = None):
        super().__init__(f"player {source.label}", source, controls)
        self.player = player
        self.human: int | None = None
        self.latest: Shown | None = None
        self.ticks = 0
        self.scores: list[float] = []
        self.results: list[tuple[bool, float]] = []
        """Of each episode that one played alone: whether it was the person, and the score."""
        self.decisions = self.by_hand = 0
        """Of the present episode: all, and those of the person."""

    def make_recorder(self, path: Path) -> Recorder:
        from agents.watch import strip

        return Recorder(path, FPS, strip, film_size())

    def play(self) -> None:
        from agents.saliency import saliency
        from lab.atari.player import Player
        from lab.atari.preprocessing import on_screen

        c = self.controls
        player = self.player = self.player or Player(self.source.game, seed=c.seed, epsilon=c.epsilon, sticky=c.sticky)
        player.crop = self.source.crop
        self.names = player.action_names
        singles, restarts = c.singles, c.restarts
        values = np.zeros(0, np.float32)
        layer: np.ndarray | None = None
        layer_time = due = second = time.monotonic()
        rate, counted = 0.0, 0
        waits = WaitsForFire(self.names)
        while True:
            with c.changed:
                if c.paused and c.singles == singles and c.restarts == restarts:
                    seen = (singles, restarts)
                    c.changed.wait_for(lambda seen=seen: self.stopped or not c.paused or (c.singles, c.restarts) != seen)  # type: ignore[misc]
                    due = time.monotonic()
                if self.stopped:
                    self.keep(player)
                    return
                single = c.paused and c.singles != singles
                singles = singles + 1 if single else c.singles
            if c.restarts != restarts:
                restarts = c.restarts
                self.keep(player)
                player.sticky = c.sticky
                player.reset(c.seed)
                self.decisions = self.by_hand = 0
                values = np.zeros(0, np.float32)
            player.epsilon = c.epsilon
            with self.source.net() as net:
                frame = player.tick(net, self.human)
                self.count(frame, player)
                now = time.monotonic()
                if not c.saliency or net is None:
                    layer = None
                elif frame.decided and (layer is None or single or now - layer_time > SALIENCY_SECONDS):
                    layer, layer_time = on_screen(saliency(net, frame.stack), len(frame.pixels), player.crop), now
            if frame.decided and frame.q is not None:
                values = np.append(values, np.float32(frame.q.max()))[-150:]
            if frame.over:
                self.scores.append(frame.score)
            if frame.decided:
                waits.see(frame.stack, frame.action, frame.score, frame.over)
            self.ticks += 1
            counted += 1
            if now - second >= 0.5:
                rate, counted, second = counted / (now - second), 0, now
            self.latest = Shown(frame, layer, len(self.scores), self.scores[-1] if self.scores else None, rate, values, waits.now)
            recorder = self.recorder
            if recorder is not None:
                recorder.add(frame, player.action_names)
            due = self.wait(due, FPS)

    def count(self, frame: "Frame", player: "Player") -> None:
        """Note who plays, and at an episode's end whose it was; one that both have played is nobody's."""
        self.decisions += frame.decided
        self.by_hand += frame.decided and self.human is not None
        if frame.over:
            if self.by_hand in (0, self.decisions):
                self.results.append((self.by_hand > 0, frame.score))
            self.keep(player)
            self.decisions = self.by_hand = 0

    def keep(self, player: "Player") -> None:
        """Keep the episode that ends, where the person had a hand in it: a dream can learn from it."""
        from lab.atari.recorded import keep

        keep(player, self.by_hand)
