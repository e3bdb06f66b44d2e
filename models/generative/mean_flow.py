"""One step from noise to picture: a network gives the mean velocity over a stretch of the way (MeanFlow: Geng et al. 2025).

u(x_t, t, s) is the mean velocity from time t to s on the way through x_t; for s = t it is the velocity, as in `flow.py`. The ways
of two halves add up to that of the whole, which is what longer stretches are trained on (Frans et al. 2024; Guo et al. 2025):
u(x_t, t, s) = (u(x_t, t, m) + u(x_m, m, s)) / 2 with m in the middle and x_m = x_t + (m - t) u(x_t, t, m).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from models.generative.flow import NoiseToImage, column

LENGTHS = 6
"""Stretches are 1, 1/2, ... 1/32 long; the halves of the shortest count as points."""

MeanVelocity = Callable[[Tensor, Tensor], Tensor]
"""Of points (B, C, H, W) and stretches (B, 2)."""


def stretches(halvings: Tensor, place: Tensor) -> Tensor:
    """(B, 2) start and end of stretches of length 2^-halvings (B,), lying at `place` (B,) of where such a stretch can lie, in [0, 1]."""
    length = 0.5**halvings
    start = place * (1 - length)
    return torch.stack([start, start + length], 1)


def joined_halves(u: MeanVelocity, x: Tensor, stretch: Tensor) -> Tensor:
    """The mean velocity (B, C, H, W) over stretches (B, 2) from x by those of their halves."""
    start, end = stretch.T
    middle = 0.5 * (start + end)
    point = end - start < 1.5 * 0.5 ** (LENGTHS - 1)
    first = u(x, torch.stack([start, torch.where(point, start, middle)], 1))
    there = x + column(middle - start) * first
    second = u(there, torch.stack([middle, torch.where(point, middle, end)], 1))
    return 0.5 * (first + second)


class MeanFlow(NoiseToImage):
    """`net` gives the mean velocity from the first of two times to the second."""

    def path(
        self, noise: Tensor, labels: Tensor | None, evaluations: int = 0, guidance: float | None = None, sampler: None = None
    ) -> list[Tensor]:
        count = evaluations or self.evaluations
        points = [noise]
        for step in range(count):
            points.append(points[-1] + self.stretch(points[-1], step / count, (step + 1) / count, labels, guidance) / count)
        return points

    def stretch(self, x: Tensor, start: float, end: float, labels: Tensor | None, guidance: float | None = None) -> Tensor:
        """The mean velocity from `start` to `end` at x."""
        return self.guided(x, torch.tensor([[start, end]], device=x.device).expand(len(x), 2), labels, guidance)

    def encode(self, images: Tensor, labels: Tensor | None = None, evaluations: int = 8) -> Tensor:
        """Backwards along the velocities, which are the means over stretches of no length."""
        x = 2 * images - 1
        for step in reversed(range(1, evaluations + 1)):
            x = x - self.stretch(x, step / evaluations, step / evaluations, labels) / evaluations
        return x.flatten(1)

    def predicted(self, x: Tensor, t: Tensor, labels: Tensor | None, guidance: float | None = None) -> Tensor:
        return x + column(1 - t) * self.guided(x, torch.stack([t, torch.ones_like(t)], 1), labels, guidance)
