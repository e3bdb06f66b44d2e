"""The transformer (Vaswani et al. 2017): encoder, decoder and both together, with normalisation after each part ("post", as
published) or before it ("pre", Xiong et al. 2020), and sinusoidal or learned positions. Read first: `Block`.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout
from models.sequence.attention import KeyValue, MultiHeadAttention

Norm = Literal["pre", "post"]
PositionKind = Literal["sinusoidal", "learned"]


def sinusoidal_positions(length: int, width: int) -> Tensor:
    """(length, width): PE(p, 2i) = sin(p / 10000^(2i / width)), PE(p, 2i + 1) = cos of the same (section 3.5)."""
    position = torch.arange(length, dtype=torch.float64)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * (-math.log(10000.0) / width))
    table = torch.zeros(length, width, dtype=torch.float64)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate[: width // 2])
    return table.float()


class PositionalEncoding(nn.Module):
    """Adds the position's vector to each token's: x (B, T, width) at positions start, start + 1, ..."""

    table: Tensor

    def __init__(self, kind: PositionKind, length: int, width: int):
        super().__init__()
        if kind == "learned":
            self.table = nn.Parameter(torch.randn(length, width) * 0.02)
        else:
            self.register_buffer("table", sinusoidal_positions(length, width), persistent=False)

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        if start + x.shape[1] > len(self.table):
            raise ValueError(f"{start + x.shape[1]} positions, but the network knows {len(self.table)}")
        return x + self.table[start : start + x.shape[1]].to(x.dtype)


class FeedForward(nn.Module):
    """Two dense layers at each position, four times as wide between them."""

    def __init__(self, width: int, dropout: float = 0.0, bias: bool = True, activation: Literal["relu", "gelu"] = "gelu", hidden: int = 0):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden or 4 * width, bias)
        self.fc2 = nn.Linear(hidden or 4 * width, width, bias)
        self.activation = activation
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        h = self.fc1(x)
        return self.dropout(self.fc2(F.gelu(h) if self.activation == "gelu" else F.relu(h)))


class Block(nn.Module):
    """Self-attention, cross-attention where there is a `memory`, and a feed-forward net, each with a residual path."""

    def __init__(self, width: int, heads: int, dropout: float = 0.0, bias: bool = True, norm: Norm = "pre", cross: bool = False):
        super().__init__()
        self.norm: Norm = norm
        self.attention_norm = nn.LayerNorm(width, bias=bias)
        self.attention = MultiHeadAttention(width, heads, dropout, bias)
        self.cross_norm = nn.LayerNorm(width, bias=bias) if cross else None
        self.cross = MultiHeadAttention(width, heads, dropout, bias) if cross else None
        self.mlp_norm = nn.LayerNorm(width, bias=bias)
        self.mlp = FeedForward(width, dropout, bias)
        self.dropout = Dropout(dropout)

    def forward(
        self, x: Tensor, *, mask: Tensor | None = None, causal: bool = False, memory: Tensor | None = None,
        memory_mask: Tensor | None = None, cache: KeyValue | None = None, keep: list[Tensor] | None = None,
        keep_cross: list[Tensor] | None = None, gains: Tensor | None = None,
    ) -> tuple[Tensor, KeyValue]:  # fmt: skip
        """x (B, T, width) -> the same shape, and this block's keys and values; masks and `gains` as in `MultiHeadAttention`."""
        pre = self.norm == "pre"
        out, new = self.attention(self.attention_norm(x) if pre else x, None, mask, causal, cache, keep, gains)
        x = x + self.dropout(out)
        x = x if pre else self.attention_norm(x)
        if self.cross is not None and self.cross_norm is not None:
            out, _ = self.cross(self.cross_norm(x) if pre else x, memory, memory_mask, keep=keep_cross)
            x = x + self.dropout(out)
            x = x if pre else self.cross_norm(x)
        x = x + self.mlp(self.mlp_norm(x) if pre else x)
        return (x if pre else self.mlp_norm(x)), new


