"""Pictures that excite a part of a network: feature visualisation (Olah et al. 2017) and Deep Dream (Mordvintsev et al. 2015).

Gradient ascent on the pixels. Read first: `excite`. A picture that must excite under small moves, turns and zooms
("transformation robustness") shows structure in place of noise.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.eval_mode import eval_mode
from models.vision.style import taps

SHIFT, TURN, ZOOM = 0.08, 0.09, 0.06
"""The largest moves of a picture between two steps: share of the side, radians, share of the size."""


def tapped(net: nn.Module, images: Tensor, layer: str) -> Tensor:
    """The output of the module `layer`, with its graph."""
    return taps(net, images, [layer])[0]


def channel_score(maps: Tensor, channels: Tensor, centre: bool = False) -> Tensor:
    """How active each picture's own channel is: (B,) of maps (B, K, h, w) or units (B, K), the mean over places or the unit in the `centre`."""
    own = maps[torch.arange(len(maps), device=maps.device), channels]
    if own.dim() == 1:
        return own
    return own[..., own.shape[-2] // 2, own.shape[-1] // 2] if centre else own.flatten(1).mean(1)


def moved(images: Tensor, generator: torch.Generator) -> Tensor:
    """The pictures (B, C, H, W), each shifted, turned and zoomed a little at random."""
    draws = torch.rand(len(images), 4, generator=generator) * 2 - 1
    angle, size = draws[:, 0] * TURN, 1 + draws[:, 1] * ZOOM
    shift = 2 * SHIFT * draws[:, 2:]
    theta = torch.stack(
        [
            torch.stack([size * angle.cos(), -size * angle.sin(), shift[:, 0]], 1),
            torch.stack([size * angle.sin(), size * angle.cos(), shift[:, 1]], 1),
        ],
        1,
    ).to(images.device)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def variation(images: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, (B,)."""
    down, right = images[..., 1:, :] - images[..., :-1, :], images[..., 1:] - images[..., :-1]
    return down.square().flatten(1).mean(1) + right.square().flatten(1).mean(1)


def excite(
    net: nn.Module, score: Callable[[Tensor], Tensor], start: Tensor, steps: int, generator: torch.Generator, *, rate: float = 0.08,
    robust: bool = True, smoothness: float = 1.0, hold: float = 0.0,
) -> Tensor:  # fmt: skip
    """Pixel values (B, C, H, W) in [0, 255] that raise `score` (B,) of themselves, by `steps` of Adam from `start`.

    `smoothness` weighs the squared differences of neighbours (pixels in units of 255) and `hold` those from `start` against the score, whose own
    scale is divided out. Raises ValueError where the score does not depend on the pixels smoothly.
    """
    logits = torch.logit((start.float() / 255).clamp(0.02, 0.98)).detach().requires_grad_()
    first = logits.detach().sigmoid()
    optimizer = torch.optim.Adam([logits], lr=rate)
    with eval_mode(net), torch.enable_grad():
        for _ in range(steps):
            unit = logits.sigmoid()
            seen = moved(unit, generator) if robust else unit
            of_pictures = score(255 * seen)
            if not of_pictures.requires_grad:
                raise ValueError("what this network answers has no gradient in its pixels")
            scale = of_pictures.detach().abs().clamp(min=1e-3)
            loss = (-of_pictures / scale + smoothness * variation(unit) + hold * (unit - first).square().flatten(1).mean(1)).sum()
            (logits.grad,) = torch.autograd.grad(loss, logits)
            optimizer.step()
    return 255 * logits.detach().sigmoid()
