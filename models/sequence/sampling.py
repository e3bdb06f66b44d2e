"""Sampling the next token from its logits: temperature, top-k (Fan et al. 2018) and top-p, or nucleus (Holtzman et al. 2020)."""

import torch
from torch import Tensor


def probabilities(logits: Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """(V,) for logits (V,). Temperature 0 puts everything on the most likely token; `top_k` 0 and `top_p` 1 keep all.

    top_p keeps the smallest set of the most likely tokens whose probability reaches it.
    """
    if temperature <= 0:
        return torch.zeros_like(logits).index_fill_(0, logits.argmax(), 1.0)
    logits = logits / temperature
    if 0 < top_k < len(logits):
        logits = logits.masked_fill(logits < logits.topk(top_k).values[-1], float("-inf"))
    p = logits.softmax(-1)
    if top_p < 1:
        ordered, index = p.sort(descending=True)
        out = ordered.cumsum(0) - ordered >= max(top_p, 0.0)  # What comes before a token reaches top_p already.
        out[0] = False
        p = p.index_fill(0, index[out], 0.0)
    return p / p.sum()


def choose(
    logits: Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """One token (1,) int64, drawn from `probabilities` on the CPU, where `generator` lives."""
    p = probabilities(logits, temperature, top_k, top_p).cpu()
    return torch.multinomial(p, 1, generator=generator).to(logits.device)
