"""Views of the models that make a picture of noise: one picture at any time, the way, how many evaluations, guidance, the error by time."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.answers import Curves, Images
from lab.experiment import view
from lab.parameters import Choice, Count, Seed, Share
from lab.recipes.generative.latent_views import LatentViews, device_of
from lab.recipes.generative.pixels import fixed_noise, signed_images, to_pixels
from models.generative.flow import unit

COMPARED = (1, 2, 4, 8, 50)
"""Numbers of evaluations that are shown side by side."""
SCALES = (0.0, 1.0, 1.5, 2.0, 4.0, 8.0)
BINS = 20
MEASURED = 200
"""Test images whose error is measured at each time."""


class DenoisingViews:
    """The views of a model with a way from noise to picture, beside those of its latent space."""

    def __init__(self, latent: LatentViews):
        self.latent, self.feed = latent, latent.feed

    @view(live=True)
    def denoised(self, net: Any, t: Share = 0.5, n: Count = 10, seed: Seed = 0) -> Images:
        """Test images, the same mixed with noise at time t (0 is noise alone, 1 the image), and the clean ones that the network expects."""
        data = self.feed.images("test")
        count = max(1, min(n, len(data), 64))
        images, labels = signed_images(data.images[:count]), data.labels[:count]
        noise = self.pictures(net, self.latent.noise(net, seed)[:count])
        at = torch.full((count,), min(0.999, max(0.0, t)), device=device_of(net))
        x = net.noised(images, noise, at)
        clean = net.predicted(x, at, labels)
        rows = np.concatenate([to_pixels(unit(part)) for part in (images, x, clean)])
        error = float((clean - images).square().mean())
        return Images(
            rows, columns=count, scale=self.latent.scale(), title=f"t = {t:.2f}; mean squared error of the clean image {error:.3f}"
        )

    @view(live=True)
    def denoising_path(self, net: Any, anchor: str = "0", evaluations: Count = 8, label: Choice = 0) -> Images:
        """The way from one z to its picture: what is there at each step, and below it the clean picture that the network expects."""
        z = self.latent.anchors(net, anchor, 1, 1)
        count = max(1, min(evaluations, 50))
        labels = torch.tensor([self.latent.checked_label(max(0, label))], device=z.device)
        points = torch.cat(net.path(self.pictures(net, z), labels, evaluations=count))
        at = torch.linspace(0, 1, len(points), device=z.device)
        clean = torch.cat([net.predicted(points[:-1], at[:-1], labels.expand(len(points) - 1)), points[-1:]])
        shown = thinned(len(points), 13)
        captions = [f"t = {at[i]:.2f}" for i in shown]
        rows = np.concatenate([to_pixels(unit(part[shown])) for part in (points, clean)])
        return Images(rows, [*captions, *[""] * len(shown)], columns=len(shown), scale=self.latent.scale())

    @view(live=True)
    def evaluations(self, net: Any, n: Count = 8, seed: Seed = 0, label: Choice = -1) -> Images:
        """The same z drawn with 1, 2, 4, 8 and 50 evaluations of the network, one row for each number."""
        z = net.prior(self.latent.noise(net, seed)[: max(1, min(n, 32))])
        rows = [to_pixels(net.decode(z, self.latent.labels(net, len(z), label), evaluations=count)) for count in COMPARED]
        return self.rows(rows, [f"{count} evaluation{'s' if count > 1 else ''}" for count in COMPARED])

    @view(live=True)
    def guidance(self, net: Any, n: Count = 8, seed: Seed = 0, label: Choice = -1) -> Images:
        """The same z with no class (0), as the class was learned (1), and with more and more guidance, one row each."""
        z = net.prior(self.latent.noise(net, seed)[: max(1, min(n, 32))])
        rows = [to_pixels(net.decode(z, self.latent.labels(net, len(z), label), guidance=scale)) for scale in SCALES]
        return self.rows(rows, [f"guidance {scale:g}" for scale in SCALES])

    @view(live=True)
    def loss_by_time(self, net: Any) -> Curves:
        """The mean squared error of the expected clean picture by time, over test images: high where noise hides the picture."""
        values = self.errors_by_time(net)
        return Curves(
            {"error": (bin_times(), values)}, x_label="time t (0 is noise)", y_label="squared error of the clean image",
            title=f"mean {values.mean():.4f}",
        )  # fmt: skip

    def errors_by_time(self, net: Any) -> np.ndarray:
        """(BINS,): mean squared errors of the clean pictures in [-1, 1] that the network expects, in the middle of each stretch of time."""
        data = self.feed.images("test")
        count = min(MEASURED, len(data))
        images, labels = signed_images(data.images[:count]), data.labels[:count]
        noise = fixed_noise(0, self.latent.size).to(device_of(net))[:count].view(-1, *net.shape)
        losses = []
        for t in bin_times():
            at = torch.full((count,), float(t), device=device_of(net))
            losses.append(float((net.predicted(net.noised(images, noise, at), at, labels) - images).square().mean()))
        return np.array(losses)

    def pictures(self, net: Any, z: Tensor) -> Tensor:
        return z.view(-1, *net.shape)

    def rows(self, rows: list[np.ndarray], captions: list[str]) -> Images:
        columns = len(rows[0])
        marks = [text for caption in captions for text in [caption, *[""] * (columns - 1)]]
        return Images(np.concatenate(rows), marks, columns=columns, scale=self.latent.scale())


def bin_times() -> np.ndarray:
    return (np.arange(BINS) + 0.5) / BINS


def thinned(count: int, most: int) -> list[int]:
    """At most `most` of the numbers below `count`, evenly, the first and the last among them."""
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, most))})
