"""The wall: many agents play at once, each its own game in true colours, all of them in one thread.

Half of them decide in one picture and half in the next, so that no picture takes much longer than another. Read first: `Wall.advance`.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from agents.scores import SCORES
from lab import checkpoint, registry
from lab.atari.games import game_title
from lab.atari.player import Player
from lab.device import compute_dtype
from lab.errors import LabError
from lab.run import Run
from lab.stored_runs import runs
from models.sparse_pass import SparsePass

FPS = 30
"""Pictures a second: every second frame of the emulator, with the one before, as some games draw things in every other one only."""
EPSILON = 0.01


@dataclass(frozen=True)
class WallAgent:
    """Who plays at one place: a shipped agent, or a run of the user's."""

    run: Run
    score: float | None
    """The mean of its evaluation; of a run, the return of the episodes that ended last in training."""
    own: bool
    """Whether it is a run of the user's."""
    mark: str = ""
    """The name of a run's newest checkpoint."""

    @property
    def game(self) -> str:
        return str(self.run.stored["config"]["game"])

    @property
    def title(self) -> str:
        """The game's name and, where a shipped agent's is longer, the rest of that."""
        more = "" if self.own else self.run.name.removeprefix(self.game).lstrip("-")
        return game_title(self.game) + (f" · {more}" if more else "")

    @property
    def random(self) -> float | None:
        """The published score of random play."""
        return SCORES[self.game][0] if self.game in SCORES else None

    @property
    def human(self) -> float | None:
        """The published score of a human."""
        return SCORES[self.game][1] if self.game in SCORES else None

    @property
    def at_human_level(self) -> bool:
        """Whether its score is the human's or more."""
        return self.score is not None and self.human is not None and self.score >= self.human

    def on_scale(self, score: float) -> float:
        """Where a score lies from random play, 0, to the human's, 1."""
        if self.random is None or self.human is None:
            return 0.0
        return (score - self.random) / (self.human - self.random)

    def in_words(self) -> tuple[str, ...]:
        """Its score and the human's, such as `mean 18.9 · human 9.3`, and in fewer words where that is too long."""
        if self.score is None:
            return ("not evaluated",)
        score, whose = short(self.score), "yours" if self.own else "mean"
        if self.human is None:
            return f"{whose} {score}", score
        human = short(self.human)
        return f"{whose} {score} · human {human}", f"{score} · human {human}", f"{score} / {human}"

    def about(self) -> str:
        """Its scores in a line, with how they were measured."""
        if not self.own:
            return registry.shipped_about(self.run.path)
        own = "not evaluated" if self.score is None else f"return of its last games in training: {self.score:,g}"
        return own + (f"; human {self.human:,g}" if self.human is not None else "")


def words_alike(agents: list[WallAgent], fits: Callable[[str], bool]) -> list[str]:
    """The scores of all in words of one form: the longest in which each has room, so that one reads them side by side."""
    every = [agent.in_words() for agent in agents]
    form = max((next((k for k, words in enumerate(forms) if fits(words)), len(forms) - 1) for forms in every), default=0)
    return [forms[min(form, len(forms) - 1)] for forms in every]


def short(score: float) -> str:
    """A score in few characters: 18.9, 402, 12.9k."""
    if abs(score) >= 10_000:
        return f"{score / 1000:,.1f}k".replace(".0k", "k")
    return f"{score:,.1f}".removesuffix(".0") if abs(score) < 100 else f"{score:,.0f}"


def wall_agents() -> list[WallAgent]:
    """The shipped agents and the imported ones by name, then the user's best run of each game.

    A run that has not finished a game yet is left out.
    """
    agents: list[WallAgent] = []
    for path in (*registry.shipped().values(), *registry.imported().values()):
        with suppress(LabError):  # A file that somebody has put among the imported ones.
            agents.append(WallAgent(Run(path), registry.shipped_record(path)["mean"], own=False))
    best: dict[str, WallAgent] = {}
    for run in runs():
        game = run.stored["config"].get("game")
        score = run.status().get("metrics", {}).get("charts/episodic_return")
        kept = checkpoint.listed(run.checkpoints) if run.recipe.is_agent else []
        if kept and score is not None and (game not in best or score > (best[game].score or 0.0)):
            best[game] = WallAgent(run, float(score), own=True, mark=kept[-1].name)
    return agents + [best[game] for game in sorted(best)]


