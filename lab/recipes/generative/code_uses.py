"""What an autoencoder is good for beside drawing: anomalies by reconstruction error, retrieval by nearest codes, clusters of codes."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.answers import Images
from lab.experiment import view
from lab.parameters import Count, Index, Side
from lab.recipes.generative.latent_views import LatentViews
from lab.recipes.generative.pixels import to_pixels, unit_images

ROUNDS = 25
"""Of k-means."""
PART = 256


class CodeUses:
    """The views of what codes and reconstructions of test images are good for."""

    def __init__(self, latent: LatentViews):
        self.latent, self.feed = latent, latent.feed

    def shown(self, rows: Tensor) -> np.ndarray:
        return to_pixels(unit_images(self.feed.images("test").images[rows], torch.float32))

    def names(self, rows: Tensor) -> list[str]:
        return [self.feed.class_names[i] if i < len(self.feed.class_names) else "" for i in self.feed.images("test").labels[rows].tolist()]

    @view(live=True)
    def anomalies(self, net: Any, n: Count = 32, last: bool = False) -> Images:
        """Test images by the error of their reconstruction, the largest first (with `last` the smallest): what the network has not seen
        the like of. The number is the squared error of an image."""
        errors = reconstruction_errors(net, self.feed.images("test"))
        rows = errors.argsort(descending=not last)[:n]
        names = [f"{name} {float(errors[row]):.1f}" for name, row in zip(self.names(rows), rows, strict=True)]
        return Images(self.shown(rows), names, columns=8, scale=self.latent.scale())

    @view(live=True)
    def similar(self, net: Any, index: Index = 0, n: Count = 15) -> Images:
        """A test image and those whose codes are nearest to its own, the nearest first; the caption is the class."""
        codes = self.latent.encode(net, slice(None)).float()
        index = min(index, len(codes) - 1)
        distance = (codes - codes[index]).square().sum(1)
        distance[index] = -1  # The image itself comes first, though another may have the same code.
        rows = distance.argsort()[: n + 1]
        labels = self.feed.images("test").labels[rows]
        title = f"{int((labels[1:] == labels[0]).sum())} of the {len(rows) - 1} nearest are of its class"
        return Images(self.shown(rows), self.names(rows), columns=8, scale=self.latent.scale(), title=title)

    @view(live=True)
    def clusters(self, net: Any, k: Side = 10, n: Count = 10) -> Images:
        """The codes of test images in k clusters (k-means), one a row: those nearest to its middle."""
        codes = self.latent.encode(net, slice(None)).float()
        middles, nearest = k_means(codes, min(k, len(codes)))
        labels = self.feed.images("test").labels
        rows, captions, right = [], [], 0
        for i, middle in enumerate(middles):
            inside = (nearest == i).nonzero()[:, 0]
            if not len(inside):
                continue
            counts = labels[inside].bincount()
            right += int(counts.max())
            best = inside[(codes[inside] - middle).square().sum(1).argsort()][:n]
            rows.append(best.repeat(-(-n // len(best)))[:n])  # A cluster of few shows them again.
            captions += [f"{len(inside)}", *[""] * (n - 1)]
        title = f"{100 * right / len(codes):.0f} % of the images are of their cluster's most frequent class; the number is a cluster's size"
        return Images(self.shown(torch.cat(rows)), captions, columns=n, scale=self.latent.scale(), title=title)


@torch.no_grad()
def reconstruction_errors(net: Any, data: Any) -> Tensor:
    """The squared error of each image's reconstruction (N,)."""
    errors = []
    for images, labels in zip(data.images.split(PART), data.labels.split(PART), strict=True):
        x, given = unit_images(images, torch.float32), labels if net.classes else None
        errors.append((net.decode(net.encode(x, given), given) - x).square().flatten(1).sum(1))
    return torch.cat(errors)


def k_means(points: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """(middles (k, D), the nearest of each point (N,)); begins with points far from each other (k-means++, seeded)."""
    generator = torch.Generator().manual_seed(0)
    chosen = [int(torch.randint(len(points), (1,), generator=generator))]
    distance = (points - points[chosen[0]]).square().sum(1)
    for _ in range(k - 1):
        weights = distance.cpu().double() + 1e-12
        chosen.append(int(torch.multinomial(weights, 1, generator=generator)))
        distance = torch.minimum(distance, (points - points[chosen[-1]]).square().sum(1))
    middles = points[chosen].clone()
    for _ in range(ROUNDS):
        nearest = torch.cdist(points, middles).argmin(1)
        for i in range(k):
            if bool((nearest == i).any()):
                middles[i] = points[nearest == i].mean(0)
    return middles, torch.cdist(points, middles).argmin(1)
