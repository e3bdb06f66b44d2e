"""GPT: a stack of causal transformer blocks that gives each next token's logits (Radford et al. 2019).

No biases; the output layer is the token embedding. Read first: `GPT.forward`, then `generate`.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout
from models.sequence.attention import KeyValue
from models.sequence.sampling import choose
from models.sequence.transformer import Norm, PositionalEncoding, PositionKind, Stack


class GPT(nn.Module):
    """tokens (B, T) int64, T <= context -> logits (B, T, V).

    `vocabulary` (V,) int32 holds the tokens' code points: the weights carry what is needed to decode them.
    """

    vocabulary: Tensor

    def __init__(
        self, vocabulary: Tensor | int, context: int = 64, layers: int = 4, heads: int = 4, width: int = 128, dropout: float = 0.0,
        bias: bool = False, norm: Norm = "pre", positions: PositionKind = "learned",
    ):  # fmt: skip
        super().__init__()
        vocabulary = torch.arange(vocabulary, dtype=torch.int32) if isinstance(vocabulary, int) else vocabulary
        self.context = context
        self.register_buffer("vocabulary", vocabulary)
        self.embedding = nn.Embedding(len(vocabulary), width)
        self.positions = PositionalEncoding(positions, context, width)
        self.dropout = Dropout(dropout)
        self.stack = Stack(layers, width, heads, dropout, bias, norm)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                # Layers that write into the residual path start smaller, as there are 2 * layers of them.
                last = name.endswith(("out_proj.weight", "fc2.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * layers) if last else 0.02)
            elif "bias" in name:
                nn.init.zeros_(parameter)

    def forward(
        self, tokens: Tensor, caches: list[KeyValue] | None = None, start: int = 0, keep: list[Tensor] | None = None
    ) -> tuple[Tensor, list[KeyValue]]:
        """Logits and every block's keys and values. With `caches` of the `start` tokens before, `tokens` are only the new ones.

        `keep` collects each layer's attention (B, heads, T, S).
        """
        x = self.dropout(self.positions(self.embedding(tokens), start))  # (B, T, width)
        x, new = self.stack(x, causal=True, caches=caches, keep=keep)
        return F.linear(x, self.embedding.weight), new


@torch.no_grad()
def generate(
    net: GPT, prompt: Tensor, length: int, *, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0,
    generator: torch.Generator | None = None, cache: bool = True,
) -> Tensor:  # fmt: skip
    """`prompt` (T,) int64 followed by `length` new tokens.

    With `cache`, the keys and values of earlier positions are kept and each step computes one token. Where the context is
    full, its older half is dropped, with and without the cache: positions restart at 0, so that the two agree.
    """
    window = net.context
    tokens = prompt.clone()
    seen = prompt[-window:]  # The network's context.
    caches: list[KeyValue] | None = None
    fresh = seen  # Tokens not computed yet.
    for _ in range(length):
        if len(seen) > window:
            seen = seen[-(window // 2 + 1) :]
            caches, fresh = None, seen
        if not cache:
            caches, fresh = None, seen
        logits, caches = net(fresh[None], caches, start=len(seen) - len(fresh))
        token = choose(logits[0, -1].float(), temperature, top_k, top_p, generator)
        tokens, seen = torch.cat([tokens, token]), torch.cat([seen, token])
        fresh = token
    return tokens
