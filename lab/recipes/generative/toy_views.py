"""What the toys share: their points, a view of the plane, and how near the generated points are to the real ones."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.answers import Curves
from lab.data import toy_distributions
from lab.data.toy_distributions import SPREAD, WIDE, centres, energy_distance, modes_found
from lab.recipes.generative.toy_config import ToyConfig

REACH = 3.0
"""The plane is shown from -REACH to REACH."""
EXTENT = (-REACH, REACH, -REACH, REACH)
MEASURED = 1000
BINS = 60


class ToyPoints:
    """The distribution of a config: points to train on, drawn with `generator`, and fixed ones to look at and to measure by."""

    def __init__(self, config: ToyConfig, device: torch.device, generator: torch.Generator):
        self.config, self.device, self.generator = config, device, generator
        self.drawn = torch.tensor(config.points) if config.distribution == "drawn" else None
        self.dimensions = toy_distributions.dimensions(config.distribution)

    def batch(self) -> Tensor:
        """(B, d) on the device."""
        return toy_distributions.sample(self.config.distribution, self.config.batch_size, self.generator, self.drawn).to(
            self.device, non_blocking=True
        )

    def shown(self, count: int, seed: int = 0) -> Tensor:
        """(count, d), always the same of a seed."""
        generator = torch.Generator().manual_seed(seed)
        return toy_distributions.sample(self.config.distribution, count, generator, self.drawn)

    def figures(self, points: Tensor) -> dict[str, Any]:
        """The energy distance of generated points (N, d) from as many real ones, beside it that of real ones; of a mixture also its modes."""
        points, count = points.float().cpu(), len(points)
        figures: dict[str, Any] = {
            "energy_distance": energy_distance(points, self.shown(count, 1)),
            "energy_distance_floor": energy_distance(self.shown(count, 2), self.shown(count, 1)),
            "samples": count,
        }
        middle = self.drawn if self.drawn is not None else centres(self.config.distribution)
        if middle is not None:
            spread = WIDE.get(self.config.distribution, SPREAD)
            figures["modes_found"], figures["good_share"] = modes_found(points, middle, spread)
            figures["modes"] = len(middle)
        return figures

    def densities(self, real: Tensor, points: Tensor, more: dict[str, np.ndarray]) -> Curves:
        """Histograms of the first coordinate (N, d) of real and generated points, and other curves over the same places."""
        edges = np.linspace(-REACH, REACH, BINS + 1)
        middles = places()
        series = {
            name: (middles, np.histogram(part[:, 0].cpu().numpy(), edges, density=True)[0])
            for name, part in (("real", real), ("generated", points))
        }
        return Curves({**series, **{name: (middles, values) for name, values in more.items()}}, x_label="x", y_label="density", filled=True)


def places() -> np.ndarray:
    """The middles of the bins (BINS,)."""
    edges = np.linspace(-REACH, REACH, BINS + 1)
    return 0.5 * (edges[1:] + edges[:-1])


def lattice(count: int, device: torch.device) -> Tensor:
    """Points (count^2, 2) of the plane that is shown, row by row from below."""
    ticks = torch.linspace(-REACH, REACH, count, device=device)
    y, x = torch.meshgrid(ticks, ticks, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], 1)


def flat(points: Tensor) -> np.ndarray:
    """(N, d) -> (N, 2): points on a line lie along y = 0."""
    array = points.detach().float().cpu().numpy()
    return array if array.shape[1] == 2 else np.concatenate([array, np.zeros_like(array)], 1)
