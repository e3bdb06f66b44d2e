"""What a dream remembers beyond its last frames: where things exactly were, and so where they are going. Read first: `Memory`.

Pong's paddle glides on towards where its knob points, which no frame shows: it follows from its last places and what was done. A dream that reads it off its own
last four frames each time drifts away, as each of them is rounded to whole pixels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dream_unet import CLOCK, PHASES

PAST = 11
"""Steps that the memory sees before the newest frame."""
EDGES = 4
"""Of a class: its first and last row and column."""
BOX = 1 + EDGES
"""Of a class: whether it is there, and its edges in pixels."""
EXPECTED = BOX + EDGES
"""Of a class: the logit of its being there, its edges, and how far off each may be."""
STEP = 8.0
"""Pixels that things move in a step, roughly."""
WIDE = 4.0
"""How far a frame reaches for the network, so that a pixel is not too little."""
LEAST = 0.2
"""Pixels that an expected edge may be off at least."""
ROUNDED = 1.0
"""An edge that is seen less than so many pixels from where it was expected is there, and was rounded."""
THERE, CERTAIN = 3.0, 0.8
"""A class is told where the logit of its being there is above the one, and all of its edges are known better than the other, in pixels."""
LONG = 3.5
"""Nor is a class whose box is not longer than so many pixels: a ball that is told where it is not would be lost."""
SURE, WEIGHT, MOST = 1.5, 4.0, 20.0
"""Of what a memory tells about a pixel, in logits: what is nearer to 0 counts for nothing, the rest counts so many times, up to a most."""


class Apart(nn.Module):
    """A dense layer for each class (C, B, inputs) -> (C, B, outputs): what moves a paddle need not be told from all else that goes on."""

    def __init__(self, classes: int, inputs: int, outputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, inputs, outputs) / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(classes * outputs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias.view(len(x), 1, -1), x, self.weight)


class Memory(nn.Module):
    """State (B, numbers), the boxes (B, C, BOX) of what is seen, what is done (B,) and the clock (B,) -> the state after it.

    A state is the boxes of the last frames, what was done in them, and what is `expected` of the next frame. It computes in float32, as fractions of a pixel
    count. `solid` (C,) are the classes that fill their box.
    """

    solid: Tensor

    def __init__(self, actions: int, colours: int, size: int, width: int, phase: bool = False):
        super().__init__()
        self.actions, self.colours, self.size = actions, colours, size
        self.action, self.clock = nn.Embedding(actions * (PAST + 1), colours * width), nn.Embedding(CLOCK, colours * width)
        if phase:
            self.phase = nn.Embedding(PHASES, colours * width)
        self.enter = Apart(colours, BOX * (PAST + 1), width)
        self.layers = nn.Sequential(
            nn.SiLU(), Apart(colours, width, width), nn.SiLU(), Apart(colours, width, width), nn.SiLU(), Apart(colours, width, EXPECTED)
        )  # fmt: skip
        for embedding in (self.action, self.clock):  # Places must not be lost beside what is done.
            nn.init.normal_(embedding.weight, std=0.1)
        self.register_buffer("solid", torch.zeros(colours, dtype=torch.bool))

    @property
    def numbers(self) -> int:
        """How many a state has."""
        return (PAST + 1) * (self.colours * BOX + 1) + self.colours * EXPECTED

    def parts(self, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of states (B, numbers) the last boxes (B, PAST + 1, C, BOX), what was done in them (B, PAST + 1), and what is expected (B, C, EXPECTED)."""
        boxes, done, expected = state.split([(PAST + 1) * self.colours * BOX, PAST + 1, self.colours * EXPECTED], 1)
        return boxes.unflatten(1, (PAST + 1, self.colours, BOX)), done.long(), expected.unflatten(1, (self.colours, EXPECTED))

    def expected(self, state: Tensor) -> Tensor:
        """What states (B, numbers) expect of each class (B, C, EXPECTED): the logit of its being there, its edges, and the spread of each, in pixels."""
        return self.parts(state)[2]

    def after(self, seen: Tensor, done: Tensor) -> Tensor:
        """The state (B, numbers) once boxes (B, PAST, C, BOX) were seen and actions (B, PAST) taken in them; it expects nothing yet."""
        expected = torch.full((len(seen), self.colours * EXPECTED), -1.0, device=seen.device)
        boxes, actions = torch.cat([seen[:, :1], seen], 1), torch.cat([done[:, :1], done], 1)
        return torch.cat([boxes.flatten(1), actions.float(), expected], 1)

    def forward(self, state: Tensor, seen: Tensor, actions: Tensor, clock: Tensor) -> Tensor:
        boxes, done, before = self.parts(state)
        there = (seen[..., :1] > 0).float()
        edges, believed = seen[..., 1:], before[..., 1:BOX]
        edges = torch.where((before[..., :1] > 0) & ((edges - believed).abs() < ROUNDED), believed, edges)
        boxes = torch.cat([boxes[:, 1:], torch.cat([there, edges], -1)[:, None]], 1)
        done = torch.cat([done[:, 1:], actions[:, None]], 1)
        e = self.action(done + self.actions * torch.arange(PAST + 1, device=done.device)).sum(1) + self.clock(clock % CLOCK)
        if hasattr(self, "phase"):
            e = e + self.phase(clock // CLOCK % PHASES)
        # The newest place, and the others from there.
        flags = boxes[..., :1]
        moves = (boxes[:, :-1, :, 1:] - edges[:, None]) / STEP * flags[:, :-1] * flags[:, -1:]
        place = WIDE * (edges[:, None] / self.size - 0.5) * flags[:, -1:]
        known = torch.cat([flags, torch.cat([moves, place], 1)], -1)
        each = known.permute(2, 0, 1, 3).flatten(2)  # (C, B, BOX * (PAST + 1))
        h = self.enter(each) + e.unflatten(1, (self.colours, -1)).transpose(0, 1)
        presence, moved, spread = self.layers(h).transpose(0, 1).split([1, EDGES, EDGES], -1)
        after = torch.cat([presence, torch.where(there > 0, edges, self.size / 2) + STEP * moved, LEAST + F.softplus(spread)], -1)
        return torch.cat([boxes.flatten(1), done.float(), after.flatten(1)], 1)

    def loss(self, seen: Tensor, actions: Tensor, clock: Tensor) -> Tensor:
        """Nats a frame (0-d) of the boxes (B, T, C, BOX) after the first PAST + 1, for actions (B, T - 1) and clocks (B, T - 1); edges have Laplace's
        distribution. After the first of these, what was expected is seen in place of them, as in a dream."""
        state, now, losses = self.after(seen[:, :PAST], actions[:, :PAST]), seen[:, PAST], []
        for t in range(PAST, actions.shape[1]):
            state = self(state, now, actions[:, t], clock[:, t])
            expected, target = self.expected(state), seen[:, t + 1]
            presence, edges, spread = expected.split([1, EDGES, EDGES], -1)
            there = target[..., :1]
            off = ((edges - target[..., 1:]).abs() / spread + (2 * spread).log()) * there
            losses.append(F.binary_cross_entropy_with_logits(presence, there, reduction="none").sum((1, 2)) + off.sum((1, 2)))
            now = torch.where((there > 0) & (presence > 0), torch.cat([there, edges], -1), target)
        return torch.stack(losses).mean()

    def told(self, state: Tensor) -> Tensor:
        """What states (B, numbers) add to the logits (B, C, S, S) of the next frame: nothing but for classes that are sure to be there, of pixels
        that are sure to lie outside of their box, or inside of one that they fill."""
        presence, edges, spread = self.expected(state).split([1, EDGES, EDGES], -1)
        place = torch.arange(self.size, device=state.device)
        first, last = ((edges[..., i::2, None], spread[..., i::2, None]) for i in (0, 1))  # (B, C, 2, 1), of rows and of columns
        inside = torch.minimum((place - first[0] + 0.5) / first[1], (last[0] + 0.5 - place) / last[1])  # (B, C, 2, S)
        told = torch.minimum(inside[:, :, 0, :, None], inside[:, :, 1, None, :])
        told = torch.where(self.solid[:, None, None], told, told.clamp(max=0.0))
        told = torch.where((presence > THERE)[..., None] & (spread < CERTAIN).all(-1)[..., None, None], told, 0.0)
        long = (edges[..., 1::2] - edges[..., ::2]).amax(-1) + 1 > LONG
        told = torch.where(long[..., None, None], told, 0.0)
        return (WEIGHT * F.softshrink(told, SURE)).clamp(-MOST, MOST)


def boxes(frames: Tensor, colours: int) -> Tensor:
    """The boxes (..., C, 1 + EDGES) of frames (..., S, S): whether each class is there, its first and last row, its first and last column."""
    size, each = frames.shape[-1], []
    for colour in range(colours):
        there = frames == colour
        lines = torch.stack([there.any(-1), there.any(-2)], -2).to(torch.uint8)  # (..., 2, S)
        edges = torch.stack([lines.argmax(-1), size - 1 - lines.flip(-1).argmax(-1)], -1).flatten(-2)
        each.append(torch.cat([lines[..., 0, :].amax(-1, keepdim=True), edges], -1).float())
    return torch.stack(each, -2)


def solid(frames: Tensor, colours: int) -> Tensor:
    """Which classes (C,) fill their box in nine of ten frames (N, S, S) in which they are."""
    seen = boxes(frames, colours)
    rows, columns = seen[..., 2] - seen[..., 1] + 1, seen[..., 4] - seen[..., 3] + 1
    counts = torch.stack([(frames == colour).sum((1, 2)) for colour in range(colours)], 1)
    filled, there = (counts == rows * columns) & (counts > 0), counts > 0
    return filled.sum(0) > 0.9 * there.sum(0)
