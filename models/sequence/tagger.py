"""Taggers and classifiers on a bidirectional recurrent network: a label for every token, or one for the whole."""

from typing import Literal

import torch
from torch import Tensor, nn

from models.dropout import Dropout
from models.sequence.cells import CellKind
from models.sequence.crf import CRF
from models.sequence.recurrent import Recurrent


class Tagger(nn.Module):
    """tokens (B, T) int64 -> scores (B, T, tags): embedding, bidirectional layers, a dense layer; optionally a CRF on top.

    BiLSTM-CRF is Huang et al. 2015.
    """

    vocabulary: Tensor

    def __init__(
        self, vocabulary: Tensor, tags: int, kind: CellKind = "lstm", width: int = 64, hidden: int = 128, layers: int = 1,
        dropout: float = 0.0, crf: bool = False, bidirectional: bool = True, unfused: bool = False, learned_state: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.register_buffer("vocabulary", vocabulary)
        self.embedding = nn.Embedding(len(vocabulary), width)
        self.core = Recurrent(
            kind, width, hidden, layers, bidirectional=bidirectional, dropout=dropout, learned_state=learned_state, unfused=unfused
        )
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(self.core.width, tags)
        self.crf = CRF(tags) if crf else None

    def forward(self, tokens: Tensor) -> Tensor:
        x, _ = self.core(self.dropout(self.embedding(tokens)))
        return self.head(self.dropout(x))

    @torch.no_grad()
    def decode(self, tokens: Tensor) -> Tensor:
        """The tags (B, T) int64: Viterbi's with a CRF, else each token's most likely."""
        scores = self(tokens).float()
        return scores.argmax(-1) if self.crf is None else self.crf.viterbi(scores)


class TextClassifier(nn.Module):
    """tokens (B, T) int64 (0 pads) -> scores (B, classes): recurrent layers, then the largest value of each unit over time, or its last.

    `above` is the width of one more layer on top of the others, 0 for none.
    """

    def __init__(
        self, tokens: int, classes: int, kind: CellKind = "lstm", width: int = 64, hidden: int = 128, layers: int = 1,
        dropout: float = 0.0, bidirectional: bool = True, unfused: bool = False, above: int = 0, pooling: Literal["max", "last"] = "max",
        learned_state: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.pooling = pooling
        self.embedding = nn.Embedding(tokens, width, padding_idx=0)
        options = {"bidirectional": bidirectional, "learned_state": learned_state, "unfused": unfused}
        self.core = Recurrent(kind, width, hidden, layers, dropout=dropout, **options)
        self.above = Recurrent(kind, self.core.width, above, **options) if above else None
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(self.core.width if self.above is None else self.above.width, classes)

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """`lengths` (B,) on the CPU are those of the sentences; unless given, a GPU has to be waited for to know them."""
        return self.head(self.dropout(self.summary(tokens, lengths)))

    def summary(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """One vector (B, width) of each text."""
        inside = tokens != 0
        lengths = (inside.sum(1).cpu() if lengths is None else lengths).clamp(min=1)
        x, _ = self.core(self.dropout(self.embedding(tokens)), lengths=lengths)
        if self.above is not None:
            x, _ = self.above(self.dropout(x), lengths=lengths)
        if self.pooling == "max":
            inside[:, 0] = True  # An empty sentence is its first padding, else no maximum is taken there.
            return x.masked_fill(~inside[..., None], float("-inf")).amax(1)
        ends = x.gather(1, (lengths.to(x.device) - 1)[:, None, None].expand(-1, 1, x.shape[2]))[:, 0]
        half = x.shape[2] // 2
        return torch.cat([ends[:, :half], x[:, 0, half:]], 1) if self.core.bidirectional else ends


class Forecaster(nn.Module):
    """Values (B, T, C) float32 -> the next values (B, T, C), each as a change from the one before."""

    def __init__(
        self, channels: int, kind: CellKind = "lstm", hidden: int = 64, layers: int = 1, dropout: float = 0.0, unfused: bool = False,
        learned_state: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.core = Recurrent(kind, channels, hidden, layers, dropout=dropout, learned_state=learned_state, unfused=unfused)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(hidden, channels)

    def forward(self, values: Tensor, state: tuple[Tensor, ...] | None = None) -> tuple[Tensor, tuple[Tensor, ...]]:
        x, state = self.core(values, state)
        return values + self.head(self.dropout(x)), state


@torch.no_grad()
def forecast(net: nn.Module, values: Tensor, steps: int) -> Tensor:
    """The next `steps` values (B, steps, C) after values (B, T, C), each from a forecaster's own last one."""
    out, state = net(values)
    predictions = [out[:, -1:]]
    for _ in range(steps - 1):
        out, state = net(predictions[-1], state)
        predictions.append(out)
    return torch.cat(predictions, 1)
