"""Networks that answer every step of a sequence of vectors, without a memory apart: an LSTM and a causal transformer, to be compared with `NTM`."""

from torch import Tensor, nn

from models.sequence.recurrent import Recurrent
from models.sequence.transformer import PositionalEncoding, Stack

LONGEST = 4096
"""Steps that the transformer has positions for."""


class LSTMTransducer(nn.Module):
    """x (B, T, inputs) -> logits (B, T, outputs): what it remembers is in its state."""

    def __init__(self, inputs: int, outputs: int, hidden: int = 128, layers: int = 2, dropout: float = 0.0):
        super().__init__()
        self.core = Recurrent("lstm", inputs, hidden, layers, dropout=dropout)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor, keep: list[Tensor] | None = None) -> Tensor:
        """`keep` collects the hidden state (B, T, hidden) of the last layer."""
        out, _ = self.core(x)
        if keep is not None:
            keep.append(out)
        return self.output(out)


class TransformerTransducer(nn.Module):
    """x (B, T, inputs) -> logits (B, T, outputs): each step attends to itself and those before it, at sinusoidal positions."""

    def __init__(self, inputs: int, outputs: int, width: int = 64, layers: int = 2, heads: int = 4, dropout: float = 0.0):
        super().__init__()
        self.sees = nn.Linear(inputs, width)
        self.positions = PositionalEncoding("sinusoidal", LONGEST, width)
        self.stack = Stack(layers, width, heads, dropout)
        self.output = nn.Linear(width, outputs)

    def forward(self, x: Tensor, keep: list[Tensor] | None = None) -> Tensor:
        """`keep` collects the attention (B, heads, T, T) of each layer."""
        out, _ = self.stack(self.positions(self.sees(x)), causal=True, keep=keep)
        return self.output(out)
