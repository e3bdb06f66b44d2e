"""Scaled dot-product attention (Vaswani et al. 2017): written out, which shows its weights, and fast, which does not."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def attention_weights(q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(q k^T / sqrt(d)): (..., T, S) for q (..., T, d) and k (..., S, d). Where `mask` is False the weight is 0."""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(-1)


def causal_mask(t: int, s: int, device: torch.device | None = None) -> Tensor:
    """(t, s) bool: each of the last t of s positions attends to itself and to those before it."""
    return torch.ones(t, s, dtype=torch.bool, device=device).tril(s - t)


def plain_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    """softmax(q k^T / sqrt(d)) v (B, heads, T, d) for q (B, heads, T, d), k and v (B, heads, S, d); `mask` (..., T, S) bool."""
    return attention_weights(q, k, causal_mask(q.shape[2], k.shape[2], q.device) if causal else mask) @ v


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    """`plain_attention` by PyTorch's fused kernel or, where its backward is slow (short sequences in bf16 on a CPU), by three products."""
    t, s = q.shape[2], k.shape[2]
    if q.device.type != "cpu" or q.dtype != torch.bfloat16 or t * s > 65_536 or mask is not None:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    bias = torch.zeros(t, s, dtype=q.dtype)
    if causal:
        bias = bias.masked_fill(~causal_mask(t, s), float("-inf"))
    rows, keys, values = (part.flatten(0, 1) for part in (q, k, v))  # (B * heads, T, d)
    scores = torch.baddbmm(bias, rows, keys.transpose(1, 2), alpha=q.shape[-1] ** -0.5)
    return (scores.softmax(-1) @ values).unflatten(0, q.shape[:2])
