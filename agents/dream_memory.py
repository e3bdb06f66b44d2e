"""How a dream's memory is learned: from stretches of the play, of which it sees the last steps as it expected them itself.

It is learned beside the network that draws, on its own. Read first: `DreamMemory.step`.
"""

import torch
from torch import Tensor

from agents.dream_config import DreamConfig
from agents.dream_data import Play
from lab.experiment import Metrics
from lab.seeding import seeded
from models.dream_memory import PAST, Memory, boxes, solid
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatAdam, FlatNetwork

AHEAD = 12
"""Steps that a sequence goes on after what a memory begins with."""
SEQUENCES = 128
"""In a batch: they are short, and the network is small."""
CLIP = 10.0
"""The gradient's norm at most, as it goes back through many steps."""


class DreamMemory:
    """The memory of a dream, and what trains it."""

    def __init__(self, config: DreamConfig, actions: int, seed: int, device: torch.device):
        self.device = device
        with seeded(seed):
            memory = Memory(actions, config.colours, config.size, config.recall, config.phase)
        self.net = FlatNetwork(memory.to(device), torch.float32)
        self.optimizer = FlatAdam(self.net, config.learning_rate, 1e-8)
        self.captured = CapturedSteps(device, lambda: self.optimizer.changing)
        self.boxes = torch.zeros(0)
        """Those of the play (N, C, 5)."""
        self.starts = torch.zeros(0, dtype=torch.int64)

    def take(self, play: Play) -> None:
        """Where things are in the play."""
        memory = self.net.master
        assert isinstance(memory, Memory)
        self.boxes = torch.cat([boxes(part.to(self.device), memory.colours) for part in play.frames.split(1_000)])
        memory.solid.copy_(solid(play.frames[:: -(-len(play.frames) // 1_000)], memory.colours))
        self.starts = play.starts(AHEAD)
        if not len(self.starts):  # Of episodes that are as short, what there is.
            self.starts = play.starts()

    def step(self, play: Play, rng: torch.Generator, learning_rate: float) -> Metrics:
        """One update, on `SEQUENCES` sequences of the play."""
        if not len(self.boxes):
            self.take(play)
        rows = self.starts[torch.randint(len(self.starts), (SEQUENCES,), generator=rng)]
        seen, done, clock = sequences(play, rows)
        self.optimizer.set_learning_rate(learning_rate)
        return self.captured("memory", self.learn, self.boxes[seen.to(self.device)], done, clock)

    def learn(self, *given: Tensor) -> Metrics:
        """One update on boxes (B, T + 1, C, 5), what is done in the first T of them and their clocks (B, T)."""
        loss = self.net.master.loss(*(tensor.to(self.device) for tensor in given))  # type: ignore[operator]
        gradient = self.net.backward(loss)
        self.optimizer.step(gradient * (CLIP / gradient.norm()).clamp(max=1.0))
        return {"losses/memory": loss.detach()}


def sequences(play: Play, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The rows (B, T + 1) that are seen from `PAST` steps before the rows (B,) to `AHEAD` after them, or where the episode ends, and what is done in the first T
    of them and their clocks (B, T)."""
    past, done = play.history(rows, PAST + 1), play.done(rows, PAST + 1)
    seen, acts = [past], [done]
    for _ in range(AHEAD):
        rows = rows + play.played[rows].long()
        seen.append(rows[:, None])
        acts.append(play.actions[rows][:, None])
    every = torch.cat(seen, 1)
    return every, torch.cat(acts, 1)[:, :-1], play.clock[every[:, :-1]]
