"""The game and the dream side by side: one player, the same actions for both. What `lab dream` and the Dream page play.

Read first: `SideBySide.step`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from agents.dream_config import DreamConfig
from agents.dream_data import class_table, classes, phase_of
from agents.dream_world import World
from lab.atari.games import cut_rows
from lab.atari.player import Player, q_values
from lab.atari.preprocessing import observed
from lab.atari.recorded import Episode
from lab.errors import LabError, UsageError
from models.dream_memory import PAST, boxes
from models.dream_unet import CLOCK

AHEAD = 24
"""Steps that the agent plays in the game before a dream begins, so that something is going on."""
SCALE = 3
FPS = 60


@dataclass(frozen=True)
class Moment:
    """What both show after a step: `game` and `dream` (H, W, 3) uint8, the score of each, and how long the dream has gone on."""

    game: np.ndarray
    dream: np.ndarray
    action: int
    reward: float
    dreamt: int
    expected: float
    """The reward that the dream expects: the probability of a point less that of one lost."""
    end: float
    value: float | None
    """The agent's max Q of what it sees, where an agent plays."""
    score: float
    dream_score: float
    steps: int
    fresh: bool
    """Whether the dream has just started afresh."""


class SideBySide:
    """Plays the real emulator and a dream of it with the same actions.

    `drawing_steps`, `temperature`, `horizon` (steps until the dream starts afresh from a real frame, 0 for never) and `alone` (the agent sees
    the dream, and the emulator rests) can be changed at any time. The same seed and decisions give the same play.
    """

    def __init__(self, net: nn.Module, config: DreamConfig, agent: nn.Module | None, crop: str = "0,0", seed: int = 0):
        names = Player(config.game).action_names
        if int(net.actions) != len(names):  # type: ignore[arg-type]
            raise LabError(f"The dream has {net.actions} actions, but {config.game} has {len(names)}.")
        if agent is not None and getattr(agent, "actions", len(names)) != len(names):
            raise LabError(f"The agent has {agent.actions} actions, but the dream of {config.game} has {len(names)}.")
        check_seen(net)
        self.net, self.config, self.agent, self.crop = net, config, agent, crop
        self.remembered = torch.zeros(1, 0)
        self.names = names
        self.table = class_table(net.palette.cpu().numpy())  # type: ignore[operator]
        self.world = World(net, steps=config.drawing_steps, temperature=config.drawing_temperature, seed=seed)
        self.cut = cut_rows(config.rows)
        self.horizon, self.alone = 0, False
        self.value: float | None = None
        self.script: list[int] = []
        """What was done next in the episode that was begun in, last first."""
        self.rng = np.random.default_rng(seed)
        self.player = Player(config.game, seed=seed, epsilon=0.0, crop=crop)
        self.reset()

    # -- the real game ---------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """A new game, played ahead by the agent, and a dream from there."""
        self.player.reset()
        self.forget()
        for _ in range(AHEAD):
            self.play_real(self.best(self.player.stack) if self.agent is not None else int(self.rng.integers(len(self.names))))
        self.wake()

    def begin_in(self, episode: Episode, step: int) -> None:
        """The game after `step` steps of an episode, or where it ends before, and a dream from there."""
        fires, self.player.fire_reset = self.player.fire_reset, episode.fired
        self.player.reset(noops=episode.noops)
        self.player.fire_reset = fires
        self.forget()
        step = min(step, len(episode.actions))
        for action in episode.actions[:step]:
            self.play_real(action)
        self.script = list(episode.actions[step:][::-1])
        self.wake()

    def forget(self) -> None:
        """Nothing was seen or done before what the game shows."""
        self.seen = [self.seen_now()] * self.config.history
        self.done = [0] * self.config.history
        self.clock, self.phase = 0, phase_of(self.config, self.player)
        if self.world.memory is not None:  # Nothing was done for a while before what the game shows.
            seen = boxes(torch.stack([self.seen[-1]] * PAST)[None], self.world.memory.colours)
            self.remembered = self.world.memory.after(seen, torch.zeros(1, PAST, dtype=torch.int64))
        self.script = []

    def seen_now(self) -> Tensor:
        """What the game shows, as a dream sees it (S, S)."""
        screen = self.player.ale.getScreen()
        return classes(screen[None, self.cut[0] : len(screen) - self.cut[1]], self.table, self.config.size)[0]

    def remember(self, action: int) -> None:
        """What the game shows and what is done in it go into the memory that a dream begins with."""
        clock = torch.tensor([self.clock + self.phase])
        self.remembered = self.world.remember(self.remembered, self.seen[-1][None], torch.tensor([action]), clock).cpu()

    def play_real(self, action: int) -> float:
        """One step of the emulator; its reward. A game that is over begins anew."""
        if self.player.over:
            self.player.reset()
            self.phase = phase_of(self.config, self.player)
        self.remember(action)
        lives, reward = self.player.ale.lives(), 0.0
        self.player.decide(None, action)
        for _ in range(self.config.frame_skip):
            if not self.player.over:
                reward += self.player.emulate()
        lost = self.player.over or self.player.ale.lives() < lives
        self.clock = 0 if reward or lost else min(self.clock + 1, CLOCK - 1)
        self.seen, self.done = [*self.seen[1:], self.seen_now()], [*self.done[1:], action]
        return reward

    # -- the dream -------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Start the dream afresh from what the game shows."""
        self.world.frames = torch.stack(self.seen)[None]
        self.world.remembered = self.remembered
        self.world.actions = torch.tensor([self.done])
        self.world.clock = torch.tensor([self.clock + self.phase])
        self.stack = self.player.stack.copy()
        self.steps, self.score, self.dream_score = 0, 0.0, 0.0

    def picture(self, frame: Tensor) -> np.ndarray:
        """A dream's frame (S, S) as large as the part of the game that it shows (H, W, 3)."""
        height = 210 - sum(self.cut)
        pixels: np.ndarray = self.net.pictures(frame).numpy()  # type: ignore[operator]
        return pixels[np.arange(height) * len(pixels) // height][:, np.arange(160) * len(pixels) // 160]

    def as_agents_see(self, picture: np.ndarray) -> np.ndarray:
        """A dream's picture as an agent sees it, (84, 84) uint8: grey, the cut rows as the game has them."""
        grey = self.player.ale.getScreenGrayscale().copy()
        grey[self.cut[0] : len(grey) - self.cut[1]] = (picture @ np.array([0.299, 0.587, 0.114])).round().astype(np.uint8)
        return observed(grey, self.crop)

    def best(self, stack: np.ndarray) -> int:
        """The agent's action for what it sees."""
        assert self.agent is not None
        values = q_values(self.agent, stack)
        self.value = float(values.max())
        return int(values.argmax())

    # -- both ------------------------------------------------------------------------------------------------------

    def step(self, human: int | None = None, random: bool = False, again: bool = False) -> Moment:
        """One step of both by the action of a person, that of the episode that was begun in, at random, or else of the agent, which sees
        the game, or the dream where it is `alone`; it plays on as well where the episode ends."""
        fresh = bool(self.horizon and self.steps >= self.horizon)
        if fresh:
            self.wake()
        self.value = None
        if human is not None:
            action = human
        elif again and self.script:
            action = self.script.pop()
        elif random or self.agent is None:
            action = int(self.rng.integers(len(self.names)))
        else:
            action = self.best(self.stack if self.alone else self.player.stack)
        reward = 0.0 if self.alone else self.play_real(action)
        seen = self.world.step(torch.tensor([action]))
        picture = self.picture(seen.frames[0])
        self.stack = np.concatenate([self.stack[1:], self.as_agents_see(picture)[None]])
        sign = int(seen.signs[0])
        self.steps, self.score = self.steps + 1, self.score + reward
        self.dream_score += float(self.net.rewards[sign + 1])  # type: ignore[index]
        screen = self.player.ale.getScreenRGB()
        return Moment(
            screen[self.cut[0] : len(screen) - self.cut[1]], picture, action, reward, sign, float(seen.rewards[0, 2] - seen.rewards[0, 0]),
            float(seen.ends[0]), self.value, self.score, self.dream_score, self.steps, fresh,
        )  # fmt: skip

    @property
    def fps(self) -> float:
        """Steps a second at the console's own speed."""
        return FPS / self.config.frame_skip


def strip(moment: Moment) -> np.ndarray:
    """Game and dream side by side, enlarged, with a line below: (H, W, 3) uint8."""
    from PIL import Image, ImageDraw

    from lab import fonts

    both = np.concatenate([moment.game, np.full((len(moment.game), 4, 3), 128, np.uint8), moment.dream], 1)
    both = both.repeat(SCALE, 0).repeat(SCALE, 1)
    line = Image.new("RGB", (both.shape[1], 30), (18, 20, 24))
    draw = ImageDraw.Draw(line)
    fonts.draw_text(draw, (8, 6), f"game {moment.score:g}", (240, 240, 240), 16)
    fonts.draw_text(
        draw, (both.shape[1] // 2 + 14, 6), f"dream {round(moment.dream_score, 1) + 0.0:g}   step {moment.steps}", (240, 240, 240), 16
    )
    return np.concatenate([both, np.asarray(line)])


def side_by_side(run: Any, seed: int = 0, agent: bool = True) -> SideBySide:
    """The game and the dream of a stored run, played by the game's shipped agent where there is one. Raises UsageError for another recipe."""
    from lab.stored_runs import agent_for

    net, config = opened(run)
    player, crop = agent_for(config.game) if agent else (None, "0,0")
    return SideBySide(net, config, player, crop, seed)


def check_seen(net: nn.Module) -> None:
    """Raises LabError for a dream that nothing was shown yet."""
    if not net.rgb.any():  # type: ignore[operator]
        raise LabError("This dream has not seen a frame yet: it learns its colours at the first step of training.")


def opened(run: Any) -> tuple[nn.Module, DreamConfig]:
    """The network of a stored dream and its settings. Raises UsageError for a run of another recipe."""
    if run.recipe.name != "dream":
        raise UsageError(f"{run.name} is no dream: it was trained by {run.recipe.name}. `lab train dream` makes one.")
    experiment = run.experiment("cpu", serving_only=True)
    return experiment.serving().eval().requires_grad_(False), experiment.config
