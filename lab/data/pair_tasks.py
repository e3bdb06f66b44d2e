"""Pairs made from images: what pix2pix is given, drawn from the picture that it shall draw."""

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.data.images import as_channels
from lab.data.synthetic_domains import smooth

HOLE = 128
"""The grey of a hole."""


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
    return enlarged(images, "bilinear")


def bicubic(images: Tensor) -> Tensor:
    """What the usual enlargement makes of the same small pictures: the task `upscale` is measured against it."""
    return enlarged(images, "bicubic")


def enlarged(images: Tensor, mode: str) -> Tensor:
    small = F.interpolate(images.float(), scale_factor=0.25, mode="area")
    return F.interpolate(small, images.shape[2:], mode=mode, align_corners=False).round_().clamp_(0, 255).to(torch.uint8)


def noisy(images: Tensor) -> Tensor:
    """With normal noise of a deviation of 64 of 255, the same at every call."""
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images.float() + 64 * noise).round_().clamp_(0, 255).to(torch.uint8)


def blurred(images: Tensor) -> Tensor:
    """After a Gaussian blur of a sixteenth of the side."""
    n, c, h, w = images.shape
    return smooth(images.float().view(n * c, 1, h, w), w / 16).round_().to(torch.uint8).view(n, c, h, w)


def with_holes(images: Tensor) -> Tensor:
    """Grey where a thick stroke of three lines between random points was drawn over each, the same at every call."""
    n, _, h, w = images.shape
    points = torch.rand(n, 4, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([h - 1.0, w - 1.0])
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    places = torch.stack([y, x], -1).float().view(1, h * w, 2)
    hole = torch.zeros(n, h * w, dtype=torch.bool)
    for start, end in zip(points[:, :3].unbind(1), points[:, 1:].unbind(1), strict=True):
        way = (end - start)[:, None]  # (N, 1, 2)
        t = ((places - start[:, None]) * way).sum(-1, keepdim=True) / way.square().sum(-1, keepdim=True).clamp(min=1e-6)
        hole |= (places - start[:, None] - t.clamp(0, 1) * way).norm(dim=-1) < w / 16
    return images.masked_fill(hole.view(n, 1, h, w), HOLE)


def grey(images: Tensor) -> Tensor:
    """The luma in all three channels."""
    return as_channels(as_channels(images, 1), 3)


TASKS = {
    "outline": (outline, ("outline", "picture")),
    "half": (half, ("left half", "whole")),
    "upscale": (upscale, ("small", "large")),
    "colour": (grey, ("grey", "colour")),
    "denoise": (noisy, ("noisy", "clean")),
    "deblur": (blurred, ("blurred", "sharp")),
    "holes": (with_holes, ("with holes", "whole")),
}
"""By name: what makes the given picture from the wanted one, uint8 (N, 3, H, W) -> the same, and what the two are called."""
