"""Image domains made from other images: digits painted in colours on a textured ground, and blueprints of a game's frames.

Everything is drawn by the generator that is given, so the same seed paints the same pictures. Read first: `painted_digits`.
"""

import math
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.data import catalogue
from lab.data.hue import hsv
from lab.data.images import Domains, LabelledImages, Request, as_channels, resize
from lab.registry import load

PAINTINGS, MOST_PAINTINGS = {"train": 16, "test": 4}, 20_000
"""Paintings of one original in each split, fewer where all together would be more than the latter."""
THINNEST, THICKEST = 0.6, 0.42
"""Where a stroke ends: the share of the ink around it from which a pixel belongs to it."""
FAINTEST = 0.45
"""Of the strongest ink of its picture: ink fainter than this, with nothing stronger around it, is no stroke of its own."""
AROUND = 3
"""Pixels, of 32, to each side that count as around."""


def painted_digits(request: Request) -> Domains:
    """A: plain images; B: painted ones. In training no original is in both domains."""
    own = load_originals(replace(request, size=None, channels=1))
    images = resize(own.images, request.size) if request.size else own.images
    rows = torch.arange(len(own))
    strokes = torch.Generator().manual_seed(0 if request.split == "train" else 1)
    # Each original is painted several times: colours and grounds are then as many as digits. Of few held-out ones, from
    # which nothing is learned, all are in both domains, so that figures vary less.
    few = request.split == "test" and len(rows) * PAINTINGS["test"] <= MOST_PAINTINGS
    plain, unlike = (rows, rows) if few else (rows[0::2], rows[1::2])
    unlike = unlike.repeat(max(1, min(PAINTINGS[request.split], MOST_PAINTINGS // len(unlike))))
    a = LabelledImages(as_channels(images[plain], 3), own.labels[plain], own.classes)
    b = LabelledImages(paint(own.images[unlike], images.shape[-1], strokes), own.labels[unlike], own.classes)
    return Domains(a, b, (f"plain {request.data}", f"painted {request.data}"), False)


def blueprints(request: Request) -> Domains:
    """A: frames of a game; B: others of its frames as blueprints."""
    originals = load_originals(replace(request, channels=3))
    a, b = originals.rows(slice(0, None, 2)), originals.rows(slice(1, None, 2))
    game = request.games[0]
    return Domains(a, replace(b, images=blueprint(b.images)), (game, f"blueprint of {game}"), False)


def load_originals(request: Request) -> LabelledImages:
    return load(catalogue.loader(request.data, "images"))(request)


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


def blueprint(frames: Tensor) -> Tensor:
    """Frames uint8 (N, 3, H, W) drawn anew: outlines bright, surfaces faint, on blue squared paper; uint8 of the same shape."""
    return torch.cat([drawn(part) for part in frames.split(512)])


def drawn(frames: Tensor) -> Tensor:
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
