"""The restricted Boltzmann machine: two layers of 0s and 1s, and no connection within a layer (Smolensky 1986, Hinton 2002).

E(v, h) = -a.v - b.h - v W h, p(v, h) = exp(-E) / Z. Read first: `RBM.contrastive_divergence`.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def bits(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """0s and 1s, each 1 with its probability."""
    return (torch.rand(probabilities.shape, generator=generator) < probabilities).float()


def every_state(units: int) -> Tensor:
    """All states (2^units, units) of so many units."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=units)))


class RBM(nn.Module):
    """`visible` units with biases a and `hidden` units with biases b, joined by W (visible, hidden)."""

    w: Tensor
    a: Tensor
    b: Tensor

    def __init__(self, visible: int, hidden: int):
        super().__init__()
        self.register_buffer("w", 0.05 * torch.randn(visible, hidden))
        self.register_buffer("a", torch.zeros(visible))
        self.register_buffer("b", torch.zeros(hidden))

    def energy(self, v: Tensor, h: Tensor) -> Tensor:
        """E(v, h) (N,) of states v (N, visible) and h (N, hidden)."""
        return -(v @ self.a) - h @ self.b - ((v @ self.w) * h).sum(1)

    def hidden_given(self, v: Tensor) -> Tensor:
        """p(h = 1 | v) (N, hidden): the hidden units are independent of each other given v."""
        return torch.sigmoid(v @ self.w + self.b)

    def visible_given(self, h: Tensor) -> Tensor:
        """p(v = 1 | h) (N, visible)."""
        return torch.sigmoid(h @ self.w.T + self.a)

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v) = -log sum_h exp(-E(v, h)) = -a.v - sum_j log(1 + exp(b_j + v W_j)), (N,)."""
        return -(v @ self.a) - F.softplus(v @ self.w + self.b).sum(1)

    def log_partition(self) -> Tensor:
        """log Z, summed over all states of the smaller layer alone: the other's sum has a closed form. For 20 units at most."""
        visible, hidden = self.w.shape
        if visible <= hidden:
            return (-self.free_energy(every_state(visible))).logsumexp(0)
        h = every_state(hidden)
        return (h @ self.b + F.softplus(h @ self.w.T + self.a).sum(1)).logsumexp(0)

    def gibbs(self, v: Tensor, generator: torch.Generator, steps: int = 1) -> Tensor:
        """p(v = 1) after `steps` times down and up from v (N, visible)."""
        probabilities = v
        for _ in range(steps):
            h = bits(self.hidden_given(v), generator)
            probabilities = self.visible_given(h)
            v = bits(probabilities, generator)
        return probabilities

    def contrastive_divergence(self, v: Tensor, rate: float, k: int, decay: float, generator: torch.Generator) -> Tensor:
        """CD-k in place: the data's correlations minus those after k Gibbs steps; the mean squared error of the reconstruction."""
        h = self.hidden_given(v)
        model = self.gibbs(v, generator, k)
        h_model = self.hidden_given(model)
        self.w += rate * ((v.T @ h - model.T @ h_model) / len(v) - decay * self.w)
        self.a += rate * (v - model).mean(0)
        self.b += rate * (h - h_model).mean(0)
        return (v - model).square().mean()


class DeepBelief(nn.Module):
    """RBMs on top of each other: each learns what the hidden units below it say (Hinton, Osindero & Teh 2006)."""

    def __init__(self, widths: list[int]):
        """`widths`: the visible units, then those of each hidden layer."""
        super().__init__()
        self.layers = nn.ModuleList(RBM(visible, hidden) for visible, hidden in itertools.pairwise(widths))

    def machine(self, layer: int) -> RBM:
        one = self.layers[layer]
        assert isinstance(one, RBM)
        return one

    def up(self, v: Tensor, layer: int) -> Tensor:
        """What the units below machine `layer` say of v, as probabilities."""
        for below in range(layer):
            v = self.machine(below).hidden_given(v)
        return v

    def down(self, h: Tensor, layer: int) -> Tensor:
        """What machine `layer`'s visible units h look like in the data's own units."""
        for below in reversed(range(layer)):
            h = self.machine(below).visible_given(h)
        return h
