"""PyTorch's optimisers without its compiler, which the first of them in a process would import: 1.3 s of a processor and 70 MB.

They ask torch._dynamo to leave them out of compiled code. Nothing is compiled here; who compiles calls torch.compile before a training starts.
Where another version of PyTorch is built differently, it is left as it is.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

DISABLED = "__dynamo_disable"
"""Where torch._compile keeps what it calls in place of a method that is not to be compiled."""


def leave_out_the_compiler() -> None:
    """Have optimisers that are made from now on call their own methods; for the whole process, once."""
    if "torch._dynamo" in sys.modules:
        return
    for method in vars(Optimizer).values():
        plain = getattr(method, "__wrapped__", None)
        if plain is not None:
            setattr(plain, DISABLED, plain)
    for kind in Optimizer.__subclasses__():
        wrapped = vars(kind).get("step")
        if wrapped is not None and getattr(wrapped, "__code__", None) is USE_GRAD:
            kind.step = eager(wrapped.__wrapped__)  # type: ignore[method-assign]


USE_GRAD = getattr(torch.optim.SGD.step, "__code__", None)
"""Of PyTorch's wrapper around each optimiser's step, which imports the compiler."""


def eager(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step that records no gradients, unless it is to be differentiated itself."""

    @functools.wraps(step)
    def taken(self: Optimizer, *args: Any, **options: Any) -> Any:
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return step(self, *args, **options)

    return taken
