"""Hues of images: colours made from them, and how widely they spread over the colour circle."""

import math

import torch
from torch import Tensor


def hsv(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """RGB (N, 3, H, W) in [0, 1] of hue (in turns, wrapping), saturation and value, each (N, 1, H, W) or (N, 1, 1, 1)."""
    hue, saturation, value = torch.broadcast_tensors(hue, saturation, value)
    k = (torch.tensor([5.0, 3.0, 1.0])[:, None, None] + 6 * hue) % 6
    return value - value * saturation * torch.minimum(k, 4 - k).clamp(0, 1)


def hues(images: Tensor) -> Tensor:
    """The hue (N,), in turns from 0 to 1, of images (N, 3, H, W) in [0, 1]: of the mean of all their pixels' colour directions,
    weighted by how bright and colourful each is, squared, so that strokes count more than the darker ground."""
    r, g, b = images.float().unbind(1)
    x, y = r - 0.5 * (g + b), math.sqrt(3) / 2 * (g - b)  # The colour plane: red lies at 0, green at one third of a turn.
    weight = (x.square() + y.square()).sqrt()
    return torch.atan2((y * weight).sum((1, 2)), (x * weight).sum((1, 2))) / (2 * math.pi) % 1


def hue_spread(turns: Tensor, bins: int = 12) -> float:
    """How evenly hues (N,), in turns, cover the colour circle: normalised entropy of their histogram, from 0 (one hue) to 1 (uniform)."""
    share = torch.histc(turns.float(), bins, 0, 1) / max(1, len(turns))
    share = share[share > 0]
    return float(-(share * share.log()).sum() / math.log(bins))
