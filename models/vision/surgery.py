"""Module surgery on any network: initialisation, activation, batch norm, dropout, frozen layers.

Each function changes a built network in place, so that no network's constructor carries these choices. Names in a
state_dict stay, so that weights still load (added batch norm adds `<layer>.norm.*`).
"""

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout
from models.fixed_order import MaxPool2d

Initialisation = Literal["he", "xavier", "lecun", "normal", "big", "zeros"]

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(0.01), "prelu": nn.PReLU, "elu": nn.ELU, "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid, "tanh": nn.Tanh,
}  # fmt: skip
ACTIVATION_TYPES = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.Softplus, nn.Sigmoid, nn.Tanh)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
LAYERS = (nn.Conv1d, nn.Conv2d, nn.Linear)


@torch.no_grad()
def initialise(net: nn.Module, scheme: Initialisation, generator: torch.Generator) -> None:
    """Fill every parameter and buffer; the draws come from `generator`, a CPU one, so they are the same on any device.

    he: N(0, 2 / fan_in) (He et al. 2015); xavier: U(+-sqrt(6 / (fan_in + fan_out))) (Glorot & Bengio 2010); normal:
    N(0, 0.01^2); lecun: N(0, 1 / fan_in); big: N(0, 1), which saturates; zeros: all units of a layer stay identical, so nothing is learned. Biases are 0, norms 1 and 0.
    """
    for module in net.modules():
        if isinstance(module, LAYERS):
            weight = module.weight
            field = weight[0, 0].numel()
            fan_in, fan_out = weight.shape[1] * field, weight.shape[0] * field // getattr(module, "groups", 1)
            drawn = torch.zeros(weight.shape)
            if scheme == "he":
                drawn.normal_(0, math.sqrt(2 / fan_in), generator=generator)
            elif scheme == "xavier":
                bound = math.sqrt(6 / (fan_in + fan_out))
                drawn.uniform_(-bound, bound, generator=generator)
            elif scheme == "lecun":
                drawn.normal_(0, math.sqrt(1 / fan_in), generator=generator)
            elif scheme == "big":
                drawn.normal_(0, 1, generator=generator)
            elif scheme == "normal":
                drawn.normal_(0, 0.01, generator=generator)
            weight.copy_(drawn)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, NORMS):
            module.reset_running_stats()
            module.weight.fill_(1)
            module.bias.zero_()
        elif isinstance(module, nn.LayerNorm):
            module.weight.fill_(1)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.Embedding):
            module.weight.copy_(torch.zeros(module.weight.shape).normal_(0, 0.02, generator=generator))
        elif isinstance(module, nn.PReLU):
            module.weight.fill_(0.25)


def set_activation(net: nn.Module, name: str) -> int:
    """Replace every activation by `name`; returns how many were replaced."""
    return replace(net, lambda module: isinstance(module, ACTIVATION_TYPES), lambda module: ACTIVATIONS[name]())


def set_pooling(net: nn.Module, kind: Literal["max", "average"]) -> int:
    """Let every pooling of windows take their maxima, or their means, with the same sides and strides; returns how many there are."""
    if kind == "max":
        return replace(
            net, lambda m: isinstance(m, nn.AvgPool2d), lambda m: MaxPool2d(m.kernel_size, m.stride, m.padding, ceil_mode=m.ceil_mode)
        )
    return replace(net, lambda m: isinstance(m, nn.MaxPool2d), lambda m: nn.AvgPool2d(m.kernel_size, m.stride, m.padding, m.ceil_mode))


def set_dropout(net: nn.Module, p: float | None, generator: torch.Generator | None) -> int:
    """Drop with probability `p` (None: as the network has it) at every dropout, drawing from `generator`; returns how many there are."""
    return replace(net, lambda m: isinstance(m, nn.Dropout), lambda m: Dropout(m.p if p is None else p, generator))


