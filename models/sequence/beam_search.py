"""Beam search with length normalisation (Wu et al. 2016, eq. 14), and greedy decoding, its width 1.

Read first: `beam_search`. The tree of all candidates is returned with the result, for display.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.sequence.seq2seq import EOS, SOS, Decoding


@dataclass
class Node:
    """One token that was considered: its parent's number, its token, log p of the path to it, and whether it was kept."""

    parent: int
    token: int
    log_p: float
    kept: bool = False
    depth: int = 0


@dataclass(frozen=True)
class Hypothesis:
    """A finished translation: its tokens without <SOS> and <EOS>, log p, the normalised score, the alignment (T, S)."""

    tokens: list[int]
    log_p: float
    score: float
    alignment: Tensor
    node: int


def length_penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6)^alpha: a score is divided by it, so that alpha 0 favours short outputs and 1 means per token."""
    return ((5 + length) / 6) ** alpha


@torch.no_grad()
def beam_search(
    decoding: Decoding, width: int, max_length: int, alpha: float = 0.6, siblings: int = 0
) -> tuple[list[Hypothesis], list[Node]]:
    """The best `width` translations of the one sentence that `decoding` holds, best first, and the tree (node 0 is <SOS>).

    At each step every open path is extended by its most likely tokens and the `width` best paths stay. `siblings` more
    candidates of each step are noted in the tree without being followed.
    """
    nodes = [Node(-1, SOS, 0.0, kept=True)]
    open_nodes = [0]
    device = decoding.mask.device
    tokens = torch.tensor([SOS], device=device)
    alignments: list[list[Tensor]] = [[]]
    finished: list[Hypothesis] = []
    for step in range(max_length):
        logits, weights = decoding.advance(tokens)
        log_p = logits.float().log_softmax(-1).cpu()  # (K, V)
        weights = weights.float().cpu()
        so_far = torch.tensor([nodes[n].log_p for n in open_nodes])
        total = (log_p + so_far[:, None]).flatten()
        size = log_p.shape[1]
        best = total.topk(min(width + siblings, total.numel()))
        rows, kept_nodes, kept_alignments, kept_tokens = [], [], [], []
        for rank, (value, flat) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True)):
            row, token = divmod(flat, size)
            kept = rank < width
            nodes.append(Node(open_nodes[row], token, value, kept, step + 1))
            if not kept:
                continue
            path = [*alignments[row], weights[row]]
            if token == EOS:
                finished.append(close(nodes, len(nodes) - 1, path, alpha))
            else:
                rows.append(row)
                kept_nodes.append(len(nodes) - 1)
                kept_alignments.append(path)
                kept_tokens.append(token)
        if not rows or len(finished) >= width:
            open_nodes = []
            break
        decoding.reorder(torch.tensor(rows, device=device))
        open_nodes, alignments, tokens = kept_nodes, kept_alignments, torch.tensor(kept_tokens, device=device)
    finished += [close(nodes, n, path, alpha) for n, path in zip(open_nodes, alignments, strict=False)]
    return sorted(finished, key=lambda h: -h.score)[:width], nodes


def close(nodes: list[Node], last: int, path: list[Tensor], alpha: float) -> Hypothesis:
    tokens: list[int] = []
    node = last
    while node > 0:
        tokens.append(nodes[node].token)
        node = nodes[node].parent
    tokens.reverse()
    log_p = nodes[last].log_p
    score = log_p / length_penalty(len(tokens), alpha)
    ended = tokens[-1] == EOS if tokens else False
    return Hypothesis(tokens[:-1] if ended else tokens, log_p, score, torch.stack(path), last)


@torch.no_grad()
def greedy(decoding: Decoding, batch: int, max_length: int, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """The most likely token at every step for `batch` sentences at once: (B, T) int64 with 0 after <EOS>, alignments (B, T, S)."""
    token = torch.full((batch,), SOS, device=device)
    over = torch.zeros(batch, dtype=torch.bool, device=device)
    tokens, alignments = [], []
    for _ in range(max_length):
        logits, weights = decoding.advance(token)
        token = logits.argmax(-1).masked_fill(over, 0)
        tokens.append(token)
        alignments.append(weights)
        over = over | (token == EOS)
        if bool(over.all()):
            break
    return torch.stack(tokens, 1), torch.stack(alignments, 1)
