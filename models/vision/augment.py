"""Augmentation of a batch on its device: every image gets its own random shift, rotation, scale, flip, warp, colour change and erased square."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

BENDS = 4
"""Places along a side that a warp moves on their own; between them it is smooth."""


def augment(
    images: Tensor,
    generator: torch.Generator,
    *,
    shift: float = 0.0,
    rotate: float = 0.0,
    scale: float = 0.0,
    flip: bool = False,
    warp: float = 0.0,
    erase: float = 0.0,
    colour: float = 0.0,
) -> Tensor:
    """uint8 (B, C, H, W) -> float32 pixels of the same shape. `shift` is a share of the side, `rotate` degrees; `warp`, a
    share of the side, is how far parts are displaced along a smooth random field (elastic distortion, Simard et al. 2003); `colour`
    mixes the channels by a random matrix that differs from the identity by at most that in each entry.

    The draws come from `generator`, a CPU one, so they do not depend on the device. Pixels from beyond the border are black.
    """
    count, _, height, width = images.shape
    pixels = images.float()
    if shift or rotate or scale or flip or warp:
        draws = torch.rand(count, 5, generator=generator) * 2 - 1  # (B, 5) in [-1, 1)
        angle = draws[:, 0] * math.radians(rotate)
        size = 1 / (1 + draws[:, 1] * scale)
        mirror = torch.where((draws[:, 4] < 0) & flip, -1.0, 1.0)
        cos, sin = size * angle.cos(), size * angle.sin()
        moves = draws[:, 2:4] * 2 * shift
        theta = torch.stack([mirror * cos, -sin, moves[:, 0], mirror * sin, cos, moves[:, 1]], 1).view(count, 2, 3)
        grid = F.affine_grid(theta.to(images.device, non_blocking=True), [count, 1, height, width], align_corners=False)
        if warp:
            bends = torch.rand(count, 2, BENDS, BENDS, generator=generator).to(images.device, non_blocking=True) * 2 - 1
            smooth = F.interpolate(bends, (height, width), mode="bicubic", align_corners=True)
            grid = grid + 2 * warp * smooth.permute(0, 2, 3, 1)
        pixels = F.grid_sample(pixels, grid, align_corners=False)
    if colour:
        channels = images.shape[1]
        mix = torch.eye(channels) + colour * (torch.rand(count, channels, channels, generator=generator) * 2 - 1)
        pixels = torch.einsum("bij,bjhw->bihw", mix.to(images.device, non_blocking=True), pixels).clamp(0, 255)
    if erase:
        draws = torch.rand(count, 3, generator=generator).to(images.device, non_blocking=True)
        side = draws[:, :1] * erase  # (B, 1), a share of the side
        rows = torch.arange(height, device=images.device) / height
        columns = torch.arange(width, device=images.device) / width
        top, left = draws[:, 1:2] * (1 - side), draws[:, 2:3] * (1 - side)
        inside = ((rows >= top) & (rows < top + side))[:, None, :, None] & ((columns >= left) & (columns < left + side))[:, None, None, :]
        pixels = pixels.masked_fill(inside, 0)
    return pixels
