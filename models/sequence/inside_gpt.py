"""A GPT taken apart: the residual stream layer by layer, heads switched off, activations put in from another text, one head's attention step by step.

Read first: `trace`; then `attention_steps`. The logit lens is nostalgebraist 2020, activation patching Meng et al. 2022.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from models.sequence.gpt import GPT
from models.sequence.transformer import Block

Head = tuple[int, int]
"""(layer, head), both from 0."""


@dataclass(frozen=True)
class Patch:
    """The residual stream after `layer` blocks at `position` becomes `vector` (width,)."""

    layer: int
    position: int
    vector: Tensor


@dataclass(frozen=True)
class Trace:
    """What passed through the network for one text of T tokens."""

    streams: Tensor
    """(layers + 1, T, width): the residual stream after the embeddings and after each block."""
    logits: Tensor
    """(T, V)."""


def trace(net: GPT, tokens: Tensor, off: Collection[Head] = (), patch: Patch | None = None) -> Trace:
    """Read `tokens` (T,) int64 with the heads `off` silent and `patch` put in."""
    x = net.positions(net.embedding(tokens[None]))  # (1, T, width)
    streams = []
    for layer, block in enumerate([None, *blocks_of(net)]):
        if block is not None:
            gains = torch.ones(block.attention.heads, device=x.device, dtype=x.dtype)
            silent = [head for of, head in off if of == layer - 1]
            gains[silent] = 0
            x, _ = block(x, causal=True, gains=gains if silent else None)
        if patch is not None and patch.layer == layer:
            x = x.clone()
            x[0, patch.position] = patch.vector
        streams.append(x[0])
    return Trace(torch.stack(streams), unembed(net, x[0]))


def blocks_of(net: GPT) -> list[Block]:
    return [cast(Block, block) for block in net.stack.blocks]


def heads_of(net: GPT) -> int:
    """How many heads each layer has."""
    return blocks_of(net)[0].attention.heads


def unembed(net: GPT, x: Tensor) -> Tensor:
    """The logits (..., V) that the output layer reads from a residual stream (..., width), of whatever layer: the logit lens."""
    return F.linear(net.stack.last_norm(x), net.embedding.weight)


@dataclass(frozen=True)
class AttentionSteps:
    """softmax(q K^T / sqrt(d)) V of one query, one head: every number on the way."""

    q: Tensor
    """(d,): what the token asks for."""
    k: Tensor
    """(T, d): what each token up to it offers."""
    v: Tensor
    """(T, d): what each says when it is attended to."""
    scores: Tensor
    """(T,): q . k."""
    scaled: Tensor
    """(T,): over sqrt(d)."""
    weights: Tensor
    """(T,): their softmax."""
    weighted: Tensor
    """(T, d): each weight times its v."""
    z: Tensor
    """(d,): their sum, what the head says."""


def attention_steps(net: GPT, tokens: Tensor, layer: int, head: int, query: int) -> AttentionSteps:
    """The steps for the token at place `query` of `tokens` (T,), with `layer` and `head` from 0."""
    block = blocks_of(net)[layer]
    x = trace(net, tokens).streams[layer][None]  # (1, T, width)
    q, k, v = (part[0, head] for part in block.attention.project(block.attention_norm(x) if block.norm == "pre" else x, None))  # (T, d)
    q, k, v = q[query], k[: query + 1], v[: query + 1]
    scores = k @ q
    scaled = scores / q.shape[0] ** 0.5
    weights = scaled.softmax(-1)
    weighted = weights[:, None] * v
    return AttentionSteps(q, k, v, scores, scaled, weights, weighted, weighted.sum(0))


def head_effects(net: GPT, tokens: Tensor) -> Tensor:
    """How much the loss over `tokens` (T,) rises in nats per token when each head (layers, heads) alone is switched off."""

    def loss(off: Collection[Head]) -> Tensor:
        return F.cross_entropy(trace(net, tokens, off).logits[:-1].float(), tokens[1:])

    whole = loss(())
    layers, heads = len(blocks_of(net)), heads_of(net)
    return torch.stack([torch.stack([loss([(i, j)]) - whole for j in range(heads)]) for i in range(layers)])


def patching(net: GPT, clean: Tensor, corrupted: Tensor, answer: int) -> tuple[Tensor, float, float]:
    """log p of `answer` after `corrupted` (T,) with the stream of `clean` (T,) put in at each layer and place (layers + 1, T); and its log p
    after each text as it is."""
    given = trace(net, clean)
    grid = []
    for layer, stream in enumerate(given.streams):
        row = [trace(net, corrupted, patch=Patch(layer, t, stream[t])).logits[-1] for t in range(len(corrupted))]
        grid.append(torch.stack(row).float().log_softmax(-1)[:, answer])
    ends = (given.logits[-1], trace(net, corrupted).logits[-1])
    whole, broken = (float(logits.float().log_softmax(-1)[answer]) for logits in ends)
    return torch.stack(grid), whole, broken
