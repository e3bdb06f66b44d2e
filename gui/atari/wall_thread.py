"""The thread in which the agents of the wall play, all of them, thirty pictures a second. The screen reads `latest` when it draws.

Read first: `WallThread.run`.
"""

import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gui.atari.waiting import WaitsForFire

if TYPE_CHECKING:
    from agents.wall import Place, Wall, WallAgent


@dataclass(frozen=True)
class Shown:
    """What there is to draw of one place."""

    picture: np.ndarray | None
    """(H, W, 4) uint8 as the screen has it, at the size in which it is drawn; None until the game has started."""
    score: float
    last_score: float | None
    episodes: int
    problem: str
    waits_for_fire: bool = False


class WallThread(threading.Thread):
    """Plays `agents` while `wanted`, until `stop`; `size` is the place for a picture, in the screen's pixels."""

    def __init__(self, agents: "list[WallAgent]", seed: int = 0, epsilon: float = 0.01, sticky: float = 0.0):
        super().__init__(name="wall", daemon=True)
        self.agents, self.settings = agents, {"seed": seed, "epsilon": epsilon, "sticky": sticky}
        self.size = (160, 210)
        self.latest: tuple[Shown, ...] = ()
        self.error: tuple[str, str] | None = None
        self.ticks = 0
        self.waits: dict[int, WaitsForFire] = {}
        """By the place's identity."""
        self.busy = 0.0
        """Seconds of processor time of this thread."""
        self.wanted, self.stopped = True, False
        self.changed = threading.Condition()

    def set_wanted(self, on: bool) -> None:
        """Play, or pause."""
        with self.changed:
            self.wanted = on
            self.changed.notify_all()

    def stop(self) -> None:
        """Ask the thread to end; it does so within a frame, or within the time that it takes to load one agent."""
        with self.changed:
            self.stopped = True
            self.changed.notify_all()

    def run(self) -> None:
        try:
            from agents.wall import FPS, Wall
            from lab.cores import use_threads

            use_threads(1)  # Training wants the other cores.
            wall = Wall(self.agents, **self.settings)  # type: ignore[arg-type]
            wall.load(lambda: not self.stopped)
            due = time.monotonic()
            while True:
                with self.changed:
                    if not self.wanted and not self.stopped:
                        self.changed.wait_for(lambda: self.wanted or self.stopped)
                        due = time.monotonic()
                    if self.stopped:
                        return
                wall.advance()
                self.see_waiting(wall)
                self.latest = self.shown(wall)
                self.ticks += 1
                self.busy = time.thread_time()
                due += 1 / FPS
                now = time.monotonic()
                if due > now:
                    time.sleep(due - now)
                else:
                    due = max(due, now - 0.1)
        except BaseException as error:
            self.error = (str(error) or type(error).__name__, traceback.format_exc())

    def see_waiting(self, wall: "Wall") -> None:
        """Note, after each decision, whose game waits for FIRE."""
        for place in wall.deciding:
            player = place.player
            assert player is not None
            waits = self.waits.setdefault(id(place), WaitsForFire(player.action_names))
            waits.see(player.stack, player.action, player.score, player.over)

    def shown(self, wall: "Wall") -> tuple[Shown, ...]:
        return tuple(
            Shown(self.picture(place), place.score, place.last_score, place.episodes, place.problem, self.waiting(place))
            for place in wall.places
        )

    def waiting(self, place: "Place") -> bool:
        waits = self.waits.get(id(place))
        return waits is not None and waits.now

    def picture(self, place: "Place") -> np.ndarray | None:
        """The game's picture at the size in which it is drawn: the window's thread only copies it."""
        import cv2

        from agents.wall import scaled

        return None if place.pixels is None else scaled(cv2.cvtColor(place.pixels, cv2.COLOR_RGB2BGRA), *self.size)
