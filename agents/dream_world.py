"""A dream as one plays in it: what it has seen last, and the next frame for an action. Read first: `World.step`."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from agents.dream_data import Play
from lab.device import autocast
from models.dream_memory import PAST, Memory, boxes
from models.dream_unet import a_step_later, draw
from models.kernels.cuda_graphs import CapturedSteps


@dataclass(frozen=True)
class Dreamt:
    """One step of B dreams: frames (B, S, S) uint8, the reward's sign (B,) and probabilities (B, 3), the probability of an end (B,)."""

    frames: Tensor
    signs: Tensor
    rewards: Tensor
    ends: Tensor


class World:
    """B dreams of one game, side by side: `begin` or `show` gives them real frames to start from, `step` goes on.

    The same `seed` and the same actions give the same dreams. They are kept on the processor, also where the network is on a GPU; there
    `captured` makes a CUDA graph of the drawing, unless it draws random numbers.
    """

    def __init__(
        self, net: nn.Module, count: int = 1, *, steps: int = 1, temperature: float = 0.0, seed: int = 0, captured: bool = False
    ):  # fmt: skip
        self.net, self.count, self.steps, self.temperature = net, count, steps, temperature
        self.generator = torch.Generator().manual_seed(seed)
        self.captured = CapturedSteps(self.place, list) if captured and steps == 1 and temperature <= 0 else None
        self.history: int = net.history  # type: ignore[assignment]
        self.frames = torch.zeros(0)  # (B, H, S, S) uint8
        self.memory: Memory | None = getattr(net, "memory", None)
        self.remembered = torch.zeros(count, 0 if self.memory is None else self.memory.numbers)
        """The memory's state before the newest frame."""
        self.actions = torch.zeros(count, self.history, dtype=torch.int64)
        self.clock = torch.zeros(count, dtype=torch.int64)

    @property
    def place(self) -> torch.device:
        return next(self.net.parameters(), torch.zeros(0)).device

    def begin(self, play: Play, rows: Tensor) -> None:
        """Start each dream from what was played up to the rows (B,)."""
        self.frames = play.frames[play.history(rows, self.history)]
        self.remembered = self.recalled(play, rows)
        # `done` has in its last place what is done next, which `step` puts there.
        self.actions = play.done(rows, self.history).roll(1, 1)
        self.clock = play.clock[rows].clone()

    def recalled(self, play: Play, rows: Tensor) -> Tensor:
        """The memory's state (B, numbers) of what was played before the rows (B,)."""
        if self.memory is None:
            return torch.zeros(len(rows), 0)
        past, done = (part[:, :-1] for part in (play.history(rows, PAST + 1), play.done(rows, PAST + 1)))
        return self.memory.after(boxes(play.frames[past], self.memory.colours), done)

    @torch.no_grad()
    def remember(self, state: Tensor, frames: Tensor, actions: Tensor, clock: Tensor) -> Tensor:
        """The memory's state (B, numbers) once frames (B, S, S) were seen and actions (B,) taken in them, where the network is."""
        state, frames, actions, clock = (part.to(self.place) for part in (state, frames, actions, clock))
        if self.memory is None:
            return state
        with autocast(self.place, torch.float32):  # Also where frames are drawn in bf16: it is there for places to a fraction of a pixel.
            after: Tensor = self.memory(state, boxes(frames, self.memory.colours), actions, clock)
        return after

    def step(self, actions: Tensor) -> Dreamt:
        """The next frame of each dream for actions (B,)."""
        self.actions = torch.cat([self.actions[:, 1:], actions[:, None]], 1)
        seen = (self.frames, self.actions, self.clock, self.remembered)
        made = self.drawn(*seen) if self.captured is None else self.captured("draw", self.drawn, *seen)
        frames, self.remembered, rewards, ends = (made[name].cpu() for name in ("frames", "remembered", "rewards", "ends"))
        signs = rewards.argmax(1) - 1
        self.frames = torch.cat([self.frames[:, 1:], frames[:, None]], 1)
        self.clock = a_step_later(self.clock, (signs != 0) | (ends > 0.5))
        return Dreamt(frames, signs, rewards, ends)

    @torch.no_grad()
    def drawn(self, *seen: Tensor) -> dict[str, Tensor]:
        """The next frames, the memory's states after those before, and the probabilities of the rewards' signs and of an end, where the network is."""
        frames, actions, clock, state = (part.to(self.place) for part in seen)
        state = self.remember(state, frames[:, -1], actions[:, -1], clock)
        hint = None if self.memory is None else self.memory.told(state)
        parts = draw(
            self.net, frames, actions, clock, steps=self.steps, temperature=self.temperature, generator=self.generator, hint=hint
        )  # fmt: skip
        return dict(zip(("frames", "rewards", "ends"), parts, strict=True), remembered=state)
