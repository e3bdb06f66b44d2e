"""PyTorch's optimisers in a step that is captured as a CUDA graph, see `models.kernels.cuda_graphs`."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

CAPTURABLE = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW)
"""Those whose fused kernels take the step size as a tensor."""


def can_be_captured(optimizer: torch.optim.Optimizer) -> bool:
    """Whether `capturable` can be used with it: not before its first step, which makes its averages."""
    return type(optimizer) in CAPTURABLE and bool(optimizer.state)


def step_size(device: torch.device) -> Tensor:
    """Room for the step size of captured steps, 0-d: as the kernels of a device take it."""
    return torch.zeros((), dtype=torch.float64 if device.type == "cpu" else torch.float32, device=device)


@contextmanager
def capturable(optimizer: torch.optim.Optimizer, rate: Tensor) -> Iterator[None]:
    """Inside, the optimiser takes its step size from `rate` (0-d) when the graph is replayed."""
    inside: dict[str, Any] = {"lr": rate, "capturable": True}
    before = [{key: options[key] for key in inside if key in options} for options in optimizer.param_groups]
    for options, old in zip(optimizer.param_groups, before, strict=True):
        options.update({key: inside[key] for key in old})
    try:
        yield
    finally:
        for options, old in zip(optimizer.param_groups, before, strict=True):
            options.update(old)


def changing(net: nn.Module, optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """The tensors that a step of the optimiser changes, and a pass of the network in training."""
    averages = chain.from_iterable(state.values() for state in optimizer.state.values())
    return [*net.parameters(), *net.buffers(), *(value for value in averages if isinstance(value, Tensor))]
