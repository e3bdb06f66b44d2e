"""Show, attend and tell (Xu et al. 2015): a convolutional network sees, an LSTM tells, and each word looks somewhere.

Read first: `Captioner`, then `CaptionDecoding.advance`, which is a step of the decoder. Shapes: B pictures, S places, T words.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout
from models.sequence.attention import BahdanauAttention
from models.sequence.cells import State

GLANCE = 8
"""Numbers of each place that the first state is of."""


def halved(side: int) -> int:
    """A side after a 3x3 convolution with stride 2 and padding 1."""
    return (side + 1) // 2


class Captioner(nn.Module):
    """images (B, 3, H, W) in [-1, 1] and words (B, T) that begin with <SOS> -> logits (B, T, words)."""

    def __init__(
        self, words: int, size: tuple[int, int], features: int = 16, width: int = 64, hidden: int = 128, dropout: float = 0.0
    ):  # fmt: skip
        """`size` is H, W; `features` maps at half the size, twice and four times as many at a quarter and an eighth."""
        super().__init__()
        places = 4 * features
        self.grid = halved(halved(halved(size[0]))), halved(halved(halved(size[1])))
        self.see = nn.Sequential(
            nn.Conv2d(3, features, 3, 2, 1), nn.ReLU(), nn.Conv2d(features, 2 * features, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(2 * features, places, 3, 2, 1), nn.ReLU(), nn.Conv2d(places, places, 3, 1, 1), nn.ReLU(),
        )  # fmt: skip
        for layer in self.see:
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        count = self.grid[0] * self.grid[1]
        self.norm = nn.LayerNorm(places)
        self.where = nn.Parameter(torch.randn(count, places) * 0.5)
        self.glance = nn.Linear(places, GLANCE)
        self.embedding = nn.Embedding(words, width, padding_idx=0)
        self.attention = BahdanauAttention(hidden, places, width)
        self.first = nn.Linear(count * GLANCE, 2 * hidden)
        self.gate = nn.Linear(hidden, places)
        self.cell = nn.LSTMCell(width + places, hidden)
        self.tell = nn.Linear(hidden + places + width, words)
        self.dropout = Dropout(dropout)

    def forward(self, images: Tensor, words: Tensor) -> Tensor:
        decoding = self.start(images)
        told = self.dropout(self.embedding(words))  # (B, T, width)
        steps = [decoding.step(told[:, t])[0] for t in range(words.shape[1])]
        return self.tell(self.dropout(torch.stack(steps, 1)))

    def places(self, images: Tensor) -> Tensor:
        """What is at each place of the picture, and which place it is (B, S, D), row by row."""
        return self.norm(self.see(images).flatten(2).transpose(1, 2)) + self.where

    def start(self, images: Tensor) -> "CaptionDecoding":
        """Look at the pictures: the decoder before its first word. Its state is of a little of every place, where the paper has the mean over
        places, in which a ball of some pixels is lost."""
        places = self.places(images)
        h, c = self.first(self.glance(places).relu().flatten(1)).tanh().chunk(2, -1)
        mask = torch.ones(places.shape[:2], dtype=torch.bool, device=places.device)
        return CaptionDecoding(self, places, self.attention.keys(places), mask, (h, c))


@dataclass
class CaptionDecoding:
    """A `Captioner` in the middle of several captions."""

    net: Captioner
    memory: Tensor  # (B, S, D)
    keys: Tensor
    mask: Tensor
    state: State

    def step(self, word: Tensor) -> tuple[Tensor, Tensor]:
        """Take a word's vector (B, width): what the next word follows from (B, hidden + D + width), and where it looked (B, S)."""
        net = self.net
        h, c = self.state
        weights = F.softmax(net.attention.scores(h[:, None], self.keys)[:, 0], -1)
        context = (weights[:, None] @ self.memory)[:, 0] * net.gate(h).sigmoid()  # The gate: how much it matters here (section 4.2.1).
        h, c = net.cell(torch.cat([word, context], -1), (h, c))
        self.state = h, c
        return torch.cat([h, context, word], -1), weights

    def advance(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Take the next token (B,) of each: the logits (B, words) of what follows, and where it looked (B, S)."""
        net = self.net
        out, weights = self.step(net.dropout(net.embedding(tokens)))
        return net.tell(net.dropout(out)), weights

    def reorder(self, index: Tensor) -> None:
        """Continue from these rows (B',)."""
        self.memory, self.keys, self.mask = self.memory[index], self.keys[index], self.mask[index]
        self.state = tuple(part[index] for part in self.state)
