"""Localisation: one network with two heads, a class and a box (Sermanet et al. 2014), whose class head gives CAM maps (Zhou et al. 2016).

Read first: `Localizer.forward`. The class head is a dense layer on the mean or the maximum of each map, so its weights on the maps
themselves say where the evidence is.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fixed_order import parts
from models.vision.single_shot import block
from models.vision.surgery import initialise

GRID = 6
"""The box head sees the maps reduced to so many rows and columns."""


class Localizer(nn.Module):
    """(B, channels, H, W) -> (B, classes + 4): class scores, then centre x, y, width and height as shares of the sides.

    With `detached` the box head learns without changing the maps: they never learn from a box.
    """

    head = "score"

    def __init__(
        self, classes: int, channels: int = 3, features: int = 16, pooling: Literal["average", "max"] = "average", detached: bool = True
    ):
        super().__init__()
        f = features
        self.pooling, self.detached = pooling, detached
        # A place sees 21 pixels, about as many as a digit has: what sees more answers beside the thing too, and its map is too wide.
        self.maps = nn.Sequential(block(channels, f), block(f, 2 * f, 2), block(2 * f, 2 * f), block(2 * f, 4 * f, 2), block(4 * f, 4 * f))
        self.score = nn.Linear(4 * f, classes)
        self.box = nn.Sequential(nn.Linear(4 * f * GRID**2, 8 * f), nn.ReLU(), nn.Linear(8 * f, 4))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """He's initialisation, drawn from `generator`."""
        initialise(self, "he", generator)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.maps(images)  # (B, 4 features, H / 4, W / 4)
        pooled = maps.mean((2, 3)) if self.pooling == "average" else maps.amax((2, 3))
        seen = reduced(maps.detach() if self.detached else maps).flatten(1)
        return torch.cat([self.score(pooled), self.box(seen).sigmoid()], 1).float()

    def cams(self, images: Tensor) -> Tensor:
        """Class activation maps (B, classes, H / 4, W / 4): sum_k w_k^c A^k, whose mean (or, of each A^k, maximum) the class's score is made of."""
        return F.conv2d(self.maps(images), self.score.weight[:, :, None, None]).float()


def reduced(maps: Tensor) -> Tensor:
    """(B, K, h, w) -> (B, K, GRID, GRID): means of parts, as products, whose gradient is the same each time on every device."""
    down, across = (parts(side, GRID, maps.dtype, maps.device) for side in maps.shape[2:])
    return down @ maps @ across.T


def corners(boxes: Tensor, height: int, width: int) -> Tensor:
    """Centre, width and height as shares (N, 4) -> x0, y0, x1, y1 in pixels."""
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    return torch.cat([centre - half, centre + half], 1) * sides(height, width, boxes)


def shares(boxes: Tensor, height: int, width: int) -> Tensor:
    """x0, y0, x1, y1 in pixels (N, 4) -> centre, width and height as shares of the sides."""
    part = boxes / sides(height, width, boxes)
    return torch.cat([(part[:, :2] + part[:, 2:]) / 2, part[:, 2:] - part[:, :2]], 1)


def sides(height: int, width: int, like: Tensor) -> Tensor:
    """width, height, width, height (4,) where the tensor `like` is; written there, as a copy would wait for a GPU."""
    return torch.cat([like.new_full((1,), width), like.new_full((1,), height)]).repeat(2)
