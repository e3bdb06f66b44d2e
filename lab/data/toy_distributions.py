"""Distributions in one and two dimensions, to be learned in seconds: within about 2.5 of 0, drawn as many points as are wanted."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

SPREAD = 0.08
"""Standard deviation around a centre or a curve."""


def ring(count: int = 8, radius: float = 2.0) -> Tensor:
    """Centres (count, 2) on a circle."""
    angle = torch.arange(count) * (2 * math.pi / count)
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


def grid(side: int = 5, width: float = 4.0) -> Tensor:
    """Centres (side^2, 2) of a square grid."""
    ticks = torch.linspace(-width / 2, width / 2, side)
    return torch.cartesian_prod(ticks, ticks)


CENTRES: dict[str, Callable[[], Tensor]] = {
    "ring": ring,
    "grid": grid,
    "normal": lambda: torch.zeros(1, 1),
    "two peaks": lambda: torch.tensor([[-1.2], [1.2]]),
}
"""Mixtures of Gaussians, each centre as likely as another."""
WIDE = {"normal": 0.5, "two peaks": 0.3}
"""Standard deviations of those that are not as narrow as the others."""


def dimensions(name: str) -> int:
    return 1 if name in WIDE else 2


def centres(name: str) -> Tensor | None:
    """The centres (K, d) of a mixture, None of a distribution along a curve."""
    return CENTRES[name]() if name in CENTRES else None


def sample(name: str, count: int, generator: torch.Generator, drawn: Tensor | None = None) -> Tensor:
    """Points (count, d) of the distribution `name`; of "drawn", around the points `drawn` (K, 2)."""

    def uniform() -> Tensor:
        return torch.rand(count, generator=generator)

    def noise(d: int) -> Tensor:
        return torch.randn(count, d, generator=generator)

    if name in CENTRES or name == "drawn":
        middle = drawn if drawn is not None else CENTRES[name]()
        picked = torch.randint(len(middle), (count,), generator=generator)
        return middle[picked] + WIDE.get(name, SPREAD) * noise(middle.shape[1])
    if name == "moons":
        angle, lower = math.pi * uniform(), uniform() < 0.5
        x = torch.where(lower, 1 - angle.cos(), angle.cos()) - 0.5
        y = torch.where(lower, 0.5 - angle.sin(), angle.sin()) - 0.25
        return 1.4 * torch.stack([x, y], 1) + SPREAD * noise(2)
    if name == "spiral":
        turn = uniform().sqrt() * 3 * math.pi  # The root spreads the points evenly along the curve.
        return (turn / (3 * math.pi) * 2.3)[:, None] * torch.stack([turn.cos(), turn.sin()], 1) + SPREAD * noise(2)
    if name == "circle":
        angle = 2 * math.pi * uniform()
        return 1.8 * torch.stack([angle.cos(), angle.sin()], 1) + SPREAD * noise(2)
    raise ValueError(f"no distribution {name!r}")


def modes_found(points: Tensor, middle: Tensor, spread: float) -> tuple[int, float]:
    """(centres (K, d) that have a share of at least a fifth of what is due to them, share of points within 3 deviations of a centre)."""
    distance = torch.cdist(points, middle)
    nearest = distance.min(1)
    good = nearest.values < 3 * spread
    counts = nearest.indices[good].bincount(minlength=len(middle))
    return int((counts >= 0.2 * len(points) / len(middle)).sum()), float(good.float().mean())


def energy_distance(a: Tensor, b: Tensor) -> float:
    """2 E|A - B| - E|A - A'| - E|B - B'| of points (N, d) and (M, d), without bias: 0 where the distributions are the same (Szekely 2002)."""
    n, m = len(a), len(b)
    within = torch.cdist(a, a).sum() / (n * (n - 1)) + torch.cdist(b, b).sum() / (m * (m - 1))
    return float(2 * torch.cdist(a, b).mean() - within)
