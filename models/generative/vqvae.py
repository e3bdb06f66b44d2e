"""The VQ-VAE (van den Oord et al. 2017; Razavi et al. 2019): an encoder whose codes on a small grid are entries of a codebook.

The codebook follows the encodings by moving averages, and entries that are hardly used are taken to encodings again. A PixelCNN
learns which grids of codes there are, and draws new ones. Read first: `VQAutoencoder.forward`, then `VQVAE.prior`.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fixed_order import totals
from models.generative.pixelcnn import PixelCNN

CELL = 4
"""Pixels of a code's side: images are halved twice."""
FEWEST = 1e-5


class Residual(nn.Module):
    """(B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class VQAutoencoder(nn.Module):
    """Images in [0, 1] (B, C, H, W) -> codes (B, H / 4, W / 4) int64 in [0, entries) -> logits (B, C, H, W)."""

    codebook: Tensor
    uses: Tensor
    sums: Tensor

    def __init__(self, channels: int = 1, features: int = 32, entries: int = 128, width: int = 16):
        super().__init__()
        self.entries, self.width = entries, width
        f = features
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, f, 4, 2, 1), nn.ReLU(), nn.Conv2d(f, 2 * f, 4, 2, 1), Residual(2 * f), Residual(2 * f), nn.ReLU(),
            nn.Conv2d(2 * f, width, 1),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv2d(width, 2 * f, 3, padding=1), Residual(2 * f), Residual(2 * f), nn.ReLU(), nn.ConvTranspose2d(2 * f, f, 4, 2, 1),
            nn.ReLU(), nn.ConvTranspose2d(f, channels, 4, 2, 1),
        )  # fmt: skip
        self.register_buffer("codebook", torch.randn(entries, width))
        self.register_buffer("uses", torch.zeros(entries))
        self.register_buffer("sums", torch.zeros(entries, width))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits (B, C, H, W), encodings (B, width, h, w), codes (B, h, w)). The gradient passes the codebook as if it were not there."""
        encodings = self.encoder(images).float()
        codes = self.nearest(encodings)
        return self.decoder(encodings + (self.entries_of(codes) - encodings).detach()), encodings, codes

    def codes(self, images: Tensor) -> Tensor:
        return self.nearest(self.encoder(images).float())

    def nearest(self, encodings: Tensor) -> Tensor:
        """The nearest entry (B, h, w) to each encoding (B, width, h, w)."""
        points = encodings.movedim(1, -1)
        with torch.autocast(points.device.type, enabled=False):
            distance = self.codebook.square().sum(1) - 2 * points @ self.codebook.T  # Less |point|^2, which is the same for all.
        return distance.argmin(-1)

    def entries_of(self, codes: Tensor) -> Tensor:
        """(B, h, w) -> (B, width, h, w)."""
        return F.embedding(codes, self.codebook).movedim(-1, 1)

    @torch.no_grad()
    def follow(self, encodings: Tensor, codes: Tensor, decay: float) -> None:
        """Move each entry to the moving average of the encodings (B, width, h, w) that took it (van den Oord et al. 2017, app. A.1)."""
        points, taken = encodings.movedim(1, -1).flatten(0, 2), codes.flatten()
        uses, sums = totals(points, taken, self.entries)
        self.uses.lerp_(uses, 1 - decay)
        self.sums.lerp_(sums, 1 - decay)
        self.codebook.copy_(torch.where(self.uses[:, None] > FEWEST, self.sums / self.uses.clamp(min=FEWEST)[:, None], self.codebook))

    @torch.no_grad()
    def revive(self, encodings: Tensor, rows: Tensor, least: float) -> Tensor:
        """Take entries that are used less than `least` times the mean to the encodings (B, width, h, w) numbered `rows` (entries,); how
        many, 0-d. Before the first use all are, so that the codebook begins on encodings."""
        points = encodings.movedim(1, -1).flatten(0, 2)
        fair = len(points) / self.entries
        dead = self.uses < least * fair
        chosen = points[rows]
        self.codebook.copy_(torch.where(dead[:, None], chosen, self.codebook))
        self.uses.copy_(torch.where(dead, torch.full_like(self.uses, fair), self.uses))
        self.sums.copy_(torch.where(dead[:, None], fair * chosen, self.sums))
        return dead.sum()


