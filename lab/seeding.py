"""Seeds without the global generator: every session of the process may build its networks at any moment.

`torch.manual_seed`, and `torch.random.fork_rng` around it, act on one generator that all threads share: two experiments
that are made at once, or one made while another draws dropout masks, would change each other's weights.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


@contextmanager
def seeded(seed: int) -> Iterator[torch.Generator]:
    """Inside, this thread's random draws on the CPU come from a generator of their own, seeded with `seed`; gives that generator.

    The weights of networks built inside equal those after `torch.manual_seed(seed)`, whatever other threads draw
    meanwhile, and the global generator is left alone. Build on the CPU, then move: draws on another device raise
    RuntimeError. A draw that names a generator keeps its own.

        with seeded(config.seed):
            net = Generator(...)
        net.to(device)
    """
    generator = torch.Generator().manual_seed(seed)
    with DrawFrom(generator):
        yield generator


class DrawFrom(TorchDispatchMode):
    """Hands `generator` to every operation of this thread that draws random numbers (dispatch modes are kept per thread)."""

    def __init__(self, generator: torch.Generator):
        super().__init__()
        self.generator = generator

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """PyTorch's own switch: True would import its compiler for the first draw."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        arguments = dict(kwargs or {})
        draws = with_generator(func)
        if draws is not None and not any(isinstance(value, torch.Generator) for value in (*args, *arguments.values())):
            func, arguments = draws, {**arguments, "generator": self.generator}
        return func(*args, **arguments)


def with_generator(func: Any) -> Callable[..., Any] | None:
    """The overload of an operation that takes a generator: itself (`uniform_`) or its twin (`rand`); None where nothing is drawn."""
    if takes_generator(func):
        return func
    twins = {"default": "generator", "low": "low_generator", "names": "generator_with_names"}
    name = twins.get(func._overloadname)
    if name is None or name not in func.overloadpacket.overloads():
        return None
    twin = getattr(func.overloadpacket, name)
    return twin if takes_generator(twin) else None


def takes_generator(func: Any) -> bool:
    return any(argument.name == "generator" for argument in func._schema.arguments)
