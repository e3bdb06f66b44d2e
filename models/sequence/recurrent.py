"""Stacked, optionally bidirectional RNN, LSTM and GRU with an optionally learned initial state.

torch.nn's fused layers are the default, where it has the cell; `unfused=True` uses the layers of cells.py, which have the same parameters.
Read first: `Recurrent.forward`; `Recurrent.trace` returns the gates.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from models.dropout import Dropout
from models.sequence.cells import (
    STEPS,
    CellKind,
    Gates,
    State,
    UnrolledLayer,
    Weights,
    begin_as_identity,
    directions,
    layer_weights,
    unroll,
)
from models.sequence.sampling import choose

FUSED: dict[str, Any] = {"rnn": nn.RNN, "relu": partial(nn.RNN, nonlinearity="relu"), "lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(nn.Module):
    """x (B, T, inputs) -> outputs (B, T, directions * hidden) and the last state, each (layers * directions, B, hidden).

    Dropout acts between the layers. With `learned_state` the state before the first step is trained, else it is 0.
    """

    def __init__(
        self, kind: CellKind, inputs: int, hidden: int, layers: int = 1, *, bidirectional: bool = False, dropout: float = 0.0,
        learned_state: bool = False, unfused: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.kind: CellKind = kind
        self.hidden, self.bidirectional = hidden, bidirectional
        self.width = hidden * (2 if bidirectional else 1)
        sizes = [inputs] + [self.width] * (layers - 1)
        self.layers = nn.ModuleList(
            UnrolledLayer(kind, size, hidden, bidirectional) if unfused or kind not in FUSED
            else FUSED[kind](size, hidden, batch_first=True, bidirectional=bidirectional)
            for size in sizes
        )  # fmt: skip
        if kind == "relu":
            for layer in self.layers:
                begin_as_identity(layer, directions(bidirectional))
        self.dropout = Dropout(dropout)
        parts = 2 if kind == "lstm" else 1
        shape = (parts, layers * (2 if bidirectional else 1), 1, hidden)
        self.initial = nn.Parameter(torch.zeros(shape)) if learned_state else None
        self.state_shape = shape

    def first_state(self, batch: int) -> State:
        """The state before the first step, each (layers * directions, B, hidden)."""
        if self.initial is not None:
            return tuple(part.expand(-1, batch, -1).contiguous() for part in self.initial)
        parts, rows, _, hidden = self.state_shape
        example = next(self.parameters())
        return tuple(torch.zeros(rows, batch, hidden, dtype=example.dtype, device=example.device) for _ in range(parts))

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        """`lengths` (B,) int64 on the CPU: outputs past a sequence's end are 0, and its last state is that at its end."""
        state = self.first_state(x.shape[0]) if state is None else state
        rows = 2 if self.bidirectional else 1
        last = []
        for i, layer in enumerate(self.layers):
            if i:
                x = self.dropout(x)
            before = tuple(part[i * rows : (i + 1) * rows] for part in state)
            x, after = run_layer(layer, x, before, lengths)
            last.append(after)
        return x, tuple(torch.cat(parts) for parts in zip(*last, strict=True))

    def trace(self, x: Tensor, state: State | None = None) -> list[list[Gates]]:
        """The gates (each (B, H)) of every layer and step of the forward direction, by the equations."""
        state = self.first_state(x.shape[0]) if state is None else state
        rows = 2 if self.bidirectional else 1
        gates = []
        for i, layer in enumerate(self.layers):
            before = tuple(part[i * rows] for part in state)
            gates.append(unroll(self.kind, x, before, layer_weights(layer))[2])
            x, _ = run_layer(layer, x, tuple(part[i * rows : (i + 1) * rows] for part in state), None)
        return gates


def run_layer(layer: nn.Module, x: Tensor, state: State, lengths: Tensor | None) -> tuple[Tensor, State]:
    """One layer, fused or unfused, over sequences of one length or of their own `lengths`."""
    if isinstance(layer, UnrolledLayer):
        return layer(x, state, lengths)
    state = tuple(part.contiguous() for part in state)
    given = state if len(state) == 2 else state[0]
    if lengths is None:
        x, after = layer(x, given)
    else:
        packed, after = layer(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False), given)
        x, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
    return x, after if isinstance(after, tuple) else (after,)


def gradient_norms(layer: nn.Module, kind: str, x: Tensor, readout: Tensor) -> Tensor:
    """|dL_T / d state_k| for every step k of x (1, T, I): how much of the last step's error reaches each earlier step.

    (T,) float64, as they soon fall below what float32 can hold; the newest step first. L_T = `readout` (H,) . h_T; for an LSTM the state is (h, c). By the equations,
    with each step's state cut out as a variable of its own.
    """
    weights: Weights = tuple(weight.detach().double() for weight in layer_weights(layer))  # type: ignore[assignment]
    hidden, parts = readout.shape[0], 2 if kind == "lstm" else 1
    with torch.enable_grad():
        # Zeros that are added to each state: the gradient at them is the state's, its parts held apart from each other.
        probes = [
            tuple(torch.zeros(1, hidden, dtype=torch.float64, device=x.device, requires_grad=True) for _ in range(parts))
            for _ in range(x.shape[1])
        ]
        state: State = tuple(torch.zeros(1, hidden, dtype=torch.float64, device=x.device) for _ in range(parts))
        for t, probe in enumerate(probes):
            new, _ = STEPS[kind](x[:, t].detach().double(), state, weights)
            state = tuple(part + extra for part, extra in zip(new, probe, strict=True))
        grads = torch.autograd.grad(
            (state[0] * readout.to(x.device).double()).sum(), [part for probe in probes for part in probe], materialize_grads=True
        )
    squares = torch.stack([g.square().sum() for g in grads]).view(-1, parts)  # (T, parts)
    return squares.sum(1).sqrt().flip(0)


class RecurrentLM(nn.Module):
    """A character-level language model: embedding, recurrent layers, a dense layer to the next token's logits.

    `vocabulary` (V,) int32 holds the tokens' code points: the weights carry what is needed to decode them.
    """

    vocabulary: Tensor

    def __init__(
        self, vocabulary: Tensor, kind: CellKind, width: int, hidden: int, layers: int, dropout: float = 0.0,
        learned_state: bool = True, unfused: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.register_buffer("vocabulary", vocabulary)
        self.embedding = nn.Embedding(len(vocabulary), width)
        self.core = Recurrent(kind, width, hidden, layers, dropout=dropout, learned_state=learned_state, unfused=unfused)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(hidden, len(vocabulary))

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """tokens (B, T) int64 -> logits (B, T, V) and the state after the last one."""
        x, state = self.core(self.dropout(self.embedding(tokens)), state)
        return self.head(self.dropout(x)), state


def generate(
    net: RecurrentLM, prompt: Tensor, length: int, *, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:  # fmt: skip
    """`prompt` (T,) int64 followed by `length` new tokens."""
    tokens = [prompt]
    logits, state = net(prompt[None])
    for _ in range(length):
        token = choose(logits[0, -1].float(), temperature, top_k, top_p, generator)
        tokens.append(token)
        logits, state = net(token[None], state)
    return torch.cat(tokens)
