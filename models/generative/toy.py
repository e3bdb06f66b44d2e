"""Small dense networks on points: a generator beside a discriminator, and a velocity."""

import math

import torch
from torch import Tensor, nn

from models.generative.building_blocks import dense

TURNS = (1.0, 2.0, 4.0)
"""Half turns of the waves by which a network is told the time."""


class ToyGAN(nn.Module):
    """`g`: z (B, latent) -> points (B, d); `d`: points -> scores (B,)."""

    def __init__(self, dimensions: int, latent: int, g_widths: list[int], d_widths: list[int]):
        super().__init__()
        self.latent = latent
        self.g = nn.Sequential(*dense([latent, *g_widths]), nn.Linear(g_widths[-1], dimensions))
        self.d = nn.Sequential(*dense([dimensions, *d_widths], nn.Tanh), nn.Linear(d_widths[-1], 1), nn.Flatten(0))


class ToyVelocity(nn.Module):
    """Points (B, d) and times (B,) in [0, 1] -> velocities (B, d)."""

    def __init__(self, dimensions: int, widths: list[int]):
        super().__init__()
        self.dimensions = dimensions
        self.layers = nn.Sequential(*dense([dimensions + 2 * len(TURNS) + 1, *widths], nn.SiLU), nn.Linear(widths[-1], dimensions))

    def forward(self, x: Tensor, times: Tensor) -> Tensor:
        half = math.pi * times
        angle = torch.stack([half * turns for turns in TURNS], 1)  # (B, len(TURNS))
        return self.layers(torch.cat([x, times[:, None], angle.sin(), angle.cos()], 1))
