"""A rollout: some steps of all environments as they were seen, and the lambda returns to learn from them."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.collector import Collected
from lab.atari.games import STACK
from models.kernels.pixel_blocks import frame_blocks, stack_blocks

PIXELS = 84 * 84


class Rollout:
    """`steps` (T) steps of `envs` (E) environments. Order of calls: `begin`, then `see` and `record` for each step, `finish`.

    Each frame is kept once, on `device`; `blocks` puts the stacks together.
    """

    def __init__(self, steps: int, envs: int, device: torch.device | None = None):
        self.steps, self.envs = steps, envs
        self.length = 0
        self.black = (steps + STACK - 1) * envs  # The row of a black frame, which stands before an episode's first.
        # As the network reads them: the pixels of each 4x4 block side by side. The first rows are the frames before the rollout.
        self.frames = torch.zeros(self.black + 1, PIXELS, dtype=torch.uint8, device=device)
        self.ages = np.zeros((steps, envs), np.int64)  # frames before the newest in its episode
        self.actions = np.zeros((steps, envs), np.int64)
        self.values = np.zeros((steps, envs), np.float32)  # max Q(s, a)
        self.rewards = np.zeros((steps, envs), np.float32)
        self.terminated = np.zeros((steps, envs), np.bool_)
        self.truncated = np.zeros((steps, envs), np.bool_)
        self.final_values = np.zeros((steps, envs), np.float32)  # max Q of the last frames of what was truncated
        self.returns = np.zeros((steps, envs), np.float32)

    @property
    def full(self) -> bool:
        return self.length == self.steps

    def begin(self, stacks: np.ndarray) -> None:
        """Forget everything; the environments show stacks (E, 4, 84, 84)."""
        self.length = 0
        for k in range(STACK - 1):
            self.write(k, stacks[:, k])

    def write(self, step: int, frames: np.ndarray) -> None:
        self.frames[step * self.envs : (step + 1) * self.envs] = self.beside(frame_blocks(torch.from_numpy(frames)))

    def newest_rows(self, ages: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the frames (E,) that are seen now belong, and all of their stacks (4 E,), of which `ages` (E,) frames lie before the newest."""
        rows = self.stack_rows(np.full(self.envs, self.length), np.arange(self.envs), ages)
        return rows[:, -1].copy(), rows.ravel()

    def show(self, places: Tensor, rows: Tensor, frames: Tensor) -> Tensor:
        """Write frames (E, 84, 84) to the places (E,); the blocks (E, 64, 21, 21) of the stacks at rows (4 E,)."""
        self.frames.index_copy_(0, self.beside(places), frame_blocks(self.beside(frames)))
        return self.stacked(rows)

    def see(self, ages: np.ndarray, actions: np.ndarray, q: np.ndarray, newest: np.ndarray | None) -> None:
        """Of what is seen now: `ages` (E,) as in `newest_rows`, what is done, Q (E, A), and the newest frames (E, 84, 84) unless `show` wrote them."""
        t = self.length
        if newest is not None:
            self.write(t + STACK - 1, newest)
        self.ages[t], self.actions[t], self.values[t] = ages, actions, q.max(1)

    def record(self, step: Collected, rewards: np.ndarray) -> None:
        """What came of it, with the rewards (E,) to learn from. Where it was truncated, `final_values` are up to the caller."""
        t = self.length
        self.rewards[t], self.terminated[t], self.truncated[t] = rewards, step.terminated, step.truncated
        self.length += 1

    def finish(self, values: np.ndarray, gamma: float, lam: float) -> None:
        """Compute `returns`, given max Q (E,) of what is seen after the last step."""
        following = np.concatenate([self.values[1:], values[None]])
        self.returns = lambda_returns(self.rewards, following, self.terminated, self.truncated, self.final_values, gamma, lam)

    def blocks(self, index: np.ndarray) -> Tensor:
        """The stacks' blocks (B, 64, 21, 21) uint8 of the transitions t * E + e in `index` (B,)."""
        return self.stacked(torch.from_numpy(self.rows(index).ravel()))

    def rows(self, index: np.ndarray) -> np.ndarray:
        """Where their frames are, (B, 4), oldest first."""
        step, env = np.divmod(index, self.envs)
        return self.stack_rows(step, env, self.ages[step, env])

    def stack_rows(self, step: np.ndarray, env: np.ndarray, ages: np.ndarray) -> np.ndarray:
        before = np.arange(STACK - 1, -1, -1)
        rows = (step[:, None] + STACK - 1 - before) * self.envs + env[:, None]
        rows[before > ages[:, None]] = self.black
        return rows

    def stacked(self, rows: Tensor) -> Tensor:
        """The blocks (B, 64, 21, 21) of stacks whose frames are at rows (4 B,)."""
        return stack_blocks(self.frames.index_select(0, self.beside(rows)))

    def beside(self, tensor: Tensor) -> Tensor:
        """A tensor where the frames are."""
        return tensor.to(self.frames.device, non_blocking=True)

    def state(self) -> dict[str, Any]:
        arrays = {name: value.copy() for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        return {"length": self.length, "frames": self.frames.clone(), **arrays}

    def restore(self, state: dict[str, Any]) -> None:
        self.frames.copy_(state["frames"])
        for name, value in state.items():
            if name != "frames":
                setattr(self, name, value if name == "length" else value.copy())


def lambda_returns(
    rewards: np.ndarray, following: np.ndarray, terminated: np.ndarray, truncated: np.ndarray, final: np.ndarray, gamma: float, lam: float
) -> np.ndarray:
    """Peng's Q(lambda) (T, E) of arrays (T, E): R_t = r_t + gamma ((1 - lambda) V_{t+1} + lambda R_{t+1}), with V = max Q.

    `following` is V_{t+1}. Nothing follows where `terminated`; V of `final` does where `truncated`; V alone after the last step
    (Gallici et al. 2024, algorithm 1).
    """
    returns = np.zeros_like(rewards)
    later = following[-1]
    for t in reversed(range(len(rewards))):
        after = np.where(truncated[t], final[t], (1 - lam) * following[t] + lam * later)
        returns[t] = later = rewards[t] + gamma * np.where(terminated[t], 0, after)
    return returns
