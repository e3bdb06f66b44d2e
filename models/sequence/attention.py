"""Attention: scaled dot-product in several heads (Vaswani et al. 2017), Luong's (2015, two of them) and Bahdanau's (2015) for seq2seq.

Read first: `models.kernels.attention`. The fused kernel trains; the written-out form shows the weights.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout
from models.kernels.attention import attention, attention_weights, causal_mask

KeyValue = tuple[Tensor, Tensor]
"""Keys and values (B, heads, S, d) of the positions seen so far."""


class MultiHeadAttention(nn.Module):
    """`heads` attentions side by side on slices of the width, joined by a linear layer.

    Queries come from x (B, T, width), keys and values from `memory` (B, S, width) or x itself.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0, bias: bool = True):
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} is not a multiple of heads {heads}")
        self.heads = heads
        self.in_proj = nn.Linear(width, 3 * width, bias)
        self.out_proj = nn.Linear(width, width, bias)
        self.dropout = Dropout(dropout)

    def forward(
        self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None, causal: bool = False,
        cache: KeyValue | None = None, keep: list[Tensor] | None = None, gains: Tensor | None = None,
    ) -> tuple[Tensor, KeyValue]:  # fmt: skip
        """(B, T, width), and the keys and values, with those of `cache` before them.

        `gains` (heads,) multiply what each head says: 0 switches it off. `mask` (broadcastable to (B, heads, T, S), bool) is True where attention is allowed; `causal` masks later positions.
        `keep` collects the weights (B, heads, T, S), which only the unfused form computes.
        """
        q, k, v = self.project(x, memory)
        if cache is not None:
            k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        t, s = q.shape[2], k.shape[2]
        if causal and (mask is not None or (t != s and t > 1) or keep is not None):
            ahead = causal_mask(t, s, x.device)
            mask = ahead if mask is None else mask & ahead
            causal = False
        causal = causal and bool(t > 1)  # A single newest position attends to everything.
        if keep is not None or (self.training and self.dropout.p):
            if causal:
                mask = causal_mask(t, s, x.device)
            weights = attention_weights(q, k, mask)
            if keep is not None:
                keep.append(weights)
            out = self.dropout(weights) @ v
        else:
            out = attention(q, k, v, mask, causal)
        if gains is not None:
            out = out * gains[:, None, None]
        return self.out_proj(out.transpose(1, 2).flatten(2)), (k, v)

    def project(self, x: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """q (B, heads, T, d), k and v (B, heads, S, d)."""
        if memory is None:
            q, k, v = self.in_proj(x).chunk(3, -1)
        else:
            width = x.shape[-1]
            weight, bias = self.in_proj.weight, self.in_proj.bias
            q = F.linear(x, weight[:width], None if bias is None else bias[:width])
            k, v = F.linear(memory, weight[width:], None if bias is None else bias[width:]).chunk(2, -1)
        return tuple(part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))


class LuongAttention(nn.Module):
    """Multiplicative: score(h_t, h_s) = h_t^T W h_s ("general", Luong et al. 2015, eq. 8)."""

    def __init__(self, query: int, memory: int):
        super().__init__()
        self.w = nn.Linear(memory, query, bias=False)

    def keys(self, memory: Tensor) -> Tensor:
        """W h_s (B, S, query): computed once for a source sentence."""
        return self.w(memory)

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        return query @ keys.transpose(1, 2)  # (B, T, S)

    def forward(self, query: Tensor, keys: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The context (B, T, M) and the alignment (B, T, S) for queries (B, T, Q); `mask` (B, S) is False on padding."""
        weights = self.scores(query, keys).masked_fill(~mask[:, None], float("-inf")).softmax(-1)
        return weights @ memory, weights


class DotAttention(LuongAttention):
    """score(h_t, h_s) = h_t^T h_s ("dot", Luong et al. 2015, eq. 8): no weights. Of an encoder that reads both ways, h_s is the sum of its two
    states, so that it has the size of h_t.
    """

    def __init__(self, query: int):
        nn.Module.__init__(self)
        self.query = query

    def keys(self, memory: Tensor) -> Tensor:
        return memory.unflatten(-1, (-1, self.query)).sum(-2)  # (B, S, query)


class BahdanauAttention(LuongAttention):
    """Additive: score(h_t, h_s) = v^T tanh(W1 h_t + W2 h_s) (Bahdanau et al. 2015, A.1.2)."""

    def __init__(self, query: int, memory: int, width: int):
        nn.Module.__init__(self)
        self.w1 = nn.Linear(query, width, bias=False)
        self.w2 = nn.Linear(memory, width, bias=False)
        self.v = nn.Linear(width, 1, bias=False)

    def keys(self, memory: Tensor) -> Tensor:
        """W2 h_s (B, S, width)."""
        return self.w2(memory)

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        return self.v(torch.tanh(self.w1(query)[:, :, None] + keys[:, None])).squeeze(-1)  # (B, T, S)
