"""A dream as one plays in it: what it has seen last, and the next frame for an action. Read first: `World.step`."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from agents.dream_data import Play
from models.dream_unet import CLOCK, draw


@dataclass(frozen=True)
class Dreamt:
    """One step of B dreams: frames (B, S, S) uint8, the reward's sign (B,) and probabilities (B, 3), the probability of an end (B,)."""

    frames: Tensor
    signs: Tensor
    rewards: Tensor
    ends: Tensor


class World:
    """B dreams of one game, side by side: `begin` or `show` gives them real frames to start from, `step` goes on.

    The same `seed` and the same actions give the same dreams. They are kept on the processor, also where the network is on a GPU.
    """

    def __init__(self, net: nn.Module, count: int = 1, *, steps: int = 1, temperature: float = 0.0, seed: int = 0):
        self.net, self.count, self.steps, self.temperature = net, count, steps, temperature
        self.generator = torch.Generator().manual_seed(seed)
        self.history: int = net.history  # type: ignore[assignment]
        self.frames = torch.zeros(0)  # (B, H, S, S) uint8
        self.actions = torch.zeros(count, self.history, dtype=torch.int64)
        self.clock = torch.zeros(count, dtype=torch.int64)

    def begin(self, play: Play, rows: Tensor) -> None:
        """Start each dream from what was played up to the rows (B,)."""
        self.frames = play.frames[play.history(rows, self.history)]
        # `done` has in its last place what is done next, which `step` puts there.
        self.actions = play.done(rows, self.history).roll(1, 1)
        self.clock = play.clock[rows].clone()

    def step(self, actions: Tensor) -> Dreamt:
        """The next frame of each dream for actions (B,)."""
        self.actions = torch.cat([self.actions[:, 1:], actions[:, None]], 1)
        place = next(self.net.parameters(), self.frames).device
        seen = (part.to(place) for part in (self.frames, self.actions, self.clock))
        made = draw(self.net, *seen, steps=self.steps, temperature=self.temperature, generator=self.generator)
        frames, rewards, ends = (part.cpu() for part in made)
        signs = rewards.argmax(1) - 1
        self.frames = torch.cat([self.frames[:, 1:], frames[:, None]], 1)
        self.clock = torch.where((signs != 0) | (ends > 0.5), 0, (self.clock + 1).clamp(max=CLOCK - 1))
        return Dreamt(frames, signs, rewards, ends)
