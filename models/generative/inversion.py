"""Inversion of a generator without an encoder: the z whose picture is nearest to a given one (Lipton & Tripathi 2017)."""

from typing import Any

import torch
from torch import Tensor

STEPS, RATE = 80, 0.1
PULL = 0.01
"""Weight of |z|^2, which keeps z where the prior has its mass."""


@torch.enable_grad()
def invert(net: Any, images: Tensor, labels: Tensor | None, noise: Tensor, steps: int = STEPS) -> Tensor:
    """Points z (N, D) whose pictures are near images (N, C, H, W) in [0, 1]: Adam from the nearest of the `noise` (M, D)."""
    codes = []
    for i, image in enumerate(images):
        label = None if labels is None else labels[i : i + 1]
        z = nearest_of(net, image, label, noise).requires_grad_()
        optimizer = torch.optim.Adam([z], RATE)
        for _ in range(steps):
            loss = (net.decode(z, label) - image).square().sum() + PULL * z.square().sum()
            (z.grad,) = torch.autograd.grad(loss, z)
            optimizer.step()
        codes.append(z.detach())
    return torch.cat(codes)


@torch.no_grad()
def nearest_of(net: Any, image: Tensor, label: Tensor | None, noise: Tensor) -> Tensor:
    """The row (1, D) of `noise` whose picture is nearest to the image (C, H, W)."""
    if len(noise) == 1:
        return noise.clone()
    distance = (net.decode(noise, None if label is None else label.expand(len(noise))) - image).square().flatten(1).sum(1)
    return noise[distance.argmin()][None].clone()