class Stack(nn.Module):
    """Blocks one after another, with a last normalisation where they normalise first."""

    def __init__(
        self, layers: int, width: int, heads: int, dropout: float = 0.0, bias: bool = True, norm: Norm = "pre", cross: bool = False
    ):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads, dropout, bias, norm, cross) for _ in range(layers))
        self.last_norm = nn.LayerNorm(width, bias=bias) if norm == "pre" else nn.Identity()

    def forward(
        self, x: Tensor, *, mask: Tensor | None = None, causal: bool = False, memory: Tensor | None = None,
        memory_mask: Tensor | None = None, caches: list[KeyValue] | None = None, keep: list[Tensor] | None = None,
        keep_cross: list[Tensor] | None = None,
    ) -> tuple[Tensor, list[KeyValue]]:  # fmt: skip
        new = []
        for i, block in enumerate(self.blocks):
            x, entry = block(
                x, mask=mask, causal=causal, memory=memory, memory_mask=memory_mask,
                cache=None if caches is None else caches[i], keep=keep, keep_cross=keep_cross,
            )  # fmt: skip
            new.append(entry)
        return self.last_norm(x), new


class Side(nn.Module):
    """What encoder and decoder have in common: tokens scaled by sqrt(width) (section 3.4), their positions, and the blocks."""

    def __init__(
        self, tokens: int, layers: int, width: int, heads: int, length: int, dropout: float = 0.0, norm: Norm = "pre",
        positions: PositionKind = "sinusoidal", cross: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.embedding = nn.Embedding(tokens, width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.positions = PositionalEncoding(positions, length, width)
        self.dropout = Dropout(dropout)
        self.stack = Stack(layers, width, heads, dropout, norm=norm, cross=cross)
        self.scale = math.sqrt(width)

    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        """Tokens (B, T) at positions start, start + 1, ... -> (B, T, width)."""
        return self.dropout(self.positions(self.embedding(tokens) * self.scale, start))


class Encoder(Side):
    """Tokens (B, S) -> memory (B, S, width); every position attends to every other. `mask` (B, S) is False on padding."""

    def forward(self, tokens: Tensor, mask: Tensor, keep: list[Tensor] | None = None) -> Tensor:
        return self.stack(self.embed(tokens), mask=mask[:, None, None], keep=keep)[0]


class Decoder(Side):
    """Tokens (B, T) and the encoder's memory (B, S, width) -> logits (B, T, V); causal."""

    def forward(
        self, tokens: Tensor, memory: Tensor, memory_mask: Tensor, caches: list[KeyValue] | None = None, start: int = 0,
        keep: list[Tensor] | None = None, keep_cross: list[Tensor] | None = None,
    ) -> tuple[Tensor, list[KeyValue]]:  # fmt: skip
        """With `caches` of the `start` tokens before, only the new tokens are computed."""
        x, new = self.stack(
            self.embed(tokens, start), causal=True, memory=memory, memory_mask=memory_mask[:, None, None], caches=caches, keep=keep,
            keep_cross=keep_cross,
        )  # fmt: skip
        return F.linear(x, self.embedding.weight), new  # The output layer is the embedding (Press & Wolf 2017).


class EncoderDecoder(nn.Module):
    """The whole transformer: source (B, S) and target (B, T) tokens -> logits (B, T, V). Token 0 is padding."""

    def __init__(
        self, source_tokens: int, target_tokens: int, layers: int = 2, width: int = 128, heads: int = 4, length: int = 256,
        dropout: float = 0.0, norm: Norm = "pre", positions: PositionKind = "sinusoidal",
    ):  # fmt: skip
        super().__init__()
        self.encoder = Encoder(source_tokens, layers, width, heads, length, dropout, norm, positions)
        self.decoder = Decoder(target_tokens, layers, width, heads, length, dropout, norm, positions, cross=True)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        mask = source != 0
        return self.decoder(target, self.encoder(source, mask), mask)[0]
