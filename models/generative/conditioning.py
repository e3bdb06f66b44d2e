"""How a network that removes noise is told the time and the class: the time as waves, both as one vector."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.building_blocks import class_weights

WAVES = 32
FASTEST, SLOWEST = 100.0, 0.1
"""Radians that the fastest and the slowest wave turn by as the time goes from 0 to 1."""


class Conditioning(nn.Module):
    """Times (B,) or (B, times) in [0, 1] and classes -> (B, width), after SiLU.

    Classes are labels (B,) int64, or weights (B, classes): a mixture, or zeros for none (classifier-free guidance, Ho & Salimans 2022).
    """

    def __init__(self, width: int, classes: int, times: int = 1):
        super().__init__()
        self.classes, self.times = classes, times
        self.time = nn.Sequential(nn.Linear(2 * WAVES * times, width), nn.SiLU(), nn.Linear(width, width))
        self.label = nn.Linear(classes, width, bias=False) if classes else None

    def forward(self, times: Tensor, labels: Tensor | None) -> Tensor:
        dtype = next(self.parameters()).dtype
        e = self.time(waves_of(times.reshape(len(times), self.times)).to(dtype))
        if self.label is not None and labels is not None:
            e = e + self.label(class_weights(labels, self.classes, dtype))
        return F.silu(e)


def waves_of(times: Tensor) -> Tensor:
    """Times (B, times) as sines and cosines (B, times * 2 * WAVES) float32; in bf16 the fast waves would be blurred."""
    waves = torch.linspace(math.log(FASTEST), math.log(SLOWEST), WAVES, device=times.device).exp()
    phase = times.float()[:, :, None] * waves  # (B, times, WAVES)
    return torch.cat([phase.sin(), phase.cos()], 2).flatten(1)
