"""Domains made from others: digits painted in colours on a ground, and frames of a game drawn anew as a blueprint.

Everything is drawn by the generator that is given, so the same seed paints the same pictures.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

THINNEST, THICKEST = 0.6, 0.42
"""Where a stroke ends: the share of the ink around it from which a pixel belongs to it."""
FAINTEST = 0.45
"""Of the strongest ink of its picture: ink fainter than this, with nothing stronger around it, is no stroke of its own."""
AROUND = 3
"""Pixels, of 32, to each side that count as around."""


def paint(images: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Grey uint8 (N, 1, H, W), bright strokes on black -> painted uint8 (N, 3, size, size).

    Each gets a bright saturated colour of any hue, a stroke width, and a darker ground of another hue with a texture:
    clouds, stripes or checks.
    """
    return torch.cat([painted(part, size, generator) for part in images.split(1024)])


def painted(images: Tensor, size: int, generator: torch.Generator) -> Tensor:
    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(len(images), 1, 1, 1, generator=generator)

    ink = F.interpolate(images.float() / 255, (size, size), mode="bicubic", align_corners=False).clamp(0, 1)
    ink = smooth(ink, 0.8 * size / 32)
    ink = ink / ink.amax((2, 3), keepdim=True).clamp(min=1e-3)
    # Against what is around it: one share of the strongest ink for the whole picture would leave out a digit's faint strokes, and make a C of a 0.
    reach = max(1, round(AROUND * size / 32))
    around = smooth(F.max_pool2d(ink, 2 * reach + 1, 1, reach), 2 * size / 32)
    ink = ink / around.clamp(min=FAINTEST)
    stroke = torch.sigmoid((ink - draw(THICKEST, THINNEST)) * 14)  # (N, 1, S, S)
    pattern = textures(len(images), size, generator)  # -1 to 1
    hue = draw(0, 1)
    front = hsv(hue + 0.04 * pattern, draw(0.65, 1), draw(0.85, 1).expand(-1, 1, size, size))
    ground = hsv(hue + draw(0.25, 0.75) + 0.03 * pattern, draw(0.35, 0.8), draw(0.25, 0.5) * (1 + 0.35 * pattern))
    return (255 * torch.lerp(ground, front, stroke)).round_().clamp_(0, 255).to(torch.uint8)


def textures(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Patterns (count, 1, size, size) in [-1, 1]: one in three each clouds, stripes, checks, of random place, direction and scale."""

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, 1, 1, generator=generator)

    clouds = F.interpolate(torch.rand(count, 1, 4, 4, generator=generator) * 2 - 1, (size, size), mode="bicubic", align_corners=True)
    y, x = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    angle, waves, phase = draw(0, math.pi), draw(1.5, 3.5) * math.pi, draw(0, 2 * math.pi)
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    stripes = torch.sin(waves * along + phase)
    checks = torch.tanh(3 * torch.sin(waves * along + phase) * torch.sin(waves * across + phase))
    kind = torch.randint(3, (count, 1, 1, 1), generator=generator)
    return torch.where(kind == 0, clouds, torch.where(kind == 1, stripes, checks)).clamp(-1, 1)


def smooth(images: Tensor, sigma: float) -> Tensor:
    """(N, 1, H, W) after a Gaussian blur of `sigma` pixels."""
    reach = max(1, round(3 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))


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


def hue_spread(found: Tensor, bins: int = 12) -> float:
    """How evenly hues (N,) lie on the circle: the entropy of their histogram over `bins`, from 0 (one family) to 1 (all alike)."""
    share = torch.histc(found.float(), bins, 0, 1) / max(1, len(found))
    share = share[share > 0]
    return float(-(share * share.log()).sum() / math.log(bins))


def blueprint(frames: Tensor) -> Tensor:
    """Frames uint8 (N, 3, H, W) drawn anew: outlines bright, surfaces faint, on blue squared paper; uint8 of the same shape."""
    return torch.cat([blueprints(part) for part in frames.split(512)])


def blueprints(frames: Tensor) -> Tensor:
    colour = frames.float() / 255
    light = (colour * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    padded = F.pad(colour, (0, 1, 0, 1), mode="replicate")
    down, right = padded[:, :, 1:, :-1] - colour, padded[:, :, :-1, 1:] - colour
    edge = (3 * (down.abs().amax(1, keepdim=True) + right.abs().amax(1, keepdim=True))).clamp(0, 1)
    height, width = frames.shape[2:]
    cell = max(4, height // 8)
    squares = ((torch.arange(height) % cell == 0)[:, None] | (torch.arange(width) % cell == 0)[None]).float()
    paper = torch.tensor([0.05, 0.16, 0.42])[:, None, None] + 0.07 * squares
    surface = paper + light * torch.tensor([0.12, 0.22, 0.28])[:, None, None]
    line = torch.tensor([0.86, 0.95, 1.0])[:, None, None]
    return (255 * torch.lerp(surface, line.expand_as(surface), edge)).round_().clamp_(0, 255).to(torch.uint8)
