"""One training by several processes, which `torchrun` starts: `torchrun --nproc-per-node=2 $(which lab) train vae`.

Process 0 leads: it has the session, the run folder and the screen, and tells the others before each step that there is one.
Each computes its part of the batch (`models.processes`), and only gradients, metrics and the sums of batch norm travel. All find the run and
the data under the same paths. Read first: `train`.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from lab import registry
from lab.errors import LabError, UsageError

STEP, END = 1, 0
PATIENCE = timedelta(hours=6)
"""How long a process waits for another: the leader may be paused."""


def processes() -> int:
    """How many processes share this training: more than one under torchrun."""
    count = os.environ.get("WORLD_SIZE", "")
    return int(count) if count.isdigit() and "TORCHELASTIC_RUN_ID" in os.environ else 1


def leads() -> bool:
    return os.environ.get("RANK", "0") == "0"


def device_of(name: str) -> str:
    """The device of this process for one that was asked for: of several GPUs the one of its number on this machine."""
    import torch

    if name in ("auto", "cuda") and torch.cuda.is_available():
        return f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % torch.cuda.device_count()}"
    return name


def whole_batch(recipe: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with the batch of all processes: `batch_size` is what each of them takes.

    Raises UsageError where the recipe cannot be trained by several.
    """
    entry = registry.recipe(recipe)
    if not entry.experiment_class().takes_processes:
        able = ", ".join(name for name, other in registry.recipes().items() if other.experiment_class().takes_processes)
        raise UsageError(f"{recipe} trains in one process only. These can be trained by several: {able}.")
    each = entry.config_class().parse(fields).batch_size  # type: ignore[attr-defined]
    return {**fields, "batch_size": each * processes()}


def train(recipe: str, fields: dict[str, Any], device: str, session_of: Callable[..., Any], follow: Callable[[Any], int]) -> int:
    """Train a new run in this process and the others; the exit code. `session_of(fields, device)` makes the leader's session."""

    def other() -> Any:
        from lab.device import resolve

        entry = registry.recipe(recipe)
        return entry.experiment_class()(entry.config_class().parse(fields), resolve(device_of(device)))

    fields = whole_batch(recipe, fields)
    return left(together(device, partial(session_of, fields), other, follow))


def resume(run: Any, device: str | None, session_of: Callable[..., Any], follow: Callable[[Any], int]) -> int:
    """Continue a run in this process and the others. Raises UsageError where another number of processes has trained it."""
    before = run.stored.get("processes", 1)
    if before != processes():
        raise UsageError(
            f"Run {run.name} was trained by {before} process{'es' if before > 1 else ''}, not by {processes()}: it would not continue bit for bit. "
            + (f"Use --nproc-per-node={before}." if before > 1 else f"Use `lab resume {run.typed}` without torchrun.")
        )
    place = device or str(run.stored["device"]).partition(":")[0]
    return left(together(place, session_of, lambda: run.experiment(device_of(place), same_data=True), follow))


def together(device: str, session_of: Callable[..., Any], other: Callable[[], Any], follow: Callable[[Any], int]) -> int:
    """Lead or serve one training, from the meeting of the processes to their parting."""
    import torch
    from torch import distributed

    from models.processes import group

    place = device_of(device)
    if place.startswith("cuda"):
        torch.cuda.set_device(place)
    backend = "cpu:gloo,cuda:nccl" if place.startswith("cuda") else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    group.join(distributed.get_rank(), distributed.get_world_size())
    try:
        if group.leads:
            session = session_of(place)
            lead(session.experiment)
            distributed.barrier()  # What the leader has fetched or made, the others find.
            return follow(session)
        distributed.barrier()
        experiment = other()
        serve(experiment)
        return 0
    except LabError:
        if group.leads:
            raise
        return 1
    except RuntimeError as error:
        if group.leads or "onnection" not in str(error):
            raise
        return 1  # The leader is gone, and has said why.
    finally:
        with suppress(RuntimeError):
            distributed.destroy_process_group()


def left(code: int) -> int:
    """The leader's exit code. Another process ends here: it has nothing to finish, and where the interpreter is taken down while a thread
    of Gloo or PyTorch is at work in it, that thread aborts the process, and torchrun calls the training failed."""
    if not leads():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def lead(experiment: Any) -> None:
    """Let every step of the experiment, and its end, be those of all processes; metrics are means over the whole batch."""
    step, close = experiment.step, experiment.close
    ended = False

    def step_together() -> dict[str, Any]:
        say(STEP, experiment)
        return stepped(step)

    def close_together() -> None:
        nonlocal ended
        if not ended:
            ended = True
            with suppress(RuntimeError):  # The others may be gone.
                say(END, experiment)
        close()

    experiment.step, experiment.close = step_together, close_together


def say(what: int, experiment: Any) -> None:
    import torch
    from torch import distributed

    distributed.broadcast(torch.tensor([what, experiment.progress().done]), 0)


def serve(experiment: Any) -> None:
    """Take every step that the leader takes, until it ends. Raises LabError where this process is at another step."""
    import torch
    from torch import distributed

    if hasattr(experiment, "read_data"):
        experiment.read_data()
    try:
        while True:
            order = torch.zeros(2, dtype=torch.long)
            distributed.broadcast(order, 0)
            what, done = order.tolist()
            if what == END:
                return
            if done != experiment.progress().done:
                raise LabError(
                    f"This process is at step {experiment.progress().done:,}, the leading one at {done:,}: do all see the same run folder?"
                )
            stepped(experiment.step)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        raise
    finally:
        experiment.close()


def stepped(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """One step of this process beside those of the others; the metrics, of which tensors are means over the whole batch."""
    import torch

    from models.processes import group

    with group.step():
        metrics = step()
        names = [name for name, value in metrics.items() if isinstance(value, torch.Tensor) and value.dim() == 0]
        if names:
            means = group.mean(torch.stack([metrics[name].detach().float() for name in names]))
            metrics = {**metrics, **dict(zip(names, means.unbind(), strict=True))}
    return metrics
