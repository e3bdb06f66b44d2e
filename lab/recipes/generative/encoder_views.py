"""Views of models with an encoder: encode a real image, and edit its code by hand."""

from typing import Any

import numpy as np
import torch

from lab.answers import Curves, Images, Scatter
from lab.experiment import view
from lab.parameters import Choice, Count
from lab.recipes.generative.latent_views import LatentViews, code_is_picture
from lab.recipes.generative.pixels import to_pixels, unit_images

MOST_SEARCHED = 100
"""Test images whose codes are found at once, where that takes many evaluations of the network."""


class EncoderViews:
    """The views of a model with an encoder, beside those of its latent space."""

    def __init__(self, latent: LatentViews):
        self.latent, self.feed = latent, latent.feed

    @view(live=True)
    def reconstruct(self, net: Any, index: Choice = 0, pixels: str = "", label: Choice = -1) -> Images:
        """A test image (or the given pixels), its reconstruction, and the error map: bright where they differ; the number is the
        mean difference of a pixel, of 255."""
        image, labels = self.latent.picture(net, index, pixels, label)
        again = net.decode(net.encode(image, labels), labels)
        error = (again - image).abs()
        rows = np.concatenate([to_pixels(x) for x in (image, again, error)])
        captions = ["image", "reconstruction", f"error {255 * float(error.mean()):.1f} / 255"]
        return Images(rows, captions, columns=3, scale=self.latent.scale(160))

    @view(live=True)
    def reconstructions(self, net: Any, n: Count = 16) -> Images:
        """Test images, and below each its reconstruction."""
        data = self.feed.images("test")
        count = max(1, min(n, len(data), 64))
        images, labels = unit_images(data.images[:count], torch.float32), data.labels[:count] if net.classes else None
        again = net.decode(net.encode(images, labels), labels)
        return Images(np.concatenate([to_pixels(images), to_pixels(again)]), columns=count, scale=self.latent.scale())

    @view(live=True)
    def code(self, net: Any, index: Choice = 0, pixels: str = "", label: Choice = -1) -> Curves:
        """The code of a test image (or of the given pixels), one value per dimension."""
        image, labels = self.latent.picture(net, index, pixels, label)
        z = net.encode(image, labels)[0].float().cpu().numpy()
        return Curves({"code": (np.arange(len(z)), z)}, x_label="dimension", y_label="value")

    @view(live=True)
    def codes(self, net: Any, n: Count = 500, anchors: str = "") -> Scatter:
        """Encoded test images as dots of their class's colour, in the coordinates of the plane."""
        most = MOST_SEARCHED if code_is_picture(net) else 5000
        count = max(1, min(n, len(self.feed.images("test")), most))
        z = self.latent.encode(net, slice(0, count))
        origin, axes, _ = self.latent.frame_of(net, anchors)
        points = (z - origin) @ torch.linalg.pinv(axes.cpu()).to(axes.device)
        classes = self.feed.images("test").labels[:count].cpu().numpy()
        return Scatter(
            points.float().cpu().numpy(), classes, list(self.feed.class_names), x_label="first direction", y_label="second direction"
        )
