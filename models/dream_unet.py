"""The network of a dream: the next frame of a game, its reward and whether a life ends, from past frames and actions.

A frame is a map of palette classes. The network completes a frame of which a share is revealed (none at first), so that it can be drawn
in several steps whose pixels agree (discrete flow matching, Gat et al. 2024; MaskGIT, Chang et al. 2022). Read first: `DreamUNet`.
"""

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.denoising_unet import CELL, GROUPS, ResidualBlock, zeroed

WIDTHS = (1, 2, 3)
"""Channels at each size of the maps, in multiples of `features`: 40x40, 20x20 and 10x10 for frames of 80x80."""
SMALLER = 8
"""The smallest maps are narrower than a frame by this."""
OVERVIEW_MAPS = 16
"""Maps through which the dense layers see the smallest ones."""
CLOCK = 64
"""Steps that the clock counts; it stays at the last."""
PHASES = 4
"""The console's frame at which an episode's first step is taken, modulo so many: Pong moves its paddles in every other frame only."""
DOUBTFUL = 8
"""One in so many pixels of a frame, the least certain ones, is drawn by how many of each class there are to be."""
FAINT = 0.2
"""A class of which at least so much of a pixel is expected is drawn as one: what is lost in a dream does not come back."""
SIGNS = 3
"""A reward's classes: below, at and above 0."""


@dataclass(frozen=True)
class Predicted:
    """Logits of the next frame (B, C, S, S), of the reward's sign (B, 3), and of the end of a life (B,).

    Of the latent family also those of the next frame's codes (B, entries, h, w), and the last frame's codes (B, h, w).
    """

    frame: Tensor
    reward: Tensor
    end: Tensor
    codes: Tensor | None = None
    last_codes: Tensor | None = None


