"""Views of a generator without an encoder: the z whose picture is nearest to a real or drawn one, found by optimisation."""

from typing import Any

import numpy as np

from lab.answers import Images
from lab.experiment import view
from lab.parameters import Choice, Count
from lab.recipes.generative.latent_views import LatentViews, numbers
from lab.recipes.generative.pixels import to_pixels
from models.generative.inversion import STEPS, invert


class InversionViews:
    """The views of a model without an encoder, beside those of its latent space."""

    def __init__(self, latent: LatentViews):
        self.latent = latent

    @view(live=True)
    def nearest(self, net: Any, index: Choice = 0, pixels: str = "", label: Choice = -1, start: str = "", steps: Count = STEPS) -> Images:
        """A test image (or the given pixels), the nearest picture that the generator draws, and the error map. Its z is found by
        `steps` steps of Adam from the anchor `start`, or from the best of 256 samples: asked again from the last z, it comes nearer."""
        image, labels = self.latent.picture(net, index, pixels, label)
        noise = self.latent.anchors(net, start, 1, 1) if start else net.prior(self.latent.noise(net))
        z = invert(net, image, labels, noise, min(steps, 1000))
        again = net.decode(z, labels)
        error = (again - image).abs()
        rows = np.concatenate([to_pixels(x) for x in (image, again, error)])
        captions = ["image", "nearest", f"error {255 * float(error.mean()):.1f} / 255"]
        return Images(rows, captions, columns=3, scale=self.latent.scale(160), codes=numbers(z))
