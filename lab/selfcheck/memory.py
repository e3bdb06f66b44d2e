"""A full memory, provoked: the session that needs too much ends with a sentence, the one beside it goes on, and there is room again afterwards."""

import contextlib
import gc
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from lab import api, registry
from lab.errors import LabError
from lab.selfcheck.cases import settings
from lab.selfcheck.check import Check, short
from lab.selfcheck.sessions import reach, session_of, wait
from lab.session import Session

ROOM_GPU, ROOM_PROCESSOR = 3 << 30, 512 << 20
"""Bytes that are left to what is to fill the memory."""
GIVEN_BACK, LEFT = 5.0, 1.5e9
"""Seconds after which at most so many bytes may still be reserved."""
TOO_LARGE: dict[str, tuple[str, dict[str, Any]]] = {
    "while it is built": ("vae", {"data": "digits", "quality_every": 0, "hidden": "8192,8192,8192,8192", "size": 64}),
    "in a step": (
        "gpt", {"width": 128, "layers": 2, "heads": 2, "batch_size": 4096, "context": 256, "dropout": 0.0, "validate_every": 0},
    ),
    "in a convolution": (
        "vae", {"data": "digits", "quality_every": 0, "architecture": "conv", "features": 64, "batch_size": 1024, "size": 128},
    ),
}  # fmt: skip
"""Settings that do not fit into that."""


def check_memory(check: Check) -> dict[str, Any]:
    """Fill what is left of a memory of its own limit, in three ways, beside a session that trains."""
    fill(check)
    gc.collect()
    if not check.cuda:
        return {}
    until = time.monotonic() + GIVEN_BACK
    while torch.cuda.memory_reserved(check.device) > LEFT and time.monotonic() < until:  # A session that ends gives it back a little later.
        time.sleep(0.1)
    reserved, allocated = (round(size(check.device) / 1e9, 2) for size in (torch.cuda.memory_reserved, torch.cuda.memory_allocated))
    if reserved * 1e9 > LEFT:
        check.fail(f"{reserved} GB are still reserved after all sessions have ended")
    return {"reserved_gb": reserved, "allocated_gb": allocated}


def fill(check: Check) -> None:
    beside = session_of(check, "vae")
    beside.start()
    try:
        reach(check, [beside], 5)
        with limited(check):
            for name in check.in_time(TOO_LARGE):
                with check.case(name) as values:
                    values["said"] = filled(check, *TOO_LARGE[name])
            if check.cuda:
                with check.case("replay memory") as values:
                    values["frames_on"] = replay_beside(check)
        with check.case("the session beside it"):
            if beside.error is None:
                done = beside.experiment.progress().done
                wait(check, lambda: beside.error is not None or beside.experiment.progress().done > done)
            if beside.error is not None:
                raise beside.error
    finally:
        beside.close()


@contextlib.contextmanager
def limited(check: Check) -> Iterator[None]:
    """Inside, this process has a few hundred MB or GB more than it takes now."""
    if check.cuda:
        place = torch.cuda.current_device()  # The worker has made it that of the check; "cuda" alone is not taken here.
        total = torch.cuda.mem_get_info(place)[1]
        share = (torch.cuda.memory_reserved(place) + ROOM_GPU) / total
        torch.cuda.set_per_process_memory_fraction(min(1.0, share), place)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0, place)
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM_PROCESSOR, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def filled(check: Check, recipe: str, fields: dict[str, Any]) -> str:
    """What a session says that needs more memory than there is."""
    error = ended_by(check, recipe, fields)
    gc.collect()
    if error is None:
        check.fail("everything fits: the memory was not full")
        return "fits"
    if not (isinstance(error, LabError) and "memory" in str(error)):
        check.fail(f"a full memory is not recognised: {short(error)}")
    return short(error)


def ended_by(check: Check, recipe: str, fields: dict[str, Any]) -> BaseException | None:
    session: Session | None = None
    try:
        _, small = settings(recipe, check.folder)
        data = {"data": small["data"]}
        session = api.new_session(recipe, {**data, **fields}, steps=3, device=str(check.device))
        session.run()
        return None if session.error is None else session.error.with_traceback(None)
    except Exception as error:
        return error.with_traceback(None)
    finally:
        if session is not None:
            session.close()


def replay_beside(check: Check) -> str:
    """Where the frames of a replay memory go that is larger than the room on the GPU: into main memory, not into an error."""
    _, fields = settings("dqn", check.folder)
    recipe = registry.recipe("dqn")
    experiment = recipe.experiment_class()(recipe.config_class().parse({**fields, "replay_capacity": 1_000_000}), check.device)
    try:
        frames: torch.Tensor = experiment.memory().frames
        return str(frames.device)
    finally:
        experiment.close()
