"""What an exact resume needs, declared once: a tree of stateful parts, a copy of what they hold, and the way back.

An experiment names its parts in `Experiment.stateful`; `state_of` copies them, `restore` fills them. A part is a module, an
optimiser, a generator (of PyTorch or NumPy), an `Attribute`, anything with `state()`, which copies, and `restore(state)`, or a dict or list of parts.
The names in the tree are the names in a checkpoint: renaming one orphans the runs that are stored.
"""

import logging
from collections import deque
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

log = logging.getLogger("lab.state")

Tree = dict[str, Any]
"""Names, and the parts under them."""


class Attribute:
    """An attribute that training replaces rather than fills: a counter, a history, a tensor whose shape changes.

    Restored tensors go to `device`, the processor unless given.
    """

    def __init__(self, owner: Any, name: str, device: torch.device | None = None):
        self.owner, self.name, self.device = owner, name, device or torch.device("cpu")

    def state(self) -> Any:
        return copied(getattr(self.owner, self.name))

    def restore(self, state: Any) -> None:
        before, value = getattr(self.owner, self.name), copied(state, self.device)
        if isinstance(before, tuple):
            value = tuple(value)
        elif isinstance(before, deque):
            value = deque(value, before.maxlen)
        setattr(self.owner, self.name, value)


def attributes(owner: Any, *names: str, device: torch.device | None = None) -> Tree:
    """Attributes of one object under their own names."""
    return {name: Attribute(owner, name, device) for name in names}


def state_of(part: Any) -> Any:
    """A copy of what a part, or a tree of them, holds: later steps do not change it."""
    match part:
        case dict():
            return {name: state_of(member) for name, member in part.items()}
        case list() | tuple():
            return [state_of(member) for member in part]
        case nn.Module():
            return {name: tensor.detach().clone() for name, tensor in part.state_dict().items()}
        case torch.optim.Optimizer():
            return {str(i): copied(values) for i, values in part.state_dict()["state"].items()}
        case torch.Generator():
            return part.get_state()
        case np.random.Generator():
            return part.bit_generator.state
        case _:
            return part.state()


def restore(part: Any, state: Any) -> None:
    """The inverse of `state_of`, into the same tree of freshly made parts."""
    match part:
        case dict():
            for name, member in part.items():
                restore(member, state[name])
        case list() | tuple():
            for member, stored in zip(part, state, strict=True):
                restore(member, stored)
        case nn.Module():
            part.load_state_dict(state)
        case torch.optim.Optimizer():
            restore_optimizer(part, state)
        case torch.Generator():
            restore_generator(part, state)
        case np.random.Generator():
            part.bit_generator.state = state
        case _:
            part.restore(state)


def copied(value: Any, device: torch.device | None = None) -> Any:
    """A deep copy of nested dicts and lists of tensors, arrays and scalars; tensors on `device` where one is given."""
    match value:
        case Tensor():
            return value.detach().clone() if device is None else value.detach().to(device, copy=True)
        case np.ndarray():
            return value.copy()
        case dict():
            return {name: copied(member, device) for name, member in value.items()}
        case list() | tuple() | deque():
            return [copied(member, device) for member in value]
        case _:
            return value


def restore_generator(generator: torch.Generator, state: Tensor) -> None:
    """Set a generator's state. One of another kind of device does not fit: then the seeded one stays, and the log says so."""
    if state.shape == generator.get_state().shape:
        generator.set_state(state)
    else:
        log.warning("The run was trained on another kind of device: its random numbers start again from the seed here.")


def restore_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Fill an optimiser, in the memory layout of each parameter: fused kernels go through memory side by side."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    beside = any(group.get("fused") or group.get("capturable") for group in optimizer.param_groups)
    for i, values in state.items():
        parameter = parameters[int(i)]
        slots = {}
        for name, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                slots[name] = torch.empty_like(parameter, memory_format=torch.preserve_format).detach().copy_(value)
            elif isinstance(value, Tensor):  # Fused and capturable optimisers want the step count beside the parameters.
                slots[name] = value.clone() if name == "step" and not beside else value.to(parameter.device, copy=True)
            else:
                slots[name] = value
        optimizer.state[parameter] = slots
