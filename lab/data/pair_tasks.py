"""Pairs made from images: what pix2pix is given, drawn from the picture that it shall draw."""

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.data.images import as_channels
from lab.data.synthetic_domains import smooth


def outline(images: Tensor) -> Tensor:
    """uint8 (N, 3, H, W) -> the edges alone, white on black: crests of the Sobel slope above a third of the image's steepest."""
    grey = smooth(images.float().mean(1, keepdim=True) / 255, images.shape[-1] / 32)
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    both = torch.stack([kernel, kernel.T])[:, None]
    slope = F.conv2d(F.pad(grey, (1,) * 4, mode="replicate"), both).square().sum(1, keepdim=True).sqrt()
    # A line, not a band: only where the slope is largest across the edge, or nearly so.
    crest = slope >= 0.85 * F.max_pool2d(slope, 3, 1, 1)
    strong = slope > slope.amax((2, 3), keepdim=True) / 3
    return (255 * (crest & strong)).to(torch.uint8).expand(-1, 3, -1, -1).contiguous()


def half(images: Tensor) -> Tensor:
    """The left half; the right one is grey."""
    kept = images.clone()
    kept[..., images.shape[-1] // 2 :] = 128
    return kept


def upscale(images: Tensor) -> Tensor:
    """A quarter of the side (area average), enlarged again bilinearly: what a plain enlargement gives."""
    small = F.interpolate(images.float(), scale_factor=0.25, mode="area")
    return F.interpolate(small, images.shape[2:], mode="bilinear", align_corners=False).round_().clamp_(0, 255).to(torch.uint8)


def grey(images: Tensor) -> Tensor:
    """The luma in all three channels."""
    return as_channels(as_channels(images, 1), 3)


TASKS = {
    "outline": (outline, ("outline", "picture")),
    "half": (half, ("left half", "whole")),
    "upscale": (upscale, ("small", "large")),
    "colour": (grey, ("grey", "colour")),
}
"""By name: what makes the given picture from the wanted one, uint8 (N, 3, H, W) -> the same, and what the two are called."""
