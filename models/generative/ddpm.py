"""Denoising diffusion (Ho et al. 2020): a network tells the noise in a picture; taken away bit by bit, noise becomes a picture.

x_k = sqrt(abar_k) picture + sqrt(1 - abar_k) noise at the levels k = 0 .. K - 1, abar falling along a cosine (Nichol & Dhariwal
2021). DDIM (Song et al. 2021) goes one way from each noise; DDPM adds noise again at each step. The time that the network is told
goes from 0, noise, to 1, a picture, as in `flow.py`.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from models.generative.flow import NoiseToImage, column

LEVELS = 1000
SHUFFLE_SEED = 0
"""The noise that DDPM adds on the way is the first one shuffled, by a seed of its own, so that the first alone decides on the picture."""
Sampler = Literal["ddim", "ddpm"]


def signal_shares(levels: int = LEVELS) -> Tensor:
    """abar (K,) of the levels, from nearly 1 to nearly 0: cos^2 with an offset of 0.008, each step's beta at most 0.999."""
    k = torch.arange(levels + 1, dtype=torch.float64)
    curve = ((k / levels + 0.008) / 1.008 * math.pi / 2).cos().square()
    return (curve[1:] / curve[:-1]).clamp(min=0.001).cumprod(0).float()


class DDPM(NoiseToImage):
    """`net` gives the noise."""

    shares: Tensor

    def __init__(
        self, net: nn.Module, shape: tuple[int, int, int], classes: int = 0, evaluations: int = 20, guidance: float = 1.0,
        sampler: Sampler = "ddim",
    ):  # fmt: skip
        super().__init__(net, shape, classes, evaluations, guidance)
        self.sampler: Sampler = sampler
        self.register_buffer("shares", signal_shares(), persistent=False)

    def level(self, t: Tensor) -> Tensor:
        """The levels (B,) int64 at times t (B,)."""
        return ((1 - t) * LEVELS).long().clamp(0, LEVELS - 1)

    def time(self, level: Tensor) -> Tensor:
        """The times (B,) of levels (B,)."""
        return 1 - (level + 0.5) / LEVELS

    def noised(self, images: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        share = column(self.shares[self.level(t)])
        return share.sqrt() * images + (1 - share).sqrt() * noise

    def predicted(self, x: Tensor, t: Tensor, labels: Tensor | None, guidance: float | None = None) -> Tensor:
        level = self.level(t)
        return self.split(x, level, labels, guidance)[0]

    def split(self, x: Tensor, level: Tensor, labels: Tensor | None, guidance: float | None = None) -> tuple[Tensor, Tensor]:
        """The (picture, noise) that x (B, C, H, W) at levels (B,) consists of, the picture within [-1, 1]."""
        share = column(self.shares[level])
        noise = self.guided(x, self.time(level), labels, guidance)
        picture = ((x - (1 - share).sqrt() * noise) / share.sqrt()).clamp(-1, 1)
        return picture, (x - share.sqrt() * picture) / (1 - share).sqrt()

    def path(
        self, noise: Tensor, labels: Tensor | None, evaluations: int = 0, guidance: float | None = None, sampler: Sampler | None = None
    ) -> list[Tensor]:
        generator = torch.Generator().manual_seed(SHUFFLE_SEED)
        points = [noise]
        for level, after in self.steps(evaluations or self.evaluations):
            picture, rest = self.split(points[-1], torch.full((len(noise),), level, device=noise.device), labels, guidance)
            here, there = self.shares[level], self.shares[after] if after >= 0 else torch.ones((), device=noise.device)
            # DDIM's eq. 12 with eta 0, or 1, which is DDPM's variance.
            added = (1 - there) / (1 - here) * (1 - here / there) if (sampler or self.sampler) == "ddpm" else torch.zeros_like(here)
            x = there.sqrt() * picture + (1 - there - added).clamp(min=0).sqrt() * rest
            if added > 0:
                order = torch.randperm(self.latent, generator=generator).to(noise.device)
                x = x + added.sqrt() * noise.flatten(1)[:, order].view_as(noise)
            points.append(x)
        return points

    def steps(self, evaluations: int) -> list[tuple[int, int]]:
        """The levels at which the network is asked, from the noisiest, and where each leads; -1 is the clean picture."""
        count = min(evaluations, LEVELS)
        levels = [round((LEVELS - 1) * (count - i) / count) for i in range(count)] if count > 1 else [LEVELS - 1]
        return list(zip(levels, [*levels[1:], -1], strict=True))

    def encode(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """DDIM backwards: at each level the noise is taken for that of the next."""
        x = 2 * images - 1
        ways = self.steps(max(20, self.evaluations))[::-1]
        for level, before in ways:
            at = torch.full((len(x),), max(before, 0), device=x.device)
            picture, rest = self.split(x, at, labels) if before >= 0 else (x, self.guided(x, self.time(at), labels))
            share = self.shares[level]
            x = share.sqrt() * picture + (1 - share).sqrt() * rest
        return x.flatten(1)
