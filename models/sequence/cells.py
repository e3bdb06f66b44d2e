"""The recurrent cells in their equations: vanilla RNN (Elman 1990), RNN of ReLUs (Le et al. 2015), LSTM (Hochreiter & Schmidhuber 1997, with forget gate) and GRU
(Cho et al. 2014), with the weight layout of torch.nn, so that weights move between these and its fused kernels.

Read first: `lstm_step`. Training uses the fused kernels by default; these are for reading and for inspecting gates.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

CellKind = Literal["rnn", "relu", "lstm", "gru", "gru-before"]
State = tuple[Tensor, ...]
"""(h,) of an RNN or GRU, (h, c) of an LSTM."""
Gates = dict[str, Tensor]
"""What happened inside one step, by the name of the equations; each (B, H)."""
Weights = tuple[Tensor, Tensor, Tensor, Tensor]
"""weight_ih (G * H, I), weight_hh (G * H, H), bias_ih (G * H,), bias_hh (G * H,), for G gates."""

GATES: dict[str, int] = {"rnn": 1, "relu": 1, "lstm": 4, "gru": 3, "gru-before": 3}
GATE_NAMES: dict[str, tuple[str, ...]] = {
    "rnn": ("hidden h",),
    "relu": ("hidden h",),
    "lstm": ("input i", "forget f", "output o", "candidate g", "cell c", "hidden h"),
    "gru": ("reset r", "update z", "candidate n", "hidden h"),
    "gru-before": ("reset r", "update z", "candidate n", "hidden h"),
}


def rnn_step(x: Tensor, state: State, weights: Weights) -> tuple[State, Gates]:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)."""
    w_ih, w_hh, b_ih, b_hh = weights
    (h,) = state
    h = torch.tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)  # (B, H)
    return (h,), {"hidden h": h}


def relu_step(x: Tensor, state: State, weights: Weights) -> tuple[State, Gates]:
    """h' = max(0, W_ih x + b_ih + W_hh h + b_hh).

    W_hh begins as the identity and the biases as 0: what is in h stays, x is added to it, and the gradient passes from step to step unchanged (the
    constant error carousel), as long as a unit is above 0.
    """
    w_ih, w_hh, b_ih, b_hh = weights
    (h,) = state
    h = torch.relu(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)  # (B, H)
    return (h,), {"hidden h": h}


@torch.no_grad()
def begin_as_identity(layer: nn.Module, suffixes: tuple[str, ...]) -> None:
    """The first weights of a layer of ReLUs."""
    for suffix in suffixes:
        _, w_hh, b_ih, b_hh = layer_weights(layer, suffix)
        nn.init.eye_(w_hh)
        for bias in (b_ih, b_hh):
            nn.init.zeros_(bias)


def lstm_step(x: Tensor, state: State, weights: Weights) -> tuple[State, Gates]:
    """The gates i, f, o and the candidate g from x and h; c' = f * c + i * g; h' = o * tanh(c').

    The cell state c passes from step to step by a multiplication with f alone, so that its gradient need not vanish.
    """
    w_ih, w_hh, b_ih, b_hh = weights
    h, c = state
    i, f, g, o = (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, dim=-1)  # each (B, H)
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * c + i * g
    h = o * torch.tanh(c)
    return (h, c), {"input i": i, "forget f": f, "output o": o, "candidate g": g, "cell c": c, "hidden h": h}


def gru_step(x: Tensor, state: State, weights: Weights) -> tuple[State, Gates]:
    """r and z from x and h; the candidate n = tanh(W_in x + b_in + r * (W_hn h + b_hn)); h' = (1 - z) * n + z * h.

    torch.nn's, and Keras's `reset_after=True`: r acts after the product with W_hn, so that all products with h are one.
    """
    w_ih, w_hh, b_ih, b_hh = weights
    (h,) = state
    x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ w_hh.T + b_hh).chunk(3, dim=-1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    h = (1 - z) * n + z * h
    return (h,), {"reset r": r, "update z": z, "candidate n": n, "hidden h": h}


def gru_before_step(x: Tensor, state: State, weights: Weights) -> tuple[State, Gates]:
    """As `gru_step`, but n = tanh(W_in x + b_in + W_hn (r * h) + b_hn): r acts before the product.

    Cho et al. 2014, eq. 8, and Keras's `reset_after=False`. (Chung et al. 2014 and many texts write h' = (1 - z) * h + z * n: their z is 1 - z here.)
    """
    w_ih, w_hh, b_ih, b_hh = weights
    (h,) = state
    x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=-1)
    size = h.shape[-1]
    h_r, h_z = (h @ w_hh[: 2 * size].T + b_hh[: 2 * size]).chunk(2, dim=-1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + (r * h) @ w_hh[2 * size :].T + b_hh[2 * size :])
    h = (1 - z) * n + z * h
    return (h,), {"reset r": r, "update z": z, "candidate n": n, "hidden h": h}


