"""A dream as an environment: the interface of the emulator's `AtariVector`, and of Gymnasium. Read first: `DreamVector`."""

from typing import Any

import cv2
import gymnasium
import numpy as np
import torch
from torch import nn

from agents.agent_config import AgentConfig
from agents.dream_config import DreamConfig
from agents.dream_data import Play, collected
from agents.dream_play import check_seen, opened
from agents.dream_world import World
from lab.atari.games import FRAME_SKIP, action_names, cut_rows, load_ale
from lab.atari.preprocessing import observed
from lab.atari.vector import Step
from lab.device import autocast, compute_dtype
from lab.errors import UsageError
from lab.state import state_of
from lab.stored_runs import find

LUMA = np.array([0.299, 0.587, 0.114])
LONGEST = 200
"""Steps after which a dream is truncated: it drifts away from the game."""


class DreamVector:
    """`envs` dreams of one game, each from a real frame of `play`. Order of calls as in `AtariVector`: `reset`, then `send`, `recv`, `restart`.

    Frames are what an agent sees of the emulator, 84x84 grey, with the rows that the dream does not have as the game shows them at its start.
    A step in which a life ends is the last of its episode. The same seed and actions give the same dreams. They are drawn in `dtype`,
    and remembered in float32.
    """

    def __init__(
        self, net: nn.Module, config: DreamConfig, play: Play, envs: int, seed: int, *, crop: str = "0,0", longest: int = LONGEST,
        dtype: torch.dtype = torch.float32,
    ):  # fmt: skip
        self.game, self.envs, self.crop, self.longest, self.dtype = config.game, envs, crop, longest, dtype
        self.actions = len(action_names(config.game))
        self.net, self.play = net, play
        self.rng = np.random.default_rng(seed)
        self.world = World(net, envs, steps=config.drawing_steps, temperature=config.drawing_temperature, seed=seed, captured=True)
        self.starts = play.starts(1, config.history)
        if not len(self.starts):
            raise UsageError(f"The play of {config.game} is too short to begin a dream from. Give more --frames.")
        self.taken = np.zeros(envs, np.int64)  # steps of this episode
        self.lives = np.ones(envs, np.int64)
        self.waiting = np.zeros(envs, np.int64)  # the actions sent
        ale = load_ale(config.game)
        self.screen = ale.getScreenGrayscale()
        self.top, self.bottom = cut_rows(config.rows)
        self.grey = self.greys()

    def greys(self) -> np.ndarray:
        """How bright an agent sees each class of the palette (C,)."""
        return (self.net.rgb.cpu().numpy() @ LUMA).round().astype(np.uint8)  # type: ignore[operator]

    def reset(self) -> np.ndarray:
        """Start every dream; frames (E, 84, 84)."""
        size = self.play.frames.shape[1]
        self.world.frames = torch.zeros(self.envs, self.world.history, size, size, dtype=torch.uint8)
        return self.restart(np.ones(self.envs, np.bool_))

    def restart(self, done: np.ndarray) -> np.ndarray:
        """Start a dream anew where `done` (E,); the first frames (D, 84, 84) of those."""
        where = torch.from_numpy(np.flatnonzero(done))
        rows = self.starts[torch.from_numpy(self.rng.integers(len(self.starts), size=len(where)))]
        fresh = World(self.net, len(rows))
        fresh.begin(self.play, rows)
        for name in ("frames", "actions", "clock", "remembered"):
            getattr(self.world, name)[where] = getattr(fresh, name)
        self.taken[done] = 0
        return self.seen()[done]

    def send(self, actions: np.ndarray) -> None:
        """Take a step with actions (E,) in [0, actions). Raises UsageError for others."""
        if actions.min() < 0 or actions.max() >= self.actions:
            raise UsageError(f"{self.game} has actions 0 to {self.actions - 1}, got {actions.tolist()}.")
        self.waiting = np.asarray(actions, np.int64).copy()

    def recv(self) -> Step:
        """The result of the last `send`. The frame of an ended episode is its last; call `restart` before the next step."""
        with autocast(self.world.place, self.dtype):
            dreamt = self.world.step(torch.from_numpy(self.waiting))
        self.taken += 1
        rewards = self.net.rewards.cpu()[dreamt.signs + 1].numpy().astype(np.float32)  # type: ignore[index]
        terminated = (dreamt.ends > 0.5).numpy()
        return Step(self.seen(), rewards, terminated, ~terminated & (self.taken >= self.longest), self.lives.copy())

    def seen(self) -> np.ndarray:
        """What an agent sees of each dream, (E, 84, 84)."""
        pictures = self.grey[self.world.frames[:, -1].numpy()]  # (E, S, S)
        height, width = self.screen.shape
        frames = np.empty((self.envs, 84, 84), np.uint8)
        for i, picture in enumerate(pictures):
            whole = self.screen.copy()
            part = (width, height - self.top - self.bottom)
            whole[self.top : height - self.bottom] = cv2.resize(picture, part, interpolation=cv2.INTER_NEAREST)
            frames[i] = observed(whole, self.crop)
        return frames

    def picture(self, env: int) -> np.ndarray:
        """What one dream shows in the game's own colours (H, W, 3) uint8."""
        pixels: np.ndarray = self.net.pictures(self.world.frames[env, -1]).numpy()  # type: ignore[operator]
        return cv2.resize(pixels, (self.screen.shape[1], len(self.screen) - self.top - self.bottom), interpolation=cv2.INTER_NEAREST)

    def state(self) -> dict[str, Any]:
        """The dreams, and the network that dreams them: its own run may be trained on in the meantime."""
        world = self.world
        return {
            "net": state_of(self.net),
            "frames": world.frames.clone(), "actions": world.actions.clone(), "clock": world.clock.clone(), "taken": self.taken.copy(),
            "remembered": world.remembered.clone(), "drawing": world.generator.get_state(), "starts": self.rng.bit_generator.state,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.grey = self.greys()
        for name in ("frames", "actions", "clock", "remembered"):
            if name in state:  # Dreams had no memory once.
                setattr(self.world, name, state[name].clone())
        self.taken[:] = state["taken"]
        self.world.generator.set_state(state["drawing"])
        self.rng.bit_generator.state = state["starts"]

    def close(self) -> None:
        """Nothing is open."""


def world_of(config: AgentConfig, device: torch.device) -> DreamVector:
    """The dreams that an agent's settings name, drawn on `device`, from the play that they were learned from. Raises UsageError where they do not suit the agent."""
    net, dream = opened(find(config.world))
    if dream.game != config.game:
        raise UsageError(f"--world {config.world} is a dream of {dream.game}, not of {config.game}. Give --game {dream.game}.")
    if dream.frame_skip != FRAME_SKIP:
        raise UsageError(f"--world {config.world} has steps of {dream.frame_skip} frames. Agents play in steps of {FRAME_SKIP}.")
    check_seen(net)
    play = collected(dream, "train").play
    # Of two codes that are nearly as near as each other, another arithmetic takes the other one.
    dtype = torch.float32 if dream.family == "latent" else compute_dtype(config.precision, device)
    return DreamVector(
        net.to(device), dream, play, config.envs, config.seed, crop=config.crop, longest=config.world_steps, dtype=dtype
    )  # fmt: skip


class DreamEnv(gymnasium.Env[np.ndarray, np.int64]):
    """One dream for programs that take Gymnasium's environments."""

    def __init__(self, net: nn.Module, config: DreamConfig, play: Play, longest: int = LONGEST):
        self.made = (net, config, play)
        self.longest = longest
        self.vector = DreamVector(net, config, play, 1, 0, longest=longest)
        self.observation_space = gymnasium.spaces.Box(0, 255, (84, 84), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(self.vector.actions)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.vector = DreamVector(*self.made, 1, int(self.np_random.integers(2**31)), longest=self.longest)
        return self.vector.reset()[0], {}

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.vector.send(np.array([action]))
        step = self.vector.recv()
        return step.frames[0], float(step.rewards[0]), bool(step.terminated[0]), bool(step.truncated[0]), {}
