"""The vision transformer (Dosovitskiy et al. 2021): an image as a sequence of square patches."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.sequence.transformer import Stack


class ViT(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes).

    Each patch becomes a token by one linear map; a class token goes first, learned positions are added, and the class
    token's output is what is classified.
    """

    head = "fc"

    def __init__(
        self, classes: int = 10, channels: int = 3, size: int = 32, patch: int = 0, layers: int = 6, width: int = 128, heads: int = 4,
        dropout: float = 0.0,
    ):  # fmt: skip
        super().__init__()
        patch = patch or next((p for p in (16, 8, 7, 4, 2) if size % p == 0 and size // p >= 4), 1)
        if size % patch:
            raise ValueError(f"size {size} is not a multiple of patch {patch}")
        self.patch = patch
        self.stem = f"patches of {patch}x{patch} pixels"
        self.embedding = nn.Conv2d(channels, width, patch, stride=patch)
        # The class token has no patch: the vector of position 0 is all that it is made of.
        self.positions = nn.Embedding((size // patch) ** 2 + 1, width)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.stack = Stack(layers, width, heads, dropout)
        self.fc = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.features(images)[:, 0])

    def features(self, images: Tensor, keep: list[Tensor] | None = None) -> Tensor:
        """(B, 1 + patches, width): the class token, then the patches row by row; `keep` collects the attention of each layer."""
        patches = self.embedding(images).flatten(2).transpose(1, 2)  # (B, patches, width)
        x = F.pad(patches, (0, 0, 1, 0)) + self.positions.weight
        return self.stack(x, keep=keep)[0]

    def attention(self, images: Tensor) -> list[Tensor]:
        """What each position attends to, of each layer: (B, heads, 1 + patches, 1 + patches), a row for each position."""
        keep: list[Tensor] = []
        self.features(images, keep)
        return keep


def attention_rollout(layers: Sequence[Tensor]) -> Tensor:
    """How much of each patch reaches the class token through all layers (B, patches) (Abnar & Zuidema 2020, section 3).

    Half of a position comes by the residual way, half from where the mean of the heads looks; `layers` as `ViT.attention` gives them.
    """
    through: Tensor | None = None
    for weights in layers:
        own = torch.eye(weights.shape[-1], device=weights.device)
        mixed = 0.5 * weights.mean(1) + 0.5 * own  # (B, T, T)
        through = mixed if through is None else mixed @ through
    assert through is not None
    return through[:, 0, 1:]
