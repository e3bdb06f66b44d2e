"""The optimisers of the notes, each with the settings of its paper and a learning rate."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

OPTIMISERS: dict[str, Callable[[Any, float], torch.optim.Optimizer]] = {
    "sgd": lambda parameters, rate: torch.optim.SGD(parameters, rate, fused=True),
    "momentum": lambda parameters, rate: torch.optim.SGD(parameters, rate, momentum=0.9, fused=True),
    "nesterov": lambda parameters, rate: torch.optim.SGD(parameters, rate, momentum=0.9, nesterov=True, fused=True),
    "rprop": lambda parameters, rate: torch.optim.Rprop(parameters, rate),
    "adagrad": lambda parameters, rate: torch.optim.Adagrad(parameters, rate),
    "rmsprop": lambda parameters, rate: torch.optim.RMSprop(parameters, rate),
    "adadelta": lambda parameters, rate: torch.optim.Adadelta(parameters, rate),
    "adam": lambda parameters, rate: torch.optim.Adam(parameters, rate, fused=True),
}


def optimiser(name: str, parameters: Iterable[nn.Parameter], rate: float) -> torch.optim.Optimizer:
    """The optimiser `name` over `parameters`."""
    return OPTIMISERS[name](list(parameters), rate)
