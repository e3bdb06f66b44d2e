"""Views of a codebook: its entries as pictures, how much each is used, the grid of a picture's codes, and grids edited by hand."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Curves, Images, Table
from lab.errors import UsageError
from lab.experiment import view
from lab.parameters import Index, Seed
from lab.recipes.generative.latent_views import LatentViews, device_of, numbers
from lab.recipes.generative.pixels import to_pixels, unit_images
from models.generative.vqvae import perplexity

MEASURED = 400
"""Test images whose places show what entries stand for."""


class CodebookViews:
    """The views of a VQ-VAE's codebook, beside those of its latent space."""

    def __init__(self, latent: LatentViews):
        self.latent, self.feed = latent, latent.feed

    @view(live=True)
    def entries(self, net: Any) -> Images:
        """Each entry of the codebook as what it stands for: the mean of the places of test images that have it, with a margin; black is unused."""
        images = unit_images(self.feed.images("test").images[:MEASURED], torch.float32)
        codes, margin = net.grid_of(images).flatten(), net.cell // 2
        parts = F.unfold(images, 2 * net.cell, padding=margin, stride=net.cell).transpose(1, 2).flatten(0, 1)  # (N h w, C side^2)
        sums = parts.new_zeros(net.autoencoder.entries, parts.shape[1]).index_add_(0, codes, parts)
        means = sums / torch.bincount(codes, minlength=len(sums)).clamp(min=1)[:, None]
        return Images(to_pixels(means.view(len(sums), -1, 2 * net.cell, 2 * net.cell)), columns=16, scale=self.latent.scale(48) * 2)

    @view(live=True)
    def codebook_usage(self, net: Any) -> Curves:
        """The share of each entry in the codes of test images, the most used first; the title has how many are in use."""
        shares = self.shares(net).sort(descending=True).values.cpu().numpy()
        title = f"{int((shares > 0).sum())} of {len(shares)} entries used, perplexity {float(perplexity(torch.from_numpy(shares))):.1f}"
        return Curves({"share": (np.arange(len(shares)), shares)}, x_label="entry, by use", y_label="share of the codes", title=title)

    @torch.no_grad()
    def shares(self, net: Any) -> Tensor:
        """The share of each entry (K,) in the codes of all test images."""
        codes = torch.cat([net.grid_of(unit_images(part, torch.float32)) for part in self.feed.images("test").images.split(500)])
        return torch.bincount(codes.flatten(), minlength=net.autoencoder.entries).float() / codes.numel()

    @view(live=True)
    def code_grid(self, net: Any, anchor: str = "0") -> Table:
        """The codes of an anchor: the number of the entry in each place of its grid."""
        z = self.latent.anchors(net, anchor, 1, 1)
        return self.table(net.autoencoder.nearest(z.view(1, -1, *net.grid)))

    @view(live=True)
    def decode_codes(self, net: Any, codes: str = "") -> Images:
        """The picture of a grid of codes, given row by row as numbers of entries separated by commas; missing ones are 0."""
        grid = self.parsed(net, codes)
        return Images(to_pixels(net.image_of(grid)), columns=1, scale=self.latent.scale(256), codes=numbers(net.z_of(grid)))

    @view(live=True)
    def redrawn_codes(self, net: Any, codes: str = "", start: Index = 0, seed: Seed = 0) -> Table:
        """A grid of codes whose places from number `start` on, in reading order, the prior draws anew, given those before."""
        h, w = net.grid
        kept = (torch.arange(h * w, device=device_of(net)) < start).view(h, w)
        return self.table(net.draw(self.latent.noise(net, seed)[:1], None, self.parsed(net, codes), kept))

    def parsed(self, net: Any, codes: str) -> Tensor:
        """(1, h, w) int64. Raises UsageError for what are no codes."""
        (h, w), entries = net.grid, net.autoencoder.entries
        parts = [part.strip() for part in codes.split(",") if part.strip()]
        if len(parts) > h * w or not all(part.isdigit() and int(part) < entries for part in parts):
            raise UsageError(f"--codes must be at most {h * w} numbers from 0 to {entries - 1}, separated by commas.")
        values = [int(part) for part in parts] + [0] * (h * w - len(parts))
        return torch.tensor(values, device=device_of(net)).view(1, h, w)

    def table(self, grid: Tensor) -> Table:
        rows = grid[0].cpu().tolist()
        return Table(["row", *(str(i) for i in range(len(rows[0])))], [[i, *row] for i, row in enumerate(rows)])
