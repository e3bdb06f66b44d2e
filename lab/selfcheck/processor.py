"""The first losses on the device beside those on the processor: the same function, in true fp32."""

import contextlib
import gc
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from lab import registry
from lab.selfcheck.cases import cases, in_turns, made
from lab.selfcheck.check import Check

STEPS, AGENT_STEPS, LOSSES = 4, 80, 4
"""Steps that are compared, and agent steps until there are so many losses: learning starts late."""
TOLERANCE = 5e-3
"""How far a loss may be off: of it, or of `SMALLEST` where it is smaller."""
SMALLEST = 0.05


def check_against_processor(check: Check) -> dict[str, Any]:
    """The losses of the first steps of every case, with the same random numbers on both."""
    for name in check.in_time(name for name in in_turns() if "bf16" not in name):
        with check.case(name) as values, true_fp32():
            theirs = first_losses(check, name, torch.device("cpu"))
            if theirs is None:
                values["skipped"] = "on a processor it draws its random numbers in another order"
                continue
            mine = first_losses(check, name, check.device) or []
            apart = max((abs(a - b) / max(abs(a), SMALLEST) for a, b in zip(theirs, mine, strict=False)), default=0.0)
            values |= {"apart": float(f"{apart:.3g}"), "losses": len(mine)}
            if not apart <= TOLERANCE or len(mine) != len(theirs):
                check.fail(f"losses {rounded(mine)} beside {rounded(theirs)} on a processor")
        gc.collect()
    return {"tolerance": TOLERANCE}


def first_losses(check: Check, name: str, place: torch.device) -> list[float] | None:
    """Every loss of the first steps, in order; None for an agent whose network draws: on a processor it acts and learns in one pass."""
    recipe = registry.recipe(cases()[name][0])
    experiment = made(name, check.folder, place, precision="fp32")
    losses: list[float] = []
    try:
        if recipe.is_agent and getattr(getattr(experiment, "network", None), "draws", False):
            return None
        with ProcessorDraws():
            for _ in range(AGENT_STEPS if recipe.is_agent else STEPS):
                metrics = experiment.step()
                losses += [float(value) for key, value in metrics.items() if key.startswith("losses/") and not isinstance(value, list)]
                if recipe.is_agent and len(losses) >= LOSSES:
                    break
    finally:
        experiment.close()
    return losses


def rounded(losses: list[float]) -> str:
    return ", ".join(f"{loss:.5g}" for loss in losses[:8])


class ProcessorDraws(TorchDispatchMode):
    """Inside, what this thread draws with a generator of another device is drawn on the processor and moved: the same numbers on each device.

    For generators that have drawn nothing yet: a twin on the processor starts with the same seed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.twins: dict[int, tuple[torch.Generator, torch.Generator]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        generator = next((value for value in (*args, *given.values()) if isinstance(value, torch.Generator)), None)
        if generator is None or generator.device.type == "cpu":
            return func(*args, **given)
        twin = self.twins.setdefault(id(generator), (generator, torch.Generator().manual_seed(generator.initial_seed())))[1]

        def moved(value: Any) -> Any:
            match value:
                case Tensor():
                    return value.cpu()
                case torch.Generator():
                    return twin
                case torch.device():
                    return torch.device("cpu")
                case _:
                    return value

        drawn = func(*tree_map(moved, args), **tree_map(moved, given))
        if func._schema.name.endswith("_"):  # In place.
            return args[0].copy_(drawn)
        return drawn.to(generator.device)


@contextlib.contextmanager
def true_fp32() -> Iterator[None]:
    """Convolutions and matrix products of fp32 in fp32: on a GPU they round to ten bits (TF32) otherwise."""
    cudnn, cublas = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = cudnn, cublas
