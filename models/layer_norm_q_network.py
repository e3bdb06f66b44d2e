"""The Q network of PQN (Gallici et al. 2024): Nature DQN with layer normalisation, which lets it learn without a target network."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.dense import transposed_linear, transposed_linear_backward
from models.kernels.layer_norm_trunk import (
    EPS,
    SHAPES,
    Activations,
    layer_norm_backward,
    layer_norm_trunk_backward,
    layer_norm_trunk_forward,
    normalised,
    plain_layer_norm_trunk,
)
from models.kernels.nature_trunk import relu_backward
from models.noisy import weights_with
from models.q_network import ActionValueNetwork


class Scale(nn.Module):
    """Scale and shift of a layer normalisation over `shape`."""

    def __init__(self, *shape: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape))


class LayerNormPass(NamedTuple):
    """A forward pass that can be differentiated."""

    outputs: Tensor  # (B, actions) float32
    trunk: Activations
    before: Tensor  # (B, hidden): the hidden layer before normalisation
    mean: Tensor
    rstd: Tensor
    hidden: Tensor  # (B, hidden) after ReLU
    units: Tensor  # the same in float32


class LayerNormQNetwork(ActionValueNetwork):
    """Q values (B, actions); each layer but the last is normalised over all of its units, then goes through ReLU.

    Weights start orthogonal, as in CleanRL's PQN, those of the last layer times `head_scale`. The scales and shifts of maps have the shape (height, width, maps).
    """

    def __init__(self, actions: int, hidden: int = 512, head_scale: float = 1.0):
        super().__init__(actions, hidden)
        self.norm1, self.norm2, self.norm3 = (Scale(*shape) for shape in SHAPES)
        self.norm4 = Scale(hidden)
        self.q = nn.Linear(hidden, actions)
        self.norms = tuple(p for norm in (self.norm1, self.norm2, self.norm3, self.norm4) for p in norm.parameters())
        for layer in (self.conv1, self.conv2, self.conv3, self.hidden, self.q):
            nn.init.orthogonal_(layer.weight, math.sqrt(2))
            torch.nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.q.weight.mul_(head_scale)

    @property
    def layers(self) -> tuple[nn.Linear, ...]:
        return (self.q,)

    def join(self, outputs: list[Tensor]) -> Tensor:
        return outputs[0]

    def values(self, outputs: Tensor) -> Tensor:
        return outputs

    def features(self, frames: Tensor) -> Tensor:
        return plain_layer_norm_trunk(self.blocks(frames), self.body[:6], self.norms[:6])

    def first_maps(self, frames: Tensor) -> Tensor:
        weight, bias = self.body[:2]
        return normalised(F.conv2d(self.blocks(frames), weight * (1 / 255), bias), *self.norms[:2]).maps.relu()

    def hidden_units(self, features: Tensor, *noise: Tensor) -> Tensor:
        return self.activate(transposed_linear(features, *self.body[6:]))

    def activate(self, before: Tensor) -> Tensor:
        scale, shift = self.norms[6:]
        return F.layer_norm(before, before.shape[1:], scale, shift, EPS).relu_()

    def record(self, frames: Tensor) -> LayerNormPass:  # type: ignore[override]
        trunk = layer_norm_trunk_forward(self.blocks(frames), self.body[:6], self.norms[:6])
        before = transposed_linear(trunk.features, *self.body[6:]).contiguous()
        scale, shift = self.norms[6:]
        hidden, mean, rstd = torch.native_layer_norm(before, list(before.shape[1:]), scale, shift, EPS)
        units = hidden.relu_().float()
        return LayerNormPass(self.head(units), trunk, before, mean, rstd, hidden, units)

    def write_gradient(self, seen: LayerNormPass, gradient: Tensor, into: Sequence[Tensor]) -> None:  # type: ignore[override]
        count = len(gradient)
        trunk, (before, mean, rstd, hidden, units) = seen.trunk.of_first(count), (each[:count] for each in seen[2:])
        of_units = transposed_linear_backward(gradient, units, weights_with(self.q, torch.float32).weight, *into[16:])
        of_hidden = relu_backward(of_units.to(hidden.dtype), hidden, 0).contiguous()  # (B, units)
        shape, wanted = list(before.shape[1:]), [True, True, True]
        of_before, *norm4 = layer_norm_backward(of_hidden, before, shape, mean, rstd, *self.norms[6:], wanted)
        torch._foreach_copy_(list(into[14:16]), norm4)
        torch.mm(of_before.t(), trunk.features, out=into[6])
        torch.sum(of_before, 0, out=into[7])
        layer_norm_trunk_backward(torch.mm(of_before, self.body[6]), trunk, self.body[4], self.norms[:6], into[:6], into[8:14])
