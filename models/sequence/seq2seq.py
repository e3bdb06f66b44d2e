"""Encoder-decoder translation (Sutskever et al. 2014; Cho et al. 2014) with no, Luong's (2015) or Bahdanau's (2015) attention.

Tokens 0 to 3 are <PAD>, <SOS>, <EOS>, <UNK>. Read first: `Seq2Seq.forward`, then `Decoding`, which is what beam search steps.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from models.dropout import Dropout
from models.sequence.attention import BahdanauAttention, DotAttention, KeyValue, LuongAttention
from models.sequence.cells import CellKind, State
from models.sequence.recurrent import Recurrent
from models.sequence.transformer import EncoderDecoder, Norm, PositionKind

PAD, SOS, EOS, UNK = 0, 1, 2, 3
SPECIALS = ("<PAD>", "<SOS>", "<EOS>", "<UNK>")
AttentionKind = Literal["none", "dot", "luong", "bahdanau"]


class Decoding(Protocol):
    """A decoder in the middle of several sentences."""

    mask: Tensor
    """(B, S) bool, False on the padding of the source."""

    def advance(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Take the next token (B,) of each: the logits (B, V) of what follows, and the alignment (B, S) with the source."""
        ...

    def reorder(self, index: Tensor) -> None:
        """Continue from these rows (B',): the paths that beam search keeps."""
        ...


class Seq2Seq(nn.Module):
    """source (B, S) and target (B, T) -> logits (B, T, V).

    The encoder's last states (of both directions), through a dense layer, initialise the decoder's. Luong's attention, general or by the dot product
    alone, attends from the decoder's output, h~ = tanh(W [c; h]); Bahdanau's from its state before the step, and the context enters the step.
    """

    def __init__(
        self, source_tokens: int, target_tokens: int, kind: CellKind = "gru", attention: AttentionKind = "bahdanau",
        width: int = 128, hidden: int = 128, layers: int = 1, dropout: float = 0.0, unfused: bool = False,
        bidirectional: bool = True, learned_state: bool = False,
    ):  # fmt: skip
        """`learned_state` is the encoder's; the decoder's first state comes from the source."""
        super().__init__()
        self.kind: CellKind = kind
        self.attention_kind: AttentionKind = attention
        self.source_embedding = nn.Embedding(source_tokens, width, padding_idx=PAD)
        self.target_embedding = nn.Embedding(target_tokens, width, padding_idx=PAD)
        self.encoder = Recurrent(
            kind, width, hidden, layers, bidirectional=bidirectional, dropout=dropout, learned_state=learned_state, unfused=unfused
        )
        memory = self.encoder.width
        self.bridge = nn.Linear(memory, hidden)
        inputs = width + (memory if attention == "bahdanau" else 0)
        self.decoder = Recurrent(kind, inputs, hidden, layers, dropout=dropout, unfused=unfused)
        self.attention: LuongAttention | None = None
        if attention == "luong":
            self.attention = LuongAttention(hidden, memory)
            self.join = nn.Linear(memory + hidden, hidden)
        elif attention == "dot":
            self.attention = DotAttention(hidden)
            self.join = nn.Linear(memory + hidden, hidden)
        elif attention == "bahdanau":
            self.attention = BahdanauAttention(hidden, memory, hidden)
            self.join = nn.Linear(memory + hidden + width, hidden)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(hidden, target_tokens)

    def forward(self, source: Tensor, target: Tensor, forced: Tensor | None = None, lengths: Tensor | None = None) -> Tensor:
        """`target` begins with <SOS>. `forced` (T,) bool on the CPU says at which steps the true token is fed in (teacher
        forcing); at the others it is the network's own most likely one. All are forced unless given. `lengths` as in `start`."""
        decoding = self.start(source, lengths)
        if forced is None or bool(forced.all()):
            return decoding.run(target)
        logits, token = [], target[:, 0]
        for t in range(target.shape[1]):
            if t and forced[t]:
                token = target[:, t]
            out, _ = decoding.advance(token)
            logits.append(out)
            token = out.argmax(-1)
        return torch.stack(logits, 1)

    def start(self, source: Tensor, lengths: Tensor | None = None) -> "RecurrentDecoding":
        """Encode `source` (B, S): the decoder before its first token. `lengths` (B,) on the CPU are those of the sources; unless given,
        a GPU has to be waited for to know them."""
        mask = source != PAD
        lengths = (mask.sum(1).cpu() if lengths is None else lengths).clamp(min=1)
        memory, last = self.encoder(self.dropout(self.source_embedding(source)), lengths=lengths)
        state = []
        for part in last:  # (layers * D, B, H)
            both = torch.cat([part[0::2], part[1::2]], -1) if self.encoder.bidirectional else part  # (layers, B, D H)
            state.append(torch.tanh(self.bridge(both)))
        keys = self.attention.keys(memory) if self.attention is not None else memory[:, :, :0]
        return RecurrentDecoding(self, memory, keys, mask, tuple(state))


