"""The neural probabilistic language model (Bengio et al. 2003): the vectors of the last words side by side, a tanh layer, a softmax."""

import torch
from torch import Tensor, nn

from models.dropout import Dropout
from models.sequence.sampling import choose


class NeuralLM(nn.Module):
    """tokens (B, T) int64 -> logits (B, T, V) of what comes after each, by the last `context` ones.

    y = b + W x + U tanh(d + H x) with x the vectors of the last words (section 2); without `direct` there is no W. Before the first token it is
    as if token 0 stood.
    """

    def __init__(self, words: int, context: int, width: int, hidden: int, direct: bool = False, dropout: float = 0.0):
        super().__init__()
        self.context = context
        self.embedding = nn.Embedding(words, width)
        self.hidden = nn.Linear(context * width, hidden)
        self.out = nn.Linear(hidden, words)
        self.direct = nn.Linear(context * width, words, bias=False) if direct else None
        self.dropout = Dropout(dropout)
        nn.init.normal_(self.embedding.weight, std=0.1)

    def forward(self, tokens: Tensor, state: None = None) -> tuple[Tensor, None]:
        x = self.embedding(nn.functional.pad(tokens, (self.context - 1, 0)))  # (B, T + n - 1, m)
        x = x.unfold(1, self.context, 1).transpose(2, 3).flatten(2)  # (B, T, n m)
        logits = self.out(self.dropout(torch.tanh(self.hidden(x))))
        return (logits if self.direct is None else logits + self.direct(x)), None


def generate(
    net: NeuralLM, prompt: Tensor, length: int, *, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:  # fmt: skip
    """`prompt` (T,) int64 followed by `length` new tokens."""
    tokens = prompt
    for _ in range(length):
        logits, _ = net(tokens[None, -net.context :])
        tokens = torch.cat([tokens, choose(logits[0, -1].float(), temperature, top_k, top_p, generator)])
    return tokens


def multiplications(words: int, context: int, width: int, hidden: int) -> dict[str, int]:
    """Of one prediction, by part: m vectors of n words are looked up, n m h in the tanh layer, h V in the softmax."""
    return {"vectors (n m)": context * width, "tanh layer (n m h)": context * width * hidden, "softmax (h V)": hidden * words}