class Place:
    """An agent at work: what there is to draw of it."""

    def __init__(self, agent: WallAgent):
        self.agent = agent
        self.player: Player | None = None
        self.net: SparsePass | None = None
        self.problem = ""
        """Why it does not play."""
        self.pixels: np.ndarray | None = None
        """What the game shows, (H, W, 3) uint8."""
        self.last_score: float | None = None
        """Of the episode before."""
        self.episodes = 0

    @property
    def score(self) -> float:
        return self.player.score if self.player is not None else 0.0

    def open(self, seed: int, epsilon: float, sticky: float) -> None:
        """Load the network and start the game."""
        try:
            experiment = self.agent.run.experiment("cpu", serving_only=True)
            self.net = SparsePass(experiment.serving().eval().requires_grad_(False), compute_dtype("auto", torch.device("cpu")))
            config: Any = experiment.config
            self.player = Player(
                config.game, seed=seed, epsilon=epsilon, sticky=sticky, noop_max=config.noop_max, fire_reset=config.fire_reset,
                crop=config.crop,
            )  # fmt: skip
        except (LabError, OSError) as error:
            self.problem = str(error)
            return
        self.pixels = self.player.ale.getScreenRGB()

    def decide(self) -> None:
        """Begin the next episode where one has ended, and choose the action of the next four frames."""
        player, net = self.player, self.net
        assert player is not None
        assert net is not None
        if player.over:
            self.last_score, self.episodes = player.score, self.episodes + 1
            player.reset()
        player.decide(net.values(torch.from_numpy(player.stack)).numpy())

    def play(self) -> None:
        """Two frames of the emulator. A game that has not begun, or is over, waits for its next decision."""
        player = self.player
        assert player is not None
        if player.over or not player.decided:
            return
        player.emulate()
        before = player.ale.getScreenRGB()
        if player.over:
            self.pixels = before
            return
        player.emulate()
        self.pixels = cv2.max(before, player.ale.getScreenRGB())


class Wall:
    """`agents` side by side. `load` once, then `advance` thirty times a second."""

    def __init__(self, agents: list[WallAgent], *, seed: int = 0, epsilon: float = EPSILON, sticky: float = 0.0):
        self.places = [Place(agent) for agent in agents]
        self.seed, self.epsilon, self.sticky = seed, epsilon, sticky
        self.playing: list[Place] = []
        self.deciding: list[Place] = []
        """Those that decided in the last picture."""
        self.ticks = 0

    def load(self, wanted: Callable[[], bool] = lambda: True) -> None:
        """Load the networks and start the games, as long as they are `wanted`. One that cannot be loaded says so at its place."""
        for i, place in enumerate(self.places):
            if not wanted():
                return
            place.open(self.seed + i, self.epsilon, self.sticky)
        self.playing = [place for place in self.places if place.player is not None]

    def advance(self) -> None:
        """A thirtieth of a second of every game. Each game decides every second time."""
        self.deciding = self.playing[self.ticks % 2 :: 2]
        for place in self.deciding:
            place.decide()
        for place in self.playing:
            place.play()
        self.ticks += 1


# -- where they hang -----------------------------------------------------------------------------------------------

GAP = 10
RATIO = 160 / 210
"""Width to height of most games' pictures."""
LARGEST = 480
"""Pixels that a picture is wide at most."""


@dataclass(frozen=True)
class Grid:
    """Places in rows: `rectangle(i)` is the picture of the i-th, below which `caption` pixels are left for its text."""

    count: int
    columns: int
    picture: tuple[int, int]
    caption: int
    size: tuple[int, int]

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def used(self) -> int:
        """Pixels that the rows are tall, with a gap above and below."""
        return self.rows * (self.picture[1] + self.caption + GAP) + GAP

    def rectangle(self, index: int) -> tuple[int, int, int, int]:
        """(x, y, width, height) of a picture. Rows are centred, the last one under the first of those above."""
        width, height = self.picture
        left = (self.size[0] - self.columns * (width + GAP) + GAP) // 2
        top = max(0, self.size[1] - self.used) // 2 + GAP
        row, column = divmod(index, self.columns)
        return left + column * (width + GAP), top + row * (height + self.caption + GAP), width, height


def grid(count: int, width: int, height: int, caption: int) -> Grid:
    """The columns at which `count` pictures in (width, height) are largest, with a gap around each and a caption below."""
    best = Grid(count, 1, (0, 0), caption, (width, height))
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        across = (width - GAP) // columns - GAP
        down = (height - GAP) // rows - GAP - caption
        picture = int(min(across, down * RATIO, LARGEST))
        if picture > best.picture[0]:
            best = Grid(count, columns, (picture, round(picture / RATIO)), caption, (width, height))
    return best


def scaled(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture (H, W, C), with its own proportions, as large as fits into (width, height)."""
    factor = min(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    # Down to a half, each pixel has its share in the mean of four, which takes a sixth of the time of a mean by area.
    kind = cv2.INTER_NEAREST if factor >= 1 else cv2.INTER_LINEAR if factor >= 0.5 else cv2.INTER_AREA
    return cv2.resize(pixels, size, interpolation=kind)