@dataclass
class RecurrentDecoding:
    """A `Seq2Seq` decoder in the middle of several sentences."""

    net: Seq2Seq
    memory: Tensor  # (B, S, D H)
    keys: Tensor
    mask: Tensor
    state: State

    def run(self, target: Tensor) -> Tensor:
        """Logits (B, T, V) for given tokens (B, T): without Bahdanau's context the whole in one call of the fused kernel."""
        net = self.net
        if net.attention_kind != "bahdanau":
            x = net.dropout(net.target_embedding(target))
            h, self.state = net.decoder(x, self.state)
            if net.attention is not None:
                context, _ = net.attention(h, self.keys, self.memory, self.mask)
                h = torch.tanh(net.join(torch.cat([context, h], -1)))
            return net.head(net.dropout(h))
        x = net.dropout(net.target_embedding(target))  # (B, T, width)
        joined = [self.bahdanau_step(x[:, t])[0] for t in range(target.shape[1])]
        return net.head(net.dropout(torch.stack(joined, 1)))

    def advance(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        net = self.net
        x = net.dropout(net.target_embedding(tokens))  # (B, width)
        if net.attention_kind == "bahdanau":
            h, weights = self.bahdanau_step(x)
            return net.head(net.dropout(h)), weights
        out, self.state = net.decoder(x[:, None], self.state)
        h = out[:, 0]
        weights = self.mask.to(h.dtype) * 0
        if net.attention is not None:
            context, both = net.attention(out, self.keys, self.memory, self.mask)
            h, weights = torch.tanh(net.join(torch.cat([context[:, 0], h], -1))), both[:, 0]
        return net.head(net.dropout(h)), weights

    def bahdanau_step(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the output layer reads (B, H), and the alignment (B, S), for one embedded token (B, width)."""
        net = self.net
        assert net.attention is not None
        query = self.state[0][-1][:, None]  # (B, 1, H)
        context, weights = net.attention(query, self.keys, self.memory, self.mask)  # (B, 1, D H)
        out, self.state = net.decoder(torch.cat([x[:, None], context], -1), self.state)
        return torch.tanh(net.join(torch.cat([context[:, 0], out[:, 0], x], -1))), weights[:, 0]

    def reorder(self, index: Tensor) -> None:
        self.memory, self.keys, self.mask = self.memory[index], self.keys[index], self.mask[index]
        self.state = tuple(part[:, index] for part in self.state)


class TransformerTranslator(nn.Module):
    """Translation by an encoder-decoder transformer."""

    def __init__(
        self, source_tokens: int, target_tokens: int, layers: int = 2, width: int = 128, heads: int = 4, length: int = 256,
        dropout: float = 0.0, norm: Norm = "pre", positions: PositionKind = "sinusoidal",
    ):  # fmt: skip
        super().__init__()
        self.net = EncoderDecoder(source_tokens, target_tokens, layers, width, heads, length, dropout, norm, positions)

    def forward(self, source: Tensor, target: Tensor, forced: Tensor | None = None) -> Tensor:
        """Every step is forced: the transformer computes all of them at once."""
        return self.net(source, target)

    def start(self, source: Tensor) -> "TransformerDecoding":
        mask = source != PAD
        return TransformerDecoding(self, self.net.encoder(source, mask), mask)


class TransformerDecoding:
    """A transformer decoder in the middle of several sentences, with the keys and values of the tokens before."""

    def __init__(self, net: TransformerTranslator, memory: Tensor, mask: Tensor):
        self.net, self.memory, self.mask = net, memory, mask
        self.caches: list[KeyValue] | None = None
        self.length = 0

    def advance(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """The alignment is the last layer's cross-attention, the mean of its heads."""
        keep: list[Tensor] = []
        logits, self.caches = self.net.net.decoder(tokens[:, None], self.memory, self.mask, self.caches, start=self.length, keep_cross=keep)
        self.length += 1
        return logits[:, -1], keep[-1][:, :, -1].mean(1)

    def reorder(self, index: Tensor) -> None:
        self.memory, self.mask = self.memory[index], self.mask[index]
        if self.caches is not None:
            self.caches = [(k[index], v[index]) for k, v in self.caches]
