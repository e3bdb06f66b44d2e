"""The collector: it steps the environments of one game and keeps their observations, scores, lives and episode ends.

An algorithm with replay hands it a memory to fill; one without learns from what `receive` gives. Order of calls: `send` the actions
chosen for `stacks`, do other work while ALE's threads step, `receive`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from agents.agent_config import AgentConfig
from agents.replay import ReplayMemory
from lab.atari.mirror import Mirror
from lab.atari.vector import AtariVector, FrameStack
from lab.state import Attribute, Tree, attributes
from models.kernels.pixel_blocks import space_to_depth

if TYPE_CHECKING:
    from agents.dream_env import DreamVector


@dataclass(frozen=True)
class Collected:
    """One step of all environments, (E,) each, and the scores and lengths of the episodes that it ended."""

    rewards: np.ndarray  # float32, unclipped
    terminated: np.ndarray  # bool: nothing is to be bootstrapped from what follows
    ended: np.ndarray  # bool: terminated or truncated; a new episode has begun
    truncated: np.ndarray  # bool: cut off by the limit on an episode's length, its return with it
    final: np.ndarray | None  # (D, 4, 84, 84) uint8: the last that the truncated ones showed; None where none was, or a memory has it
    returns: list[float]
    lengths: list[int]

    @property
    def metrics(self) -> dict[str, Any]:
        return {"charts/episodic_return": self.returns, "charts/episodic_length": self.lengths} if self.returns else {}


class Collector:
    """Steps `env`, which it closes in the end, and records all of it in `replay` where there is one.

    With `life_loss_terminal` a lost life counts as terminated, though the episode goes on.
    """

    def __init__(self, env: "AtariVector | DreamVector", replay: ReplayMemory | None = None, life_loss_terminal: bool = False):
        self.env, self.replay, self.life_loss_terminal = env, replay, life_loss_terminal
        self.stack = FrameStack(env.envs) if replay is None else None  # A memory has the frames already.
        self.returns = np.zeros(env.envs, np.float64)
        self.lengths = np.zeros(env.envs, np.int64)
        self.lives = np.zeros(env.envs, np.int64)
        self.actions = np.zeros(env.envs, np.int64)
        self.mirror: Mirror | None = None

    @classmethod
    def of(cls, config: AgentConfig, keep_seed: int, device: torch.device, replay: ReplayMemory | None = None) -> "Collector":
        """The collector of a recipe's settings; `keep_seed` as in `AtariVector`, and a dream is drawn on `device`. Raises UsageError for a
        `world` that is no dream of the game."""
        if config.world:
            from agents.dream_env import world_of

            return cls(world_of(config, device), replay, config.life_loss_terminal)
        env = AtariVector(
            config.game, config.envs, config.seed, sticky=config.sticky_actions, noop_max=config.noop_max, fire_reset=config.fire_reset,
            keep_seed=keep_seed, crop=config.crop,
        )  # fmt: skip
        return cls(env, replay, config.life_loss_terminal)

    @property
    def stacks(self) -> np.ndarray:
        """What the environments show now: (E, 4, 84, 84) uint8, never overwritten."""
        if self.replay is not None:
            return self.replay.pixels(self.replay.newest_rows()).cpu().numpy()
        assert self.stack is not None
        return self.stack.frames

    @property
    def newest(self) -> np.ndarray:
        """The last frame (E, 84, 84) of each, where there is no memory."""
        assert self.stack is not None
        return self.stack.newest

    def blocks(self) -> Tensor:
        """The stacks as a network reads them: (E, 64, 21, 21) uint8."""
        if self.replay is not None:
            return self.replay.blocks(self.replay.newest_rows())
        return space_to_depth(torch.from_numpy(self.stacks))

    def start(self) -> None:
        """Begin every environment's first episode."""
        everywhere = np.ones(self.env.envs, np.bool_)
        self.begin(everywhere, self.env.reset())

    def begin(self, over: np.ndarray, frames: np.ndarray) -> None:
        """New episodes where `over` (E,), which begin with `frames` (D, 84, 84)."""
        if self.stack is not None:
            self.stack.restart(over, frames)
        self.lives[over] = self.env.lives[over]
        if self.replay is not None:
            self.replay.append(np.flatnonzero(over), frames, first=True)

    def send(self, actions: np.ndarray) -> None:
        """Start a step with actions (E,). Raises UsageError for actions that the game does not have."""
        self.env.send(actions)
        self.actions = actions

    def receive(self) -> Collected:
        """Wait for the step, record it, and start a new episode where one ended."""
        step = self.env.recv()
        ended = step.terminated | step.truncated
        terminated = step.terminated | (step.lives < self.lives) if self.life_loss_terminal else step.terminated
        self.lives = step.lives.copy()
        self.returns += step.rewards
        self.lengths += 1
        if self.stack is not None:
            self.stack.push(step.frames)
        over, going = np.flatnonzero(ended), np.flatnonzero(~ended)
        if self.replay is not None:
            self.replay.record(self.actions, step.rewards, terminated, ended)
            if len(going):
                self.replay.append(going, step.frames[going], first=False)
            if len(over):
                self.replay.end(over, step.frames[over])
        truncated = step.truncated & ~terminated
        final = None if self.stack is None or not truncated.any() else self.stack.frames[truncated]
        scores, lengths = self.returns[over].tolist(), self.lengths[over].tolist()
        collected = Collected(step.rewards, terminated, ended, truncated, final, scores, lengths)
        if len(over):
            self.returns[over] = self.lengths[over] = 0
            self.begin(ended, self.env.restart(ended))
        return collected

    def colours(self, env: int) -> tuple[np.ndarray, int]:
        """What one environment shows in the game's own colours (H, W, 3) uint8, and how many actions that picture is behind.

        A training is held up for a moment only; a stored run that nobody trains has time to catch up with all of them.
        """
        if not isinstance(self.env, AtariVector):
            return self.env.picture(env), 0
        if self.mirror is not None and self.mirror.index != env:
            self.mirror.close()
            self.mirror = None
        if self.mirror is None:
            self.mirror = Mirror(self.env, env)
        return self.mirror.frame(len(self.env.taken[env])) if self.env.restored else self.mirror.frame()

    def stateful(self) -> Tree:
        shown = {"replay": self.replay} if self.replay is not None else {"stacks": Attribute(self.stack, "frames")}
        return {"env": self.env, "episodes": attributes(self, "returns", "lengths", "lives"), **shown}

    def close(self) -> None:
        for env in (self.env, self.mirror):
            if env is not None:
                env.close()
        self.mirror = None
