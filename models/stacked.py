"""Several Q networks asked at once: those whose trunks have the same shapes take one pass, each with weights of its own.

A pass of one stack reads all of a network's weights to use each once, so what counts is how few bytes and calls there are: twelve
networks in bfloat16 take two thirds of the time of twelve passes in float32. Read first: `StackedNetworks.values`.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from models.q_network import ActionValueNetwork


class StackedNetworks:
    """`nets`, which are asked together and not trained meanwhile. On a processor; `dtype` is that of the trunks' arithmetic."""

    def __init__(self, nets: Sequence[nn.Module], dtype: torch.dtype = torch.float32):
        self.nets = list(nets)
        shared: dict[Any, list[int]] = {}
        for i, net in enumerate(self.nets):
            shared.setdefault(i if not has_trunk(net) else (type(net), *shapes(trunk_weights(net))), []).append(i)
        self.alone = [key for key in shared if isinstance(key, int)]
        """Those that compute in a way of their own."""
        self.groups = [(places, Trunks([self.nets[i] for i in places], dtype)) for key, places in shared.items() if key not in self.alone]

    @torch.inference_mode()
    def values(self, frames: Tensor) -> list[Tensor]:
        """Q values (A_i,) float32 of each network for its own stack, of uint8 (N, 4, 84, 84)."""
        answers: list[Any] = [None] * len(self.nets)
        for i in self.alone:
            answers[i] = self.nets[i](frames[i : i + 1])[0].float()
        for places, trunks in self.groups:
            for net, i, units in zip(trunks.nets, places, trunks.units(frames[places]), strict=True):
                answers[i] = net.values(net.head(units))[0]
        return answers


class Trunks:
    """The trunks of networks of one class and one shape, as one function of their stacked weights."""

    def __init__(self, nets: Sequence[Any], dtype: torch.dtype):
        self.nets: Sequence[ActionValueNetwork] = nets
        self.dtype = dtype
        each = [trunk_weights(net) for net in nets]
        self.weights = {name: torch.stack([weights[name] for weights in each]).to(dtype) for name in each[0]}
        names = {id(parameter): name for name, parameter in nets[0].named_parameters()}
        self.tuples = {
            attribute: tuple(names[id(part)] for part in value) for attribute, value in vars(nets[0]).items() if is_parameters(value)
        }
        """The names of the parameters that the network keeps at hand in tuples."""
        self.batched = torch.vmap(self.units_of)

    def units(self, frames: Tensor) -> Tensor:
        """What each head takes in, (N, 1, units) float32, of uint8 (N, 4, 84, 84)."""
        return self.batched(self.weights, self.nets[0].blocks(frames).to(self.dtype)[:, None])

    def units_of(self, weights: dict[str, Tensor], blocks: Tensor) -> Tensor:
        """Those of one network, computed by the first one's methods with other weights."""
        net = self.nets[0]
        kept = {attribute: getattr(net, attribute) for attribute in self.tuples}
        try:
            for attribute, names in self.tuples.items():
                setattr(net, attribute, tuple(weights.get(name, own) for name, own in zip(names, kept[attribute], strict=True)))
            return functional_call(UnitsOf(net), {f"net.{name}": weight for name, weight in weights.items()}, (blocks,))
        finally:
            for attribute, value in kept.items():
                setattr(net, attribute, value)


class UnitsOf(nn.Module):
    """What a network's head takes in."""

    def __init__(self, net: ActionValueNetwork):
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        return self.net.units(frames)


def has_trunk(net: nn.Module) -> bool:
    """Whether the network is a head on `units`."""
    return isinstance(net, ActionValueNetwork) and type(net).outputs_of is ActionValueNetwork.outputs_of


def trunk_weights(net: Any) -> dict[str, Tensor]:
    """The parameters that `units` depend on, by autograd, and all buffers."""
    parameters = dict(net.named_parameters())
    needed = {name: parameter.requires_grad for name, parameter in parameters.items()}
    net.requires_grad_(True)
    with torch.inference_mode(False), torch.enable_grad():
        units = net.units(torch.zeros(1, 4, 84, 84, dtype=torch.uint8))
        gradients = torch.autograd.grad(units.sum(), list(parameters.values()), allow_unused=True)
    for name, parameter in parameters.items():
        parameter.requires_grad_(needed[name])
    used = {name: p.detach() for (name, p), gradient in zip(parameters.items(), gradients, strict=True) if gradient is not None}
    return used | dict(net.named_buffers())


def is_parameters(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(part, nn.Parameter) for part in value)


def shapes(weights: dict[str, Tensor]) -> tuple[Any, ...]:
    return tuple((name, weight.shape) for name, weight in weights.items())
