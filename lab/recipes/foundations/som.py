"""A self-organising map over colours, handwritten digits or points in the plane."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Heatmap, Images
from lab.data.load import load_images
from lab.experiment import Experiment, Metrics, view
from lab.recipes.foundations.som_config import SOMConfig
from lab.seeding import seeded
from lab.state import Tree, attributes
from models.foundations.som import SelfOrganisingMap

EXAMPLES = 1000


class SOM(Experiment):
    """One step shows one example to the map."""

    unit: ClassVar[str] = "examples"
    log_every: ClassVar[int] = 100
    checkpoint_every: ClassVar[int] = 10_000
    headline: ClassVar[tuple[str, ...]] = ("losses/distance",)

    def __init__(self, config: SOMConfig, device: torch.device):
        super().__init__(config, torch.device("cpu"))  # Too small to gain by a GPU.
        self.config: SOMConfig = config
        weights, order = (int(value) for value in np.random.SeedSequence(config.seed).generate_state(2))
        self.order = torch.Generator().manual_seed(order)
        self.x = examples(config.samples)
        with seeded(weights):
            self.net = SelfOrganisingMap(config.rows, config.columns, self.x.shape[1])
        self.winner = [0, 0]

    def step(self) -> Metrics:
        c = self.config
        share = min(1.0, self.steps / c.schedule_steps)
        x = self.x[int(torch.randint(len(self.x), (1,), generator=self.order))]
        rate, radius = falling(c.learning_rate, c.learning_rate_end, share), falling(c.radius, c.radius_end, share)
        self.winner = list(self.net.pull(x, rate, radius))
        self.steps += 1
        distance = (x - self.net.units[self.winner[0], self.winner[1]]).norm()
        return {"losses/distance": distance, "charts/radius": radius, "charts/learning_rate": rate}

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, "generators": {"order": self.order}, **attributes(self, "steps", "winner")}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """The quantisation error (mean distance to the nearest unit) and the topographic error (share of folds)."""
        distance, folds = self.net.errors(self.x)
        return {"loss": distance, "topographic_error": folds, "examples": len(self.x)}

    @view(live=True)
    def unfolded(self, net: SelfOrganisingMap) -> Images:
        """The map: what each unit of the grid stands for, at its place on the grid."""
        return Images(tiles(self.config, net), columns=self.config.columns, scale=1 if self.config.samples == "digits" else 4)

    @view(live=True)
    def distances(self, net: SelfOrganisingMap) -> Heatmap:
        """How far each unit is from its neighbours on the grid (row and column): ridges are borders between kinds."""
        return Heatmap(borders(net.units).numpy(), "column", "row", "distance to the neighbours", of="distance")


def examples(name: str) -> Tensor:
    """What the map is shown (N, d), each number from 0 to 1."""
    generator = torch.Generator().manual_seed(0)
    if name == "digits":
        return load_images("digits", "train", torch.device("cpu")).images.float().flatten(1) / 255
    if name == "ring":
        angle, radius = 2 * math.pi * torch.rand(EXAMPLES, generator=generator), 0.3 + 0.15 * torch.rand(EXAMPLES, generator=generator)
        return 0.5 + radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    return torch.rand(EXAMPLES, 3 if name == "colours" else 2, generator=generator)


def falling(start: float, end: float, share: float) -> float:
    """From `start` to `end` by equal factors."""
    return start * (end / start) ** share


def borders(units: Tensor) -> Tensor:
    """The mean distance (rows, columns) of each unit to those beside, above and below it."""
    total, count = torch.zeros(units.shape[:2]), torch.zeros(units.shape[:2])
    for axis in (0, 1):
        size = units.shape[axis] - 1
        low, high = units.narrow(axis, 0, size), units.narrow(axis, 1, size)
        gap = (low - high).norm(dim=2)
        for start in (0, 1):
            total.narrow(axis, start, size).add_(gap)
            count.narrow(axis, start, size).add_(1)
    return total / count


def tiles(config: SOMConfig, net: SelfOrganisingMap) -> np.ndarray:
    """A picture (rows * columns, 8, 8[, 3]) uint8 of each unit."""
    flat = (255 * net.units.flatten(0, 1)).clamp(0, 255).to(torch.uint8).numpy()
    if config.samples == "digits":
        return flat.reshape(-1, 8, 8)
    colours = np.concatenate([flat, np.full((len(flat), 1), 128, np.uint8)], 1) if flat.shape[1] == 2 else flat
    return np.broadcast_to(colours[:, None, None, :], (len(flat), 8, 8, 3)).copy()


@dataclass(frozen=True)
class SOMFrame:
    """The map at a moment, as arrays that no training touches."""

    steps: int
    units: np.ndarray
    """(rows, columns, d)"""
    mosaic: np.ndarray
    """(H, W, 3) uint8"""
    borders: np.ndarray
    examples: np.ndarray
    distance: float
    folds: float
    radius: float
    samples: str


def frame_of(experiment: SOM) -> SOMFrame:
    c, net = experiment.config, experiment.net
    pictures = tiles(c, net)
    if pictures.ndim == 3:
        pictures = np.repeat(pictures[..., None], 3, 3)
    mosaic = pictures.reshape(c.rows, c.columns, 8, 8, 3).swapaxes(1, 2).reshape(8 * c.rows, 8 * c.columns, 3)
    distance, folds = net.errors(experiment.x[:400])
    share = min(1.0, experiment.steps / c.schedule_steps)
    return SOMFrame(
        experiment.steps, net.units.numpy().copy(), np.ascontiguousarray(mosaic), borders(net.units).numpy(), experiment.x.numpy(),
        distance, folds, falling(c.radius, c.radius_end, share), c.samples,
    )  # fmt: skip