class DreamNetwork(nn.Module):
    """Base of the networks of dreams: the game's colours and rewards are part of them.

    `palette` (C,) are the console's colour numbers of the classes, `rgb` (C, 3) how they look, `rewards` (3,) the mean of each sign.
    """

    palette: Tensor
    rgb: Tensor
    rewards: Tensor

    def __init__(self, actions: int, colours: int, history: int):
        super().__init__()
        self.actions, self.colours, self.history = actions, colours, history
        self.register_buffer("palette", torch.zeros(colours, dtype=torch.uint8))
        self.register_buffer("rgb", torch.zeros(colours, 3, dtype=torch.uint8))
        self.register_buffer("rewards", torch.tensor([-1.0, 0.0, 1.0]))

    def time(self, clock: Tensor) -> Tensor:
        """The embedding (B, width) of clocks (B,), with the phase of a dream that is told it."""
        shown: Tensor = self.clock(clock % CLOCK)  # type: ignore[operator]
        return shown + self.phase(clock // CLOCK % PHASES) if hasattr(self, "phase") else shown  # type: ignore[operator]

    def pictures(self, frames: Tensor) -> Tensor:
        """Frames (..., S, S) uint8 in the game's colours (..., S, S, 3) uint8, on the processor."""
        return self.rgb.cpu()[frames.cpu().long()]


class DreamUNet(DreamNetwork):
    """Past frames (B, H, S, S) uint8, oldest first, and what was done in each (B, H) int64 -> `Predicted`.

    `clock` (B,) int64 counts the steps since the last reward or the last life's end: how long a pause has been goes beyond the frames. With
    `phase` it has, times `CLOCK`, the episode's phase beside it, which frames of things that stand still do not show either.
    `guess` (B, S, S) uint8 is what is known of the next frame, `colours` where nothing is; `revealed` (B,) its share. The action scales and shifts
    the maps of each block. `overview` is the width of the dense layers at the smallest maps, 0 for none; with them the network takes frames of `size` only.
    """

    def __init__(
        self, actions: int, colours: int = 8, history: int = 4, features: int = 32, size: int = 80, overview: int = 0, phase: bool = False
    ):
        super().__init__(actions, colours, history)
        width, maps = 4 * features, [w * features for w in WIDTHS]
        self.action = nn.Embedding(actions * history, width)
        self.clock = nn.Embedding(CLOCK, width)
        self.revealed = nn.Linear(1, width)
        self.condition = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.stem = nn.Conv2d(colours * (history + 1) * CELL**2, features, 1)
        self.down = nn.ModuleList(
            ResidualBlock(before, after, width) for before, after in zip([features, *maps[:-1]], maps, strict=True)
        )  # fmt: skip
        self.shrink = nn.ModuleList(nn.Conv2d(m, m, 3, 2, 1) for m in maps[:-1])
        self.middle = nn.ModuleList(ResidualBlock(maps[-1], maps[-1], width) for _ in range(2))
        if overview:
            self.overview = Overview(maps[-1], size // SMALLER, width, overview)
        self.up = nn.ModuleList(ResidualBlock(below + same, same, width) for below, same in zip(maps[:0:-1], maps[-2::-1], strict=True))
        self.norm, self.out = nn.GroupNorm(GROUPS, features), zeroed(nn.Conv2d(features, colours * CELL**2, 3, padding=1))
        self.stay = nn.Parameter(torch.full((colours,), 6.0))  # A pixel keeps its colour unless something changes it.
        self.outcome = nn.Sequential(nn.Linear(2 * maps[-1] + width, width), nn.SiLU(), nn.Linear(width, SIGNS + 1))
        if phase:
            self.phase = nn.Embedding(PHASES, width)

    def forward(self, frames: Tensor, actions: Tensor, clock: Tensor, guess: Tensor, revealed: Tensor) -> Predicted:
        dtype = self.stem.weight.dtype
        place = torch.arange(self.history, device=actions.device) * self.actions
        e = self.condition(
            self.action(actions + place).sum(1) + self.time(clock) + self.revealed(revealed[:, None].to(dtype))
        )  # (B, width)
        known = torch.cat([frames, guess[:, None]], 1)  # (B, H + 1, S, S)
        each = (known[:, :, None] == torch.arange(self.colours, device=known.device, dtype=known.dtype).view(1, 1, -1, 1, 1)).to(dtype)
        cells = F.pixel_unshuffle(each.flatten(1, 2), CELL).contiguous(memory_format=torch.channels_last)
        h = self.stem(cells)
        kept = []
        for i, block in enumerate(self.down):
            h = block(h, e)
            if i < len(self.shrink):
                kept.append(h)
                h = self.shrink[i](h)
        for i, block in enumerate(self.middle):
            if i and hasattr(self, "overview"):
                h = self.overview(h, e)
            h = block(h, e)
        outcome = self.outcome(torch.cat([h.mean((2, 3)), h.amax((2, 3)), e], 1)).float()
        for block in self.up:
            h = cast(Tensor, block(torch.cat([F.interpolate(h, scale_factor=2.0), kept.pop()], 1), e))
        changes = F.pixel_shuffle(self.out(F.silu(self.norm(h))), CELL)  # (B, C, S, S)
        return Predicted(
            torch.addcmul(changes, each[:, self.history - 1], self.stay.view(1, -1, 1, 1)), outcome[:, :SIGNS], outcome[:, SIGNS]
        )


class Overview(nn.Module):
    """All places of the smallest maps (B, C, h, w) through dense layers, beside a shortcut; the actions' (B, condition) go in as well.

    A paddle moves by ten cells in a step, and by how many follows from where it was in each of the last frames: for dense layers a sum over
    places, for 3x3 convolutions, which only see their neighbours, a long way.
    """

    def __init__(self, channels: int, side: int, condition: int, width: int):
        super().__init__()
        self.enter, self.leave = nn.Conv2d(channels, OVERVIEW_MAPS, 1), zeroed(nn.Conv2d(OVERVIEW_MAPS, channels, 1))
        self.condition = nn.Linear(condition, width)
        self.reduce, self.mix, self.expand = (
            nn.Linear(a, b) for a, b in ((OVERVIEW_MAPS * side**2, width), (width, width), (width, OVERVIEW_MAPS * side**2))
        )  # fmt: skip

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        seen = F.silu(self.enter(h))
        z = F.silu(self.reduce(seen.flatten(1)) + self.condition(e))  # (B, width)
        z = F.silu(self.expand(F.silu(self.mix(z))))
        return h + self.leave(z.view_as(seen))


def a_step_later(clock: Tensor, again: Tensor) -> Tensor:
    """Clocks (B,) after a step; they begin `again` (B,) after a reward or a life's end, and keep their phase."""
    return clock // CLOCK * CLOCK + torch.where(again, 0, (clock % CLOCK + 1).clamp(max=CLOCK - 1))


@torch.no_grad()
def draw(
    net: nn.Module,
    frames: Tensor,
    actions: Tensor,
    clock: Tensor,
    *,
    steps: int = 1,
    temperature: float = 0.0,
    generator: torch.Generator | None = None,
    hint: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The next frame (B, S, S) uint8, the probabilities of the reward's sign (B, 3) and of an end (B,), in `steps` steps.

    In each an equal share of the pixels is revealed and drawn, at `temperature`, 0 for the likeliest picture; those after it know what it drew.
    Of the latent family the temperature draws the codes, and the picture is the likeliest of them. A `hint` (B, C, S, S) is added to the logits.
    Rewards and ends are read off the last step, which sees nearly all of the frame.
    """

    def uniform(like: Tensor) -> Tensor:
        place = like.device if generator is None else generator.device
        return torch.rand(like.shape, generator=generator, device=place).to(like.device)

    guess = torch.full_like(frames[:, -1], net.colours)  # type: ignore[arg-type]
    order = uniform(guess) if steps > 1 else None
    for k in range(steps):
        share = torch.full((len(frames),), k / steps, device=guess.device)
        predicted = net(frames, actions, clock, guess, share)
        logits = predicted.frame.float() if hint is None else predicted.frame.float() + hint
        if temperature > 0:
            chances = (logits if predicted.codes is None else predicted.codes.float()) / temperature
            # Gumbel's noise: the largest is a draw from the softmax.
            sample = (chances - (-uniform(chances).clamp_min_(1e-20).log()).log()).argmax(1)
        if temperature <= 0:
            drawn = likeliest(logits)
        elif predicted.codes is None:
            drawn = sample.to(torch.uint8)
        else:
            drawn = likeliest(net.decoded(sample).float())  # type: ignore[operator]
        if order is None:
            guess = drawn
        else:
            now = (order < (k + 1) / steps) & (guess == net.colours)
            guess = torch.where(now, drawn, guess)
    return guess, predicted.reward.softmax(1), predicted.end.sigmoid()


def likeliest(logits: Tensor) -> Tensor:
    """A frame (B, S, S) uint8 that has as many pixels of each class as logits (B, C, S, S) expect, at the places where it is likeliest.

    Where a ball may be here or one cell further, no pixel is more likely ball than ground, and the likeliest class of each would lose it.
    """
    certain, drawn = logits.max(1)
    drawn = drawn.flatten(1)
    # Only the pixels in doubt can differ: the others are their likeliest class.
    doubt = max(1, drawn.shape[1] // DOUBTFUL)
    certain = certain - logits.logsumexp(1)
    where = certain.flatten(1).topk(doubt, largest=False, sorted=False).indices  # (B, D)
    each = logits.flatten(2).gather(2, where[:, None].expand(-1, logits.shape[1], -1)).softmax(1)  # (B, C, D)
    expected = each.sum(2, keepdim=True)
    wanted = torch.where(expected < 1, expected >= FAINT, expected.round()).long()
    least = each.sort(2, descending=True).values.gather(2, (wanted - 1).clamp(min=0))
    # A pixel that two classes claim is of the rarer one, or a ball would be lost to the ground; one that none claims is of the class whose least is nearest.
    claimed = (each >= least) & (wanted > 0)
    rarest = torch.where(claimed, wanted, drawn.shape[1]).argmin(1)
    nearest = (each / torch.where(wanted > 0, least.clamp(min=1e-12), 1.0)).argmax(1)
    chosen = torch.where(claimed.any(1), rarest, nearest)
    return drawn.scatter(1, where, chosen).view(logits.shape[0], *logits.shape[2:]).to(torch.uint8)


def weighted_cross_entropy(logits: Tensor, target: Tensor, seen: Tensor, weight: float) -> Tensor:
    """Of logits (B, C, H, W), each place (B, H, W), those where the target differs from what was `seen` weighted.

    Weights alone would teach probabilities that are too high for changes, and dreams would draw what is not there. Shifted by their
    logarithm in training only, the logits are those of the true ones (Menon et al. 2020, https://arxiv.org/abs/2007.07314).
    """
    shift = torch.full_like(logits[:, :1], -math.log(weight), dtype=torch.float32)
    each = F.cross_entropy(logits.float().scatter_add(1, seen[:, None].long(), shift), target.long(), reduction="none")
    return each * torch.where(target != seen, weight, 1.0)
