"""Views of a generator with a style for each layer: styles mixed, drawn towards their mean, from coarse to fine, and what noise does."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Images
from lab.experiment import view
from lab.parameters import Count, Real, Seed, Sides
from lab.recipes.generative.latent_views import LatentViews, device_of
from lab.recipes.generative.pixels import to_pixels
from models.generative.stylegan import LAYERS_PER_SIDE, in_unit_range

PSI = (-1.0, -0.7, -0.4, 0.0, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
"""Truncations that are shown side by side; beyond 1 styles are exaggerated, below 0 turned round."""


class StyleViews:
    """The views of a style-based generator, beside those of its latent space."""

    def __init__(self, latent: LatentViews):
        self.latent = latent

    @view(live=True)
    def style_mixing(
        self, net: Any, rows: str = "0,1,2,3", columns: str = "4,5,6,7,8,9,10", sides: Sides = "coarsest side"
    ) -> Images:  # fmt: skip
        """Styles of two samples mixed: each picture has the styles of its row, but at `sides` those of its column. Left and above are
        the samples themselves."""
        below, above = (net.styles(self.latent.anchors(net, text)) for text in (rows, columns))
        down, across = len(below), len(above)
        side = torch.arange(len(net.layers), device=device_of(net)) // LAYERS_PER_SIDE
        finest = len(net.sides) - 1
        taken = {
            "coarsest side": side == 0,
            "all but the finest": side < finest,
            "finest side": side == finest,
            "all but the coarsest": side > 0,
        }
        mixed = torch.where(taken[sides][:, None], above.repeat(down, 1, 1), below.repeat_interleave(across, 0))
        pixels = self.drawn(net, torch.cat([above, below, mixed]))
        top, left, inside = np.split(pixels, [across, across + down])
        lines = [np.concatenate([np.zeros_like(left[:1]), top])]
        lines += [np.concatenate([left[i : i + 1], inside[i * across : (i + 1) * across]]) for i in range(down)]
        sizes = [f"{net.sides[i]}x{net.sides[i]}" for i in range(finest + 1) if bool(taken[sides][LAYERS_PER_SIDE * i])]
        return Images(
            np.concatenate(lines), columns=across + 1, scale=self.latent.scale(), title=f"The column's styles at {' and '.join(sizes)}"
        )

    @view(live=True)
    def truncation(self, net: Any, psi: Real = 0.7, n: Count = 36, seed: Seed = 0) -> Images:
        """Samples whose styles are psi times as far from the mean style: nearer is more typical and less varied."""
        w = net.styles(net.prior(self.latent.noise(net, seed)[: max(1, n)]))
        return Images(
            self.drawn(net, net.truncated(w, psi)),
            columns=max(1, round(len(w) ** 0.5)),
            scale=self.latent.scale(),
            title=f"psi = {psi:.2f}",
        )

    @view(live=True)
    def truncation_path(self, net: Any, anchors: str = "0,1,2,3") -> Images:
        """Each anchor, a row each, from the far side of the mean style (psi -1) through it (0) to itself (1) and beyond."""
        w = net.styles(self.latent.anchors(net, anchors))
        pictures = np.stack([self.drawn(net, net.truncated(w, psi)) for psi in PSI], 1)  # (A, PSI, H, W)
        captions = [f"{psi:g}" for psi in PSI]
        return Images(
            pictures.reshape(-1, *pictures.shape[2:]),
            [*captions, *[""] * (len(PSI) * (len(w) - 1))],
            columns=len(PSI),
            scale=self.latent.scale(),
        )

    @view(live=True)
    def layers(self, net: Any, anchors: str = "0,1,2,3") -> Images:
        """From coarse to fine: each anchor's picture, a row each, as it is after each side of the generator, and what the last side added."""
        by_side = net.by_side(net.styles(self.latent.anchors(net, anchors)))
        full = [F.interpolate(in_unit_range(images), net.shape[1:], mode="nearest") for images in by_side]
        before = F.interpolate(by_side[-2].float(), net.shape[1:], mode="bilinear", align_corners=False)
        columns = [*full, (0.5 + 0.5 * (by_side[-1].float() - before)).clamp(0, 1)]
        pixels = to_pixels(torch.stack(columns, 1).flatten(0, 1))
        captions = [*(f"{side}x{side}" for side in net.sides), f"added at {net.sides[-1]}x{net.sides[-1]}"]
        return Images(pixels, [*captions, *[""] * (len(pixels) - len(captions))], columns=len(columns), scale=self.latent.scale())

    @view(live=True)
    def noise_effect(self, net: Any, anchor: str = "0", n: Count = 8, seed: Seed = 0) -> Images:
        """One anchor without noise, with `n` different noises, and where they differ: bright pixels are left to chance."""
        count = max(2, min(n, 64))
        w = net.styles(self.latent.anchors(net, anchor, 1, 1))
        generator = torch.Generator().manual_seed(seed)
        sizes = [getattr(net, f"noise_{i}").shape[1:] for i in range(len(net.layers))]
        noises = [torch.randn(count, *size, generator=generator).to(w.device) for size in sizes]
        images = in_unit_range(net.synthesise(w.expand(count, -1, -1), noises))
        without = in_unit_range(net.synthesise(w, [torch.zeros_like(noise[:1]) for noise in noises]))
        deviation = images.std(0, keepdim=True)
        brightest = float(deviation.max())
        pixels = to_pixels(torch.cat([without, images, deviation / max(brightest, 1e-6)]))
        captions = ["no noise", *(f"noise {i + 1}" for i in range(count)), f"deviation, white is {255 * brightest:.0f} of 255"]
        return Images(pixels, captions, columns=min(5, len(pixels)), scale=self.latent.scale(96))

    def drawn(self, net: Any, w: Tensor) -> np.ndarray:
        """Pixels of styles (B, layers, latent)."""
        return to_pixels(in_unit_range(net.synthesise(w)))