def set_batch_norm(net: nn.Module, on: bool) -> int:
    """Add batch norm after every hidden layer that has none, or remove all of it (its layers get a bias); returns how many changed.

    In a network with convolutions, dense layers are left unchanged.
    """
    has = any(isinstance(module, NORMS) for module in net.modules())
    if not on:
        for module in net.modules():
            if isinstance(module, nn.Conv1d | nn.Conv2d) and module.bias is None and has:
                module.bias = nn.Parameter(torch.zeros(module.out_channels, device=module.weight.device))
        return replace(net, lambda m: isinstance(m, NORMS), lambda m: nn.Identity())
    if has:
        return 0
    head = net.get_submodule(str(net.head))
    convolutions = any(isinstance(module, nn.Conv1d | nn.Conv2d) for module in net.modules())
    kinds = (nn.Conv1d, nn.Conv2d) if convolutions else (nn.Linear,)
    return replace(net, lambda m: isinstance(m, kinds) and m is not head, with_batch_norm)


def freeze(net: nn.Module, names: list[str]) -> list[str]:
    """Freeze the modules `names`, their batch statistics too; returns the names of the frozen parameters.

    "features" is everything but the head. Raises ValueError for a module that the network does not have.
    """
    head = str(net.head)
    chosen: list[nn.Module] = []
    for name in names:
        if name == "features" and not hasattr(net, "features"):
            chosen += [module for child, module in net.named_modules() if child and not apart(child, head)]
        elif name == "features":
            chosen += [module for child, module in net.named_modules() if child.split(".")[0] == name and not apart(child, head)]
        else:
            try:
                chosen.append(net.get_submodule(name))
            except AttributeError:
                parts = ", ".join(child for child, _ in net.named_children())
                raise ValueError(f"the network has no module {name!r}; it has {parts}") from None
    for module in chosen:
        for parameter in module.parameters():
            parameter.requires_grad_(False)
        for part in module.modules():
            if isinstance(part, NORMS):
                part.frozen = True  # type: ignore[assignment]
    return [name for name, parameter in net.named_parameters() if not parameter.requires_grad]


def apart(name: str, head: str) -> bool:
    """Whether a module holds the head, or is it: freezing it would freeze the head."""
    return head == name or head.startswith(f"{name}.")


def train_mode(net: nn.Module) -> None:
    """Training mode, except that frozen batch norms keep their statistics."""
    net.train()
    for module in net.modules():
        if getattr(module, "frozen", False):
            module.eval()


class ConvBn2d(nn.Conv2d):
    """A convolution followed by batch norm, which keeps the convolution's own keys."""

    norm: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups))


class ConvBn1d(nn.Conv1d):
    """The same over a series."""

    norm: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.conv1d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups))


class LinearBn1d(nn.Linear):
    """The same for a dense layer."""

    norm: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.linear(x, self.weight, self.bias))


def with_batch_norm(layer: nn.Module) -> nn.Module:
    """`layer` followed by batch norm."""
    made = copy.copy(layer)
    if isinstance(layer, nn.Linear):
        made.__class__, norm = LinearBn1d, nn.BatchNorm1d(layer.out_features)
    elif isinstance(layer, nn.Conv1d):
        made.__class__, norm = ConvBn1d, nn.BatchNorm1d(layer.out_channels)
    else:
        assert isinstance(layer, nn.Conv2d)
        made.__class__, norm = ConvBn2d, nn.BatchNorm2d(layer.out_channels)  # type: ignore[assignment]
    made._modules = {"norm": norm}
    return made


def replace(net: nn.Module, wanted: Callable[[Any], bool], make: Callable[[Any], nn.Module]) -> int:
    """Replace every module that is `wanted` by `make(module)`; returns how many were replaced."""
    count = 0
    for parent, name, module in list(children(net)):
        if wanted(module):
            setattr(parent, name, make(module))
            count += 1
    return count


def children(net: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Module]]:
    """Every module with its parent and its name there, the parent first."""
    for name, module in net.named_children():
        yield net, name, module
        yield from children(module)
