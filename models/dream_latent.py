"""The `latent` family of dreams: discrete codes of each frame, and a transformer that predicts the next frame's (after IRIS, Micheli et al. 2023).

The codes are a VQ-VAE's. Unlike IRIS, which draws one code after another, all codes of a frame are predicted at once, each from all others
of the last frames: on a processor a frame then takes one pass. Read first: `LatentDream.forward`.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dream_unet import CLOCK, PHASES, SIGNS, DreamNetwork, Predicted
from models.generative.denoising_unet import CELL as PIXELS
from models.generative.vqvae import CELL, VQAutoencoder
from models.sequence.transformer import Stack

LAYERS, HEADS = 4, 4
CODE = CELL * PIXELS
"""Pixels across that a code stands for."""
CODE_WIDTH = 16
COMMITMENT = 0.25
CODEBOOK_EMA, REVIVE_BELOW = 0.99, 0.05
"""As the VQ-VAE's recipe: the codebook's moving average, and the share of the mean use below which an entry is taken elsewhere."""


class LatentDream(DreamNetwork):
    """Past frames (B, H, S, S) uint8, oldest first, and what was done in each (B, H) int64 -> `Predicted`, with the logits of the codes.

    A code stands for 8x8 pixels. Each of the S/8 x S/8 places is a token: its codes in the past frames, its place, the actions and the clock.
    `guess` and `revealed` are for the other family's sake: this one draws in one step.
    """

    def __init__(
        self, actions: int, colours: int = 8, history: int = 4, features: int = 32, size: int = 80, entries: int = 128, phase: bool = False
    ):
        super().__init__(actions, colours, history)
        self.entries, width = entries, 4 * features
        self.autoencoder = VQAutoencoder(colours * PIXELS**2, features, entries, CODE_WIDTH)
        self.code = nn.Embedding(entries * history, width)
        self.place = nn.Parameter(torch.randn((size // CODE) ** 2, width) * 0.02)
        self.action, self.clock = nn.Embedding(actions * history, width), nn.Embedding(CLOCK, width)
        self.stack = Stack(LAYERS, width, HEADS)
        self.next = nn.Linear(width, entries)
        self.stay = nn.Parameter(torch.tensor(6.0))  # A code stays unless something changes it.
        self.outcome = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, SIGNS + 1))
        nn.init.zeros_(self.next.weight)
        if phase:
            self.phase = nn.Embedding(PHASES, width)

    def forward(self, frames: Tensor, actions: Tensor, clock: Tensor, guess: Tensor, revealed: Tensor) -> Predicted:
        with torch.no_grad():
            codes = self.codes_of(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])  # (B, H, h, w)
        ages = torch.arange(self.history, device=frames.device)
        tokens = self.code(codes.flatten(2) + ages[:, None] * self.entries).sum(1) + self.place  # (B, h w, width)
        done = self.action(actions + ages * self.actions).sum(1) + self.time(clock)
        h, _ = self.stack(tokens + done[:, None])
        last = codes[:, -1].flatten(1)
        logits = self.next(h).scatter_add(2, last[..., None], self.stay.expand(*last.shape, 1))
        outcome = self.outcome(torch.cat([h.mean(1), h.amax(1)], 1)).float()
        logits = logits.transpose(1, 2).unflatten(2, codes.shape[2:])  # (B, entries, h, w)
        with torch.no_grad():
            drawn = self.decoded(logits.argmax(1))
        return Predicted(drawn, outcome[:, :SIGNS], outcome[:, SIGNS], logits, codes[:, -1])

    def cells(self, frames: Tensor) -> Tensor:
        """Frames (B, S, S) of classes as the autoencoder sees them, (B, 4 C, S/2, S/2)."""
        each = frames[:, None] == torch.arange(self.colours, device=frames.device, dtype=frames.dtype).view(1, -1, 1, 1)
        return F.pixel_unshuffle(each.to(self.place.dtype), PIXELS)

    def codes_of(self, frames: Tensor) -> Tensor:
        """The codes (B, h, w) of frames (B, S, S)."""
        return self.autoencoder.codes(self.cells(frames))

    def decoded(self, codes: Tensor) -> Tensor:
        """Logits (B, C, S, S) of the frames that codes (B, h, w) stand for."""
        return F.pixel_shuffle(self.autoencoder.decoder(self.autoencoder.entries_of(codes)), PIXELS)

    def rebuilt(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (B, C, S, S) of frames (B, S, S) after their codes, the encodings (B, 16, h, w) and the codes (B, h, w)."""
        logits, encodings, codes = self.autoencoder(self.cells(frames))
        return F.pixel_shuffle(logits, PIXELS), encodings, codes

    def commitment(self, encodings: Tensor, codes: Tensor) -> Tensor:
        """How far the encodings are from their entries, weighted (0-d)."""
        return COMMITMENT * F.mse_loss(encodings, self.autoencoder.entries_of(codes).detach())

    def learn_codebook(self, encodings: Tensor, codes: Tensor, rows: Tensor) -> None:
        """Move the entries to what took them, and those that hardly anything takes to the encodings numbered `rows` (entries,)."""
        self.autoencoder.follow(encodings, codes, CODEBOOK_EMA)
        self.autoencoder.revive(encodings, rows, REVIVE_BELOW)
