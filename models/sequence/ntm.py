"""The neural Turing machine (Graves et al. 2014): a network, its controller, that reads and writes a memory through soft addresses.

Read first: `content_address`, `interpolate`, `shift`, `sharpen` and `write`, which are the paper's equations 3 to 9; then `NTM.forward`.
Shapes: batch B, steps T, heads H, locations N, width W of a location.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Controller = Literal["feedforward", "lstm"]
SHIFTS = 3
"""How far a head may move in one step: one location back, not at all, or one ahead."""
BLANK = 1e-6
"""What every cell of the memory holds at first: a constant teaches soonest (Collier & Beel 2018)."""


def content_address(memory: Tensor, key: Tensor, strength: Tensor) -> Tensor:
    """softmax over locations of strength * cosine(key, location) (eq. 5, 6): memory (B, N, W), key (B, H, W), strength (B, H) -> (B, H, N)."""
    likeness = F.normalize(key, dim=-1, eps=1e-8) @ F.normalize(memory, dim=-1, eps=1e-8).transpose(1, 2)
    return (strength[..., None] * likeness).softmax(-1)


def interpolate(content: Tensor, previous: Tensor, gate: Tensor) -> Tensor:
    """g * content + (1 - g) * previous (eq. 7): addresses (B, H, N), gate (B, H)."""
    return torch.lerp(previous, content, gate[..., None])


def shift(address: Tensor, by: Tensor) -> Tensor:
    """Circular convolution (eq. 8) of an address (B, H, N) with a distribution (B, H, 3) over moving by -1, 0 and 1."""
    around = torch.cat([address[..., -1:], address, address[..., :1]], -1)  # (B, H, N + 2)
    n = address.shape[-1]
    back, stay, ahead = by[..., None].unbind(-2)  # each (B, H, 1)
    return back * around[..., 2:] + stay * address + ahead * around[..., :n]


def sharpen(address: Tensor, gamma: Tensor) -> Tensor:
    """address ** gamma, normalised to sum to 1 (eq. 9): address (B, H, N), gamma (B, H) of at least 1."""
    powered = (address + 1e-12) ** gamma[..., None]
    return powered / powered.sum(-1, keepdim=True)


def write(memory: Tensor, address: Tensor, erase: Tensor, add: Tensor) -> Tensor:
    """Erase, then add (eq. 3, 4), by each head in turn: memory (B, N, W), address (B, H, N), erase in (0, 1) and add (B, H, W)."""
    for head in range(address.shape[1]):
        memory = memory * (1 - address[:, head, :, None] * erase[:, head, None])
    return memory + address.transpose(1, 2) @ add


class Trace(NamedTuple):
    """What the heads did at every step."""

    read: Tensor
    """(B, T, read heads, N): where they read."""
    written: Tensor
    """(B, T, write heads, N): where they wrote."""
    gates: Tensor
    """(B, T, H): the share of content addressing, read heads first."""
    memory: Tensor
    """(B, N, W) after the last step."""


class NTM(nn.Module):
    """x (B, T, inputs) -> logits (B, T, outputs), with a memory of `locations` that is blank before the first step.

    A step: the controller sees x_t and what was read last; its state h_t says how every head moves; the memory is written, then read; the
    output is of h_t and of what was read. No weight depends on the number of locations: `locations` may be changed after training.
    """

    def __init__(
        self, inputs: int, outputs: int, locations: int = 64, width: int = 20, hidden: int = 64, read_heads: int = 1, write_heads: int = 1,
        controller: Controller = "feedforward",
    ):  # fmt: skip
        super().__init__()
        self.locations, self.width, self.hidden = locations, width, hidden
        self.read_heads, self.heads = read_heads, read_heads + write_heads
        self.controller: Controller = controller
        rows = hidden * (4 if controller == "lstm" else 1)
        self.sees = nn.Linear(inputs, rows)
        self.remembers = nn.Linear(read_heads * width + (hidden if controller == "lstm" else 0), rows, bias=False)
        self.addresses = nn.Linear(hidden, self.heads * (width + 3 + SHIFTS))
        self.writes = nn.Linear(hidden, write_heads * 2 * width)
        self.output = nn.Linear(hidden + read_heads * width, outputs)
        self.first_read = nn.Parameter(torch.randn(read_heads * width) * 0.1)
        self.first_state = nn.Parameter(torch.zeros(2, hidden)) if controller == "lstm" else None
        with torch.no_grad():
            # Gates begin nearly closed: a head that goes on from where it was works at any length, one that searches for its place less surely.
            self.addresses.bias.unflatten(0, (self.heads, -1))[:, width + 1] -= 3.0
            if controller == "lstm":
                self.sees.bias[hidden : 2 * hidden] += 1.0  # Forget gates begin open.

    def forward(self, x: Tensor, keep: list[Trace] | None = None) -> Tensor:
        """`keep` collects the trace."""
        batch = x.shape[0]
        memory = x.new_full((batch, self.locations, self.width), BLANK)
        address = F.one_hot(x.new_zeros(batch, self.heads, dtype=torch.long), self.locations).to(x.dtype)
        read = self.first_read.expand(batch, -1)
        state: tuple[Tensor, ...] = () if self.first_state is None else tuple(self.first_state[:, None].expand(-1, batch, -1))
        seen = self.sees(x)
        hiddens, reads, kept = [], [], []
        for t in range(x.shape[1]):
            state = self.control(seen[:, t], read, state)
            key, strength, gate, by, gamma = self.moves(state[0])
            address = interpolate(content_address(memory, key, strength), address, gate)
            address = sharpen(shift(address, by), gamma)
            erase, add = self.writes(state[0]).unflatten(-1, (2, -1, self.width)).unbind(1)
            memory = write(memory, address[:, self.read_heads :], erase.sigmoid(), add.tanh())
            read = (address[:, : self.read_heads] @ memory).flatten(1)
            hiddens.append(state[0])
            reads.append(read)
            if keep is not None:
                kept.append((address, gate))
        if keep is not None:
            addresses = torch.stack([address for address, _ in kept], 1)  # (B, T, H, N)
            gates = torch.stack([gate for _, gate in kept], 1)
            keep.append(Trace(addresses[:, :, : self.read_heads], addresses[:, :, self.read_heads :], gates, memory))
        return self.output(torch.cat([torch.stack(hiddens, 1), torch.stack(reads, 1)], -1))

    def control(self, seen: Tensor, read: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The controller's next state: (h,), or (h, c) of an LSTM."""
        if self.controller == "feedforward":
            return (torch.tanh(seen + self.remembers(read)),)
        h, c = state
        i, f, g, o = (seen + self.remembers(torch.cat([read, h], -1))).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def moves(self, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Key (B, H, W), strength, gate (B, H), shift (B, H, 3) and sharpening (B, H) of every head (section 3.3)."""
        key, strength, gate, by, gamma = self.addresses(h).unflatten(-1, (self.heads, -1)).split((self.width, 1, 1, SHIFTS, 1), -1)
        return key.tanh(), F.softplus(strength).squeeze(-1), gate.sigmoid().squeeze(-1), by.softmax(-1), 1 + F.softplus(gamma).squeeze(-1)
