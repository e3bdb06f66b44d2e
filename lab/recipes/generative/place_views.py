"""Views of models that draw one place of a grid after the other, pixels or codes: places appear, half pictures are completed, surprise."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.answers import Images
from lab.data.images import LabelledImages
from lab.experiment import view
from lab.parameters import Choice, Count, Index, Seed, Share
from lab.recipes.generative.latent_views import LatentViews, device_of
from lab.recipes.generative.pixels import given_image, to_pixels, unit_images
from lab.recipes.generative.sample_monitor import tile
from lab.time_lapse import Film

UNSEEN, NEXT = np.array([58, 72, 96], np.uint8), np.array([232, 131, 58], np.uint8)
"""Colours of what is not drawn yet, and of the place that was drawn last."""
FRAMES = 200
"""Pictures of a film at most, unless more are asked for."""


class PlaceViews:
    """The views of a model that draws place by place, beside those of its latent space."""

    def __init__(self, latent: LatentViews):
        self.latent, self.feed = latent, latent.feed

    @view(live=True)
    def appearing(self, net: Any, n: Count = 4, seed: Seed = 0, label: Choice = -1, frames: Count = FRAMES) -> Film:
        """Samples as their places appear, in reading order: blue is not drawn yet, orange was drawn last. Save as GIF for a film."""
        rows, columns = net.grid
        z = self.latent.noise(net, seed)[: math.isqrt(min(n, 64)) ** 2]  # They fill a square.
        colours = coloured(to_pixels(net.image_of(net.draw(z, self.latent.labels(net, len(z), label)))))
        count = rows * columns
        counts = sorted({round(i) for i in np.linspace(0, count, min(count + 1, frames))})
        place = np.arange(count).reshape(rows, columns).repeat(net.cell, 0).repeat(net.cell, 1)[None, :, :, None]
        history, gap = [], int(len(z) > 1)  # A line between samples.
        for drawn in counts:
            picture = np.where(place < drawn, colours, UNSEEN)
            picture = np.where((place == drawn - 1) & (drawn < count), NEXT, picture)
            history.append(tile(np.pad(picture, ((0, 0), (0, gap), (0, gap), (0, 0)))))
        stack = np.stack(history)
        return Film(stack[-1:], [f"{count} places"], 1, self.latent.scale(48), history=stack, steps=counts)

    @view(live=True)
    def completions(
        self,
        net: Any,
        first: Index = 0,
        images: Count = 4,
        n: Count = 6,
        kept: Share = 0.5,
        seed: Seed = 0,
        pixels: str = "",
        label: Choice = -1,
    ) -> Images:
        """Test images (or the given pixels), their upper part, and ways in which the network draws the rest."""
        if pixels:
            given, labels = given_image(self.feed.shape, pixels).to(device_of(net)), None
        else:
            data = self.feed.images("test")
            start = max(0, min(first, len(data) - images))
            given, labels = unit_images(data.images[start : start + images], torch.float32), data.labels[start : start + images]
        if net.classes and (labels is None or label >= 0):
            labels = torch.full((len(given),), self.latent.checked_label(max(0, label)), device=device_of(net))
        ways, rows = max(1, min(n, 16)), round(kept * net.grid[0])
        mask = (torch.arange(net.grid[0], device=device_of(net)) < rows)[:, None].expand(*net.grid)
        known = net.grid_of(given)
        z = self.latent.noise(net, seed)[: len(given) * ways]
        drawn = net.draw(
            z, labels.repeat_interleave(ways) if net.classes and labels is not None else None, known.repeat_interleave(ways, 0), mask
        )  # fmt: skip
        whole, completed = coloured(to_pixels(net.image_of(known))), coloured(to_pixels(net.image_of(drawn)))
        part = whole.copy()
        part[:, rows * net.cell :] = UNSEEN
        lines = [np.concatenate([whole[i : i + 1], part[i : i + 1], completed[i * ways : (i + 1) * ways]]) for i in range(len(given))]
        captions = ["image", "kept", *(f"drawn {i + 1}" for i in range(ways))]
        return Images(
            np.concatenate(lines), [*captions, *[""] * (len(captions) * (len(given) - 1))], columns=len(captions), scale=self.latent.scale()
        )  # fmt: skip

    @view(live=True)
    def surprise(self, net: Any, first: Index = 0, n: Count = 8) -> Images:
        """Test images, and below each how unlikely every place was given those before it: bright cost many nats; the number is their sum."""
        data = self.feed.images("test")
        start, count = max(0, min(first, len(data) - n)), min(n, len(data))
        part = LabelledImages(data.images[start : start + count], data.labels[start : start + count], data.classes)
        nats = self.nats(net, part.images, part.labels)
        shown = nats.repeat_interleave(net.cell, 1).repeat_interleave(net.cell, 2)
        brightness = (shown / shown.flatten(1).quantile(0.999)).clamp(0, 1)
        above = to_pixels(net.image_of(net.grid_of(unit_images(part.images, torch.float32))))
        below = to_pixels(brightness[:, None].expand(-1, self.feed.shape[0], -1, -1))
        captions = [*[""] * count, *(f"{float(value):.0f}" for value in nats.sum((1, 2)))]
        return Images(np.concatenate([above, below]), captions, columns=count, scale=self.latent.scale(), title="nats per image below")

    @torch.no_grad()
    def nats(self, net: Any, images: Tensor, labels: Tensor) -> Tensor:
        """-log p of each place (B, h, w) of uint8 images, in nats."""
        grid = net.grid_of(unit_images(images, torch.float32))
        return net.nats(grid, labels if net.classes else None)

    def nats_per_image(self, net: Any, data: LabelledImages) -> float:
        """The mean of -log p over images."""
        parts = [
            self.nats(net, images, labels).sum((1, 2))
            for images, labels in zip(data.images.split(200), data.labels.split(200), strict=True)
        ]
        return float(torch.cat(parts).mean())


def coloured(pixels: np.ndarray) -> np.ndarray:
    """(N, H, W) or (N, H, W, 3) -> (N, H, W, 3)."""
    return pixels if pixels.ndim == 4 else np.repeat(pixels[..., None], 3, 3)