STEPS: dict[str, Callable[[Tensor, State, Weights], tuple[State, Gates]]] = {
    "rnn": rnn_step,
    "relu": relu_step,
    "lstm": lstm_step,
    "gru": gru_step,
    "gru-before": gru_before_step,
}


def flow(kind: str, gates: list[Gates], first: State) -> list[Gates]:
    """What passes through a cell in each step, from the state before it (`first` before the first) to the one after, each (B, H)."""
    h, c = first[0], first[-1]
    steps = []
    for step in gates:
        if kind == "lstm":
            kept, added = step["forget f"] * c, step["input i"] * step["candidate g"]
            names = ("forget f", "input i", "candidate g", "output o")
            made = {"c before": c, "h before": h, **{name: step[name] for name in names}, "f · c": kept, "i · g": added}
            made |= {"cell c": step["cell c"], "tanh c": torch.tanh(step["cell c"]), "hidden h": step["hidden h"]}
            c = step["cell c"]
        elif kind in ("gru", "gru-before"):
            kept, added = step["update z"] * h, (1 - step["update z"]) * step["candidate n"]
            made = {"h before": h, **{name: step[name] for name in ("reset r", "update z", "candidate n")}}
            made |= {"z · h": kept, "(1 - z) · n": added, "hidden h": step["hidden h"]}
        else:
            made = {"h before": h, "hidden h": step["hidden h"]}
        h = step["hidden h"]
        steps.append(made)
    return steps


class UnrolledLayer(nn.Module):
    """One layer of cells, unrolled in Python: the parameters, their names and the results are those of torch.nn's fused layer.

    forward: x (B, T, I), state of (D, B, H) each -> outputs (B, T, D * H) and the last state; D is 2 where bidirectional.
    """

    def __init__(self, kind: CellKind, inputs: int, hidden: int, bidirectional: bool = False):
        super().__init__()
        self.kind: CellKind = kind
        self.bidirectional = bidirectional
        for suffix in directions(bidirectional):
            rows = GATES[kind] * hidden
            for name, shape in (("weight_ih", (rows, inputs)), ("weight_hh", (rows, hidden)), ("bias_ih", (rows,)), ("bias_hh", (rows,))):
                self.register_parameter(f"{name}_l0{suffix}", nn.Parameter(torch.empty(shape)))
        bound = hidden**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor, state: State, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        outputs, last = [], []
        for d, suffix in enumerate(directions(self.bidirectional)):
            out, end, _ = unroll(self.kind, x, tuple(s[d] for s in state), layer_weights(self, suffix), lengths, reverse=d == 1)
            outputs.append(out)
            last.append(end)
        return torch.cat(outputs, -1), tuple(torch.stack(parts) for parts in zip(*last, strict=True))


def directions(bidirectional: bool) -> tuple[str, ...]:
    return ("", "_reverse") if bidirectional else ("",)


def layer_weights(layer: nn.Module, suffix: str = "") -> Weights:
    """The four weights of one direction of a one-layer recurrent module, fused or unfused."""
    return tuple(getattr(layer, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))


def unroll(
    kind: str, x: Tensor, state: State, weights: Weights, lengths: Tensor | None = None, reverse: bool = False
) -> tuple[Tensor, State, list[Gates]]:
    """Step through x (B, T, I): outputs (B, T, H), the last state (each (B, H)) and the gates of every step.

    Where `lengths` (B,) is given, a sequence's state is frozen past its end and its outputs there are 0; the reverse
    direction starts at its end.
    """
    time = range(x.shape[1])
    outputs: dict[int, Tensor] = {}
    gates: dict[int, Gates] = {}
    for t in reversed(time) if reverse else time:
        new, gates[t] = STEPS[kind](x[:, t], state, weights)
        if lengths is None:
            state, outputs[t] = new, new[0]
        else:
            inside = (t < lengths).to(x.device)[:, None]  # (B, 1)
            state = tuple(torch.where(inside, n, s) for n, s in zip(new, state, strict=True))
            outputs[t] = new[0] * inside
    return torch.stack([outputs[t] for t in time], 1), state, [gates[t] for t in time]
