"""Experience replay: single uint8 frames in one ring per environment; stacks and n-step returns are made when drawn.

Read first: `ReplayMemory.sample`. One million transitions take 7.06 GB of frames and a few bytes each beside them.
An episode of k transitions takes k + 1 rows: the last row holds the frame after the last action, which a truncated
episode bootstraps from. Sources: Mnih et al. 2015 (uniform), Schaul et al. 2016 (prioritised), Sutton 1988 (n-step).
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.dqn_config import DQNConfig
from agents.sum_tree import SumTree
from lab import checkpoint
from lab.atari.games import STACK
from lab.checkpoint import Segment
from lab.device import in_huge_pages
from lab.errors import LabError
from lab.run import Run
from models.kernels.pixel_blocks import frame_blocks, frame_pixels, stack_blocks

log = logging.getLogger("lab.replay")

PIXELS = 84 * 84
NO_ACTION = 255
Rows = np.ndarray | Tensor
BLOCK = 1024
"""Rows of one environment in one stored segment."""


@dataclass(frozen=True)
class Batch:
    """Drawn transitions, with rows into the frame store in place of frames.

    rows, next_rows (B, 4) int64; actions (B,) int64; returns (B,) float32: the discounted sum of up to n rewards;
    discounts (B,) float32: gamma^k after k rewards, 0 where the episode terminated; weights (B,) float32: importance
    weights in (0, 1]; leaves (B,) int64: where to put the new priorities.
    """

    rows: np.ndarray
    next_rows: np.ndarray
    actions: np.ndarray
    returns: np.ndarray
    discounts: np.ndarray
    weights: np.ndarray
    leaves: np.ndarray


@dataclass(frozen=True)
class Sequences:
    """k steps in a row, B times; none crosses an episode's end.

    rows (B, k + 1) int64 into the frame store: what was seen before each step and after the last; actions (B, k) int64; rewards
    (B, k) float32, unclipped; terminated (B, k) bool; ended (B, k) bool: terminated, truncated, or a lost life where that counts.
    """

    rows: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    ended: np.ndarray


def empty_frames(rows: int, device: torch.device) -> Tensor:
    """Room for frames (rows, 7056) uint8 on a device; in main memory where a GPU turns out to be full."""
    if device.type != "cpu":
        with suppress(torch.cuda.OutOfMemoryError):
            return torch.empty(rows, PIXELS, dtype=torch.uint8, device=device)
        log.warning(
            "The replay memory does not fit the GPU's memory: its frames are kept in main memory, from where drawing them is slower."
        )
    return in_huge_pages(torch.empty(rows, PIXELS, dtype=torch.uint8))


class ReplayMemory:
    """The newest `capacity` rows of `envs` environments.

    Per step call `append` with the frames that are seen, then `record` with what was done in them; `end` closes an
    episode with its final frame. `n_step` and `gamma` define the return; rewards are clipped to [-1, 1] when drawn if
    `clip_rewards`. With `prioritised`, transitions are drawn in proportion to priority^alpha.
    """

    def __init__(
        self,
        capacity: int,
        envs: int,
        *,
        n_step: int = 1,
        gamma: float = 0.99,
        clip_rewards: bool = True,
        prioritised: bool = False,
        alpha: float = 0.5,
        device: torch.device | None = None,
    ):
        self.length = capacity // envs
        if self.length < n_step + STACK + 1:
            raise ValueError(f"a replay memory of {capacity} rows is too small for {envs} environments with n = {n_step}")
        self.envs, self.n_step, self.gamma, self.clip_rewards, self.alpha = envs, n_step, gamma, clip_rewards, alpha
        rows = envs * self.length
        self.zero_row = rows  # A black frame stands before an episode's first.
        # As the network reads them: the pixels of each 4x4 block side by side (`frame_blocks`).
        self.frames = empty_frames(rows + 1, device or torch.device("cpu"))
        self.frames[rows] = 0
        self.actions = np.full(rows, NO_ACTION, np.uint8)
        self.rewards = np.zeros(rows, np.float32)
        self.terminated = np.zeros(rows, np.bool_)
        self.ended = np.zeros(rows, np.bool_)  # terminated, truncated, or a lost life that counts as terminal
        self.age = np.zeros(rows, np.uint8)  # frames before this one in its episode, at most STACK - 1
        self.count = np.zeros(envs, np.int64)  # rows ever appended; row i of an environment lies at i % length
        self.ready = np.zeros(envs, np.int64)  # rows below this one have their n-step window complete
        self.base = np.arange(envs, dtype=np.int64) * self.length
        self.tree = SumTree(rows) if prioritised else None
        self.max_priority = 1.0
        self.block = min(BLOCK, self.length)
        self.segments: list[list[Segment]] = [[] for _ in range(envs)]
        self.late = self.frames.device.type != "cpu"
        """Whether frames are written when they are first asked for: a GPU is given them along with other work."""
        self.waiting: list[tuple[Tensor, Tensor]] = []
        """Rows (E,) and the frames (E, 84, 84) that are still to be written there."""
        self.gammas = gamma ** np.arange(n_step + 1)

    @classmethod
    def of(cls, config: DQNConfig, device: torch.device) -> "ReplayMemory":
        """The empty memory that a config asks for."""
        return cls(
            config.replay_capacity, config.envs, n_step=config.n_step, gamma=config.gamma, clip_rewards=config.clip_rewards,
            prioritised=config.prioritised, alpha=config.priority_alpha, device=device,
        )  # fmt: skip

    # -- filling ---------------------------------------------------------------------------------------------------

    def append(self, envs: np.ndarray, frames: np.ndarray, first: bool) -> None:
        """Add the frames (E, 84, 84) uint8 that the environments `envs` (E,) show; `first` of their episodes or not."""
        index = self.count[envs]
        rows = self.base[envs] + index % self.length
        self.waiting.append((torch.from_numpy(rows), torch.from_numpy(frames)))
        if not self.late:
            self.flush()
        before = self.base[envs] + (index - 1) % self.length
        self.age[rows] = 0 if first else np.minimum(self.age[before] + 1, STACK - 1)
        self.actions[rows] = NO_ACTION
        self.rewards[rows] = 0
        self.terminated[rows] = self.ended[rows] = False
        self.count[envs] += 1
        ready = np.maximum(self.ready[envs], index - self.n_step + 1)
        if self.tree is not None:
            # What lost its stack to the ring's write position leaves; what completed its window comes in.
            lost = self.first_usable()[envs, None] - np.arange(1, STACK)  # (E, 3): several at once when the ring closes
            gone = np.concatenate([rows, (self.base[envs, None] + lost % self.length)[lost >= 0]])
            come = (self.base[envs] + (ready - 1) % self.length)[ready > self.ready[envs]]
            come = come[self.actions[come] != NO_ACTION]
            self.tree.set(np.concatenate([gone, come]), np.r_[np.zeros(len(gone)), np.full(len(come), self.max_priority)])
        self.ready[envs] = ready
        for full in np.flatnonzero((index + 1) % self.block == 0):
            self.archive(int(envs[full]), int(index[full] + 1))

    def write(self, rows: Tensor, frames: Tensor) -> None:
        """Put frames (E, 84, 84) where they are kept."""
        place = self.frames.device
        self.frames.index_copy_(0, rows.to(place, non_blocking=True), frame_blocks(frames.to(place, non_blocking=True)))

    def flush(self) -> None:
        """Write what waits."""
        for rows, frames in self.waiting:
            self.write(rows, frames)
        self.waiting.clear()

    def step_to_write(self) -> tuple[Tensor, ...]:
        """What the caller is to `write`: one frame of each environment; empty where it is not just that which waits, and is written now."""
        if len(self.waiting) == 1 and len(self.waiting[0][0]) == self.envs:
            return self.waiting.pop()
        self.flush()
        return ()

    def record(self, actions: np.ndarray, rewards: np.ndarray, terminated: np.ndarray, ended: np.ndarray) -> None:
        """What all environments did in their newest frame: (E,) each. `terminated` stops bootstrapping, `ended` the return."""
        rows = self.base + (self.count - 1) % self.length
        self.actions[rows] = actions
        self.rewards[rows] = rewards
        self.terminated[rows] = terminated
        self.ended[rows] = ended | terminated

    def end(self, envs: np.ndarray, frames: np.ndarray) -> None:
        """Close the episodes of `envs` with the frames (E, 84, 84) after their last actions."""
        self.append(envs, frames, first=False)
        for env in envs:
            # The n-step windows of the tail end with the episode: all of it can be drawn.
            final = self.count[env] - 1
            tail = np.arange(self.ready[env], final)
            if self.tree is not None and len(tail):
                self.tree.set(self.base[env] + tail % self.length, np.full(len(tail), self.max_priority))
            self.ready[env] = final + 1

    # -- drawing ---------------------------------------------------------------------------------------------------

    def first_usable(self) -> np.ndarray:
        """The oldest row (E,) whose whole stack is still stored, in rows ever appended."""
        oldest = self.count - self.length
        return np.where(oldest > 0, oldest + STACK - 1, 0)

    def __len__(self) -> int:
        """Transitions that can be drawn, final frames counted in."""
        return int(np.maximum(self.ready - self.first_usable(), 0).sum())

    def sample(self, batch: int, rng: np.random.Generator, beta: float = 1.0, parts: int = 1) -> Batch:
        """`batch` transitions, uniformly or by priority; beta is the exponent of the importance weights.

        Each of the `parts` equal consecutive parts of the batch is spread over the whole memory.
        """
        leaves = self.draw_uniform(batch, rng) if self.tree is None else self.draw_prioritised(batch, rng)
        # Priorities are drawn slice by slice, in order: deal them out in turns.
        leaves = leaves.reshape(-1, parts).T.reshape(-1)
        weights = np.ones(batch, np.float32)
        if self.tree is not None:
            probability = self.tree.leaves[leaves] / self.tree.total
            scale = (len(self) * probability) ** -beta
            weights = (scale / scale.max()).astype(np.float32)
        return self.transitions(leaves, weights)

    def newest(self, batch: int, parts: int = 1) -> Batch:
        """The `batch` newest transitions of all environments in turns, the same in each of the `parts`; again from the newest where there are fewer."""
        back = self.ready - 1 - np.arange(2 * batch)[:, None]  # (2 B, E): final frames are no transitions
        rows = self.base + back % self.length
        usable = rows[(back >= self.first_usable()) & (self.actions[rows] != NO_ACTION)]
        return self.transitions(np.tile(np.resize(usable, batch), parts), np.ones(batch * parts, np.float32))

    def draw_uniform(self, batch: int, rng: np.random.Generator) -> np.ndarray:
        low = self.first_usable()
        ends = np.cumsum(np.maximum(self.ready - low, 0))
        drawn = np.empty(0, np.int64)
        while len(drawn) < batch:
            u = rng.integers(ends[-1], size=batch)
            env = np.searchsorted(ends, u, side="right")
            index = self.ready[env] - (ends[env] - u)
            rows = self.base[env] + index % self.length
            drawn = np.concatenate([drawn, rows[self.actions[rows] != NO_ACTION]])
        return drawn[:batch]

    def draw_prioritised(self, batch: int, rng: np.random.Generator) -> np.ndarray:
        """One draw from each of `batch` equal slices of the total, as in the paper."""
        assert self.tree is not None
        return self.tree.draw((np.arange(batch) + rng.random(batch)) / batch * self.tree.total)

    def transitions(self, leaves: np.ndarray, weights: np.ndarray) -> Batch:
        """The transitions that start at the rows `leaves` (B,)."""
        base = leaves - leaves % self.length
        window = base[:, None] + (leaves[:, None] + np.arange(self.n_step)) % self.length  # (B, n)
        ended = self.ended[window]
        # Step j counts while no step before it ended the episode.
        counts = np.ones_like(ended)
        np.logical_and.accumulate(~ended[:, :-1], axis=1, out=counts[:, 1:])
        rewards = self.rewards[window]
        if self.clip_rewards:
            rewards = np.minimum(np.maximum(rewards, -1.0), 1.0)
        returns = (rewards * counts * self.gammas[:-1]).sum(1)
        taken = counts.sum(1)
        terminal = (self.terminated[window] & counts).any(1)
        following = base + (leaves + taken) % self.length
        rows = self.stack_rows(np.concatenate([leaves, following]))
        return Batch(
            rows=rows[: len(leaves)],
            next_rows=rows[len(leaves) :],
            actions=self.actions[leaves].astype(np.int64),
            returns=returns.astype(np.float32),
            discounts=np.where(terminal, 0.0, self.gammas[taken]).astype(np.float32),
            weights=weights,
            leaves=leaves,
        )

    def stack_rows(self, rows: np.ndarray) -> np.ndarray:
        """The rows (B, 4) of the stacks that end at `rows` (B,), oldest first; before an episode's start, the black frame."""
        back = np.arange(STACK - 1, -1, -1)
        base = rows - rows % self.length
        stack = base[:, None] + (rows[:, None] - back) % self.length
        return np.where(back <= self.age[rows][:, None], stack, self.zero_row)

    def newest_rows(self) -> np.ndarray:
        """The stacks (E, 4) that the environments show now."""
        return self.stack_rows(self.base + (self.count - 1) % self.length)

    def episodes(self) -> list[np.ndarray]:
        """The rows of each stored episode, in order: k + 1 for k steps. The ring cuts the oldest ones' beginnings."""
        episodes = []
        for env in range(self.envs):
            index = np.arange(max(0, int(self.count[env]) - self.length), int(self.count[env]))
            rows = self.base[env] + index % self.length
            # Only a final frame has no action, and what the environment shows now.
            episodes += [part for part in np.split(rows, np.flatnonzero(self.actions[rows] == NO_ACTION) + 1) if len(part)]
        return episodes

    def sequence_starts(self, length: int) -> np.ndarray:
        """The rows (N,) at which `length` steps in a row begin."""
        return np.concatenate([np.empty(0, np.int64), *(rows[:-length] for rows in self.episodes())])

    def sequences(self, starts: np.ndarray, length: int) -> Sequences:
        """The `length` steps from each of the rows `starts` (B,), which `sequence_starts` gives."""
        base = starts - starts % self.length
        rows = base[:, None] + (starts[:, None] + np.arange(length + 1)) % self.length
        steps = rows[:, :-1]
        return Sequences(rows, self.actions[steps].astype(np.int64), self.rewards[steps], self.terminated[steps], self.ended[steps])

    def pixels(self, rows: np.ndarray) -> Tensor:
        """Frames (..., 84, 84) uint8 of rows (...), on the memory's device."""
        if not rows.size:
            return torch.empty(*rows.shape, 84, 84, dtype=torch.uint8, device=self.frames.device)
        return frame_pixels(self.stored(rows)).view(*rows.shape, 84, 84)

    def blocks(self, rows: Rows) -> Tensor:
        """What `space_to_depth` makes of the stacks: (B, 64, 21, 21) uint8 of stack rows (B, 4), on the memory's device."""
        return stack_blocks(self.stored(rows))

    def stored(self, rows: Rows) -> Tensor:
        """The frames (N, 7056) uint8 at `rows` (any shape of N), as they are kept."""
        self.flush()
        places = torch.from_numpy(rows) if isinstance(rows, np.ndarray) else rows
        return self.frames.index_select(0, places.flatten().to(self.frames.device, non_blocking=True))

    def set_priorities(self, leaves: np.ndarray, priorities: np.ndarray) -> None:
        """New priorities (B,), each above 0, before the exponent alpha."""
        assert self.tree is not None
        scaled = np.maximum(priorities.astype(np.float64), 1e-6) ** self.alpha
        self.max_priority = max(self.max_priority, float(scaled.max()))
        self.tree.set(leaves, scaled)

    # -- storing ---------------------------------------------------------------------------------------------------

    def archive(self, env: int, end: int) -> None:
        """Compress the block of rows that ends at `end`, and forget the blocks that the ring has overwritten."""
        self.segments[env].append(self.segment(env, end - self.block, end))
        oldest = self.count[env] - self.length
        self.segments[env] = [s for s in self.segments[env] if segment_start(s) + self.block > oldest]

    def segment(self, env: int, start: int, end: int) -> Segment:
        """Rows [start, end) of one environment."""
        rows = self.base[env] + np.arange(start, end) % self.length
        frames = frame_pixels(self.stored(rows)).view(len(rows), PIXELS).cpu().numpy()
        return Segment(f"env{env:03d}-{start:012d}-{end - start}", frames)

    def state(self) -> dict[str, Any]:
        """Everything in the memory. Whole blocks are segments, stored once; the rest is written each time."""
        tails = [self.segment(e, int(n - n % self.block), int(n)) for e, n in enumerate(self.count) if n % self.block]
        return {
            "segments": [list(segments) for segments in self.segments],
            "tails": tails,
            "actions": self.actions.copy(), "rewards": self.rewards.copy(), "terminated": self.terminated.copy(),
            "ended": self.ended.copy(), "age": self.age.copy(), "count": self.count.copy(), "ready": self.ready.copy(),
            "priorities": None if self.tree is None else self.tree.leaves.copy(), "max_priority": self.max_priority,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        for name in ("actions", "rewards", "terminated", "ended", "age", "count", "ready"):
            getattr(self, name)[:] = state[name]
        self.segments = [list(segments) for segments in state["segments"]]
        for segment in [*(s for segments in self.segments for s in segments), *state["tails"]]:
            env, start = int(segment.name[3:6]), segment_start(segment)
            index = np.arange(start, start + segment.shape[0])
            kept = index >= self.count[env] - self.length
            if not kept.any():  # All of it was overwritten since, and the block that would have dropped it was not whole yet.
                continue
            rows = torch.from_numpy(self.base[env] + index[kept] % self.length)
            frames = torch.from_numpy(segment.read()[kept]).view(-1, 84, 84)
            self.frames[rows] = frame_blocks(frames).to(self.frames.device)
        if self.tree is not None:
            self.tree.fill(state["priorities"])
        self.max_priority = float(state["max_priority"])


def stored_memory(run: Run) -> ReplayMemory:
    """The memory of a stored run at its newest good checkpoint, in main memory; no network and no emulator is made.

    Raises LabError where there is no checkpoint, or no memory in it.
    """
    if run.shipped:
        raise LabError(
            f"{run.name} is a shipped agent: its weights are here, but not its replay memory. `lab train dqn` makes a run that has one."
        )
    config = run.config()
    state = checkpoint.newest_good(run.checkpoints)[1]["experiment"].get("replay") if isinstance(config, DQNConfig) else None
    if state is None:
        raise LabError(f"{run.name} ({run.recipe.name}) has no replay memory. `lab train dqn` makes a run that has one.")
    assert isinstance(config, DQNConfig)
    memory = ReplayMemory.of(config, torch.device("cpu"))
    memory.restore(state)
    return memory


def segment_start(segment: Segment) -> int:
    """The first row of a segment, from its name `env000-<start>-<rows>`."""
    return int(segment.name.split("-")[1])
