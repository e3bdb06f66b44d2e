"""Points in the plane with a class or a value, to be learned in seconds; and those of a person's own table.

Classes are 0 and 1; coordinates lie within about REACH of 0. Read first: `sample`.
"""

import math
from pathlib import Path

import torch
from torch import Tensor

from lab.data.drawn_points import REACH, VALUES
from lab.errors import LabError

MOST_ROWS = 20_000


def sample(name: str, count: int, noise: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Points (count, 2) of the set `name`, and their classes or values (count,); `noise` is the deviation added to each coordinate."""
    half = torch.arange(count) % 2  # (count,) as many of one class as of the other

    def uniform(low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    if name == "spirals":
        share = uniform().sqrt()  # The root spreads the points evenly along the curve.
        turn = share * 1.75 * 2 * math.pi + half * math.pi
        points = (share * 2.6)[:, None] * torch.stack([turn.sin(), turn.cos()], 1)
    elif name == "circles":
        angle, radius = uniform(0, 2 * math.pi), torch.where(half == 1, uniform(0, 1.1), uniform(1.7, 2.6))
        points = radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    elif name == "xor":
        side = torch.stack([uniform(0.15, 2.5), uniform(0.15, 2.5)], 1)
        first = torch.where(uniform() < 0.5, 1.0, -1.0)
        points = side * torch.stack([first, torch.where(half == 1, -first, first)], 1)
    elif name == "moons":
        angle = uniform(0, math.pi)
        x = torch.where(half == 1, 1 - angle.cos(), angle.cos()) - 0.5
        y = torch.where(half == 1, 0.5 - angle.sin(), angle.sin()) - 0.25
        points = 1.5 * torch.stack([x, y], 1)
    elif name == "gaussians":
        centre = torch.where(half == 1, 1.3, -1.3)[:, None]
        points = centre + 0.7 * torch.randn(count, 2, generator=generator)
    elif name in VALUES:
        points = torch.stack([uniform(-2.7, 2.7), uniform(-2.7, 2.7)], 1)
        return points, value(name, points) + noise * torch.randn(count, generator=generator)
    else:
        raise ValueError(f"no set of points {name!r}")
    return points + noise * torch.randn(count, 2, generator=generator), half.float()


def value(name: str, points: Tensor) -> Tensor:
    """The value (N,) of a regression set at points (N, 2), between -1 and 1."""
    x, y = points.T
    if name == "hill":
        return (-((x - 1) ** 2 + (y - 1) ** 2) / 1.2).exp() - (-((x + 1) ** 2 + (y + 1) ** 2) / 1.2).exp()
    return (1.5 * x).sin() * (1.5 * y).cos()


def read_table(path: Path) -> tuple[Tensor, Tensor, bool]:
    """The first three columns of a CSV: points (N, 2) scaled into the plane, their classes or values (N,), and whether these are classes.

    The third column is a class where it has two different entries, else a number, which is scaled to -1 to 1. Raises LabError.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, nrows=MOST_ROWS + 1)
    except (OSError, ValueError) as error:
        raise LabError(f"{path} cannot be read as a table of comma-separated values ({error}).") from None
    if table.shape[1] < 3 or len(table) > MOST_ROWS:
        raise LabError(f"{path}: expected 3 columns (x, y, class or value) and at most {MOST_ROWS:,} rows, found {table.shape[1]} columns.")
    table = table.iloc[:, :3].dropna()
    xy = table.iloc[:, :2].apply(pd.to_numeric, errors="coerce")
    labels = table.iloc[:, 2]
    names = sorted(labels.unique(), key=str)
    numbers = pd.to_numeric(labels, errors="coerce")
    if xy.isna().any(axis=None) or len(table) < 4 or len(names) < 2 or (len(names) > 2 and numbers.isna().any()):
        raise LabError(f"{path}: expected at least 4 rows of two numbers, then one of two classes or a number.")
    points = torch.tensor(xy.to_numpy(float), dtype=torch.float32)
    low, high = points.min(0).values, points.max(0).values
    points = ((points - low) / (high - low).clamp(min=1e-12) * 2 - 1) * 0.85 * REACH
    if len(names) == 2:
        return points, torch.tensor([float(label == names[1]) for label in labels]), True
    values = torch.tensor(numbers.to_numpy(float), dtype=torch.float32)
    return points, (values - values.min()) / (values.max() - values.min()) * 2 - 1, False


def lattice(side: int) -> Tensor:
    """Points (side^2, 2) of the plane that is shown, row by row from above, as pixels go."""
    ticks = torch.linspace(-REACH, REACH, side)
    y, x = torch.meshgrid(-ticks, ticks, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1)