def perplexity(shares: Tensor) -> Tensor:
    """exp(entropy) of shares (K,) that add up to 1: as many entries as were used, were they used equally (0-d)."""
    return torch.special.entr(shares).sum().exp()


class VQVAE(nn.Module):
    """The autoencoder and the prior over its codes. z is the entries of a grid (B, width * h * w); between entries it takes the nearest.

    Where the PixelCNN knows classes, the prior is the mixture over them, all equally likely: p(k) = 1/Y sum_y p(k | y).
    """

    has_encoder = True
    classes = 0
    cell = CELL

    def __init__(self, autoencoder: VQAutoencoder, pixelcnn: PixelCNN, shape: Sequence[int]):
        super().__init__()
        self.autoencoder, self.pixelcnn, self.shape = autoencoder, pixelcnn, tuple(shape)
        self.grid = (shape[1] // CELL, shape[2] // CELL)
        self.latent = autoencoder.width * self.grid[0] * self.grid[1]

    def grid_of(self, images: Tensor) -> Tensor:
        """The codes (B, h, w) of images in [0, 1]."""
        return self.autoencoder.codes(images)

    def encode(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.z_of(self.grid_of(images))

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images in [0, 1] (B, C, H, W)."""
        return self.image_of(self.autoencoder.nearest(z.view(-1, self.autoencoder.width, *self.grid)))

    def image_of(self, codes: Tensor) -> Tensor:
        """Images in [0, 1] of codes (B, h, w)."""
        return torch.sigmoid(self.autoencoder.decoder(self.autoencoder.entries_of(codes)).float())

    def z_of(self, codes: Tensor) -> Tensor:
        return self.autoencoder.entries_of(codes).flatten(1)

    def prior(self, noise: Tensor) -> Tensor:
        """z (B, latent) of codes that the PixelCNN draws of the first h * w numbers of standard normal noise (B, latent)."""
        return self.z_of(self.draw(noise))

    def draw(self, z: Tensor, labels: Tensor | None = None, known: Tensor | None = None, kept: Tensor | None = None) -> Tensor:
        """Codes (B, h, w) of noise (B, latent), whose next number picks the class; see `PixelCNN.draw`."""
        h, w = self.grid
        classes = self.class_of(z[:, h * w], known, kept) if self.pixelcnn.classes else None
        return self.pixelcnn.draw(z[:, : h * w].view(-1, h, w), classes, known, kept)[0]

    @torch.no_grad()
    def class_of(self, noise: Tensor, known: Tensor | None = None, kept: Tensor | None = None) -> Tensor:
        """The class (B,) that noise (B,) picks, each as likely as it is given the first places, those `kept` (h, w) of codes `known` (B, h, w)."""
        logits = noise.new_zeros(len(noise), self.pixelcnn.classes)
        if known is not None and kept is not None:
            logits = -(self.nats_by_class(known) * kept).sum((2, 3)).T.to(noise.dtype)  # (B, classes)
        return (torch.special.ndtr(noise)[:, None] >= logits.softmax(1).cumsum(1)[:, :-1]).sum(1)

    def nats_by_class(self, codes: Tensor) -> Tensor:
        """-log p of each place given those before it and the class (classes, B, h, w)."""
        return torch.stack([self.pixelcnn.nats(codes, codes.new_full((len(codes),), y)) for y in range(self.pixelcnn.classes)])

    def nats(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """-log p of each place (B, h, w) given those before it."""
        if not self.pixelcnn.classes:
            return self.pixelcnn.nats(codes)
        until = (-self.nats_by_class(codes).flatten(2).cumsum(2)).logsumexp(0)  # (B, h * w): log sum_y p(the first places | y)
        start = until.new_full((len(codes), 1), math.log(self.pixelcnn.classes))
        return -torch.diff(until, dim=1, prepend=start).view(codes.shape)
