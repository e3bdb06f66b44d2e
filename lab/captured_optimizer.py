"""Steps of PyTorch's optimisers as CUDA graphs. Read first: `CapturedDescent`."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from models.kernels.cuda_graphs import CapturedSteps

CAPTURABLE = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW)
"""Those whose fused kernels take the step size as a tensor."""


class CapturedDescent(CapturedSteps):
    """The steps of a network and its optimiser, captured on a GPU where that can be, elsewhere just taken."""

    def __init__(
        self, device: torch.device, net: nn.Module, optimizer: torch.optim.Optimizer | None, generators: Sequence[torch.Generator] = ()
    ):
        super().__init__(device, self.changing, generators)
        self.net, self.optimizer = net, optimizer
        self.rate = torch.zeros((), dtype=torch.float64 if device.type == "cpu" else torch.float32, device=device)
        """The step size of a captured step, as the kernels of the device take it."""

    def descend(self, rate: float, name: Hashable, learn: Callable[..., dict[str, Tensor]], *inputs: Tensor) -> dict[str, Tensor]:
        """`learn(*inputs)`, which takes one step of the optimiser, with the step size `rate`. What else it depends on is in the `name`, as in
        `CapturedSteps`; it is not captured where that is None, and its first step is not, which makes the optimiser's averages."""
        assert self.optimizer is not None
        for options in self.optimizer.param_groups:
            options["lr"] = rate
        if name is None or not self.on_gpu or type(self.optimizer) not in CAPTURABLE or not self.has_averages:
            return learn(*inputs)
        self.rate.fill_(rate)
        return self(name, partial(self.learn_at_rate, learn), *inputs)

    def backward(self, loss: Tensor) -> None:
        """Leave the gradients of `loss` at the parameters.

        On a GPU they are asked for: what autograd adds gradients up with belongs to the stream of a parameter's first pass, which is not
        the one that is captured. The fused kernels take gradients that lie in memory as their parameters do.
        """
        assert self.optimizer is not None
        self.optimizer.zero_grad(set_to_none=True)
        if self.device.type == "cpu" and not self.on_gpu:
            loss.backward()
            return
        parameters = [p for p in self.net.parameters() if p.requires_grad]
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
            same = gradient is None or gradient.stride() == p.stride()
            p.grad = gradient if same else torch.empty_like(p).copy_(gradient)

    def learn_at_rate(self, learn: Callable[..., dict[str, Tensor]], *inputs: Tensor) -> dict[str, Tensor]:
        """What a graph repeats; it leaves no gradients behind."""
        assert self.optimizer is not None
        with capturable(self.optimizer, self.rate):
            made = learn(*inputs)
        self.optimizer.zero_grad(set_to_none=True)
        return made

    @property
    def has_averages(self) -> bool:
        """Whether the optimiser has all that it keeps: nothing where plain descent has no momentum."""
        assert self.optimizer is not None
        kept = type(self.optimizer) is not torch.optim.SGD or any(options["momentum"] for options in self.optimizer.param_groups)
        return bool(self.optimizer.state) or not kept

    def changing(self) -> list[Tensor]:
        """The tensors that a step changes."""
        averages = chain.from_iterable(state.values() for state in self.optimizer.state.values()) if self.optimizer else ()
        return [*self.net.parameters(), *self.net.buffers(), *(value for value in averages if isinstance(value, Tensor))]


@contextmanager
def capturable(optimizer: torch.optim.Optimizer, rate: Tensor) -> Iterator[None]:
    """Inside, the optimiser takes its step size from `rate` (0-d) whenever the graph is replayed."""
    inside: dict[str, Any] = {"lr": rate, "capturable": True}
    before = [{key: options[key] for key in inside if key in options} for options in optimizer.param_groups]
    for options, old in zip(optimizer.param_groups, before, strict=True):
        options.update({key: inside[key] for key in old})
    try:
        yield
    finally:
        for options, old in zip(optimizer.param_groups, before, strict=True):
            options.update(old)
