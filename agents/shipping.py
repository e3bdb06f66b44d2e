"""Shipped agents: a run's network with its scores in a folder that takes a few megabytes. `scripts/ship_agent.py` makes one.

    agents/pretrained/<game>[-<recipe>]/
        config.json           the run's, and under "training" the command, the steps, the hours and the machine
        evaluation.json       whole games without sticky actions, and a second row with them (`agents.evaluate`)
        metrics.jsonl         its learning curves, thinned out
        serving.safetensors   the network; matrices and filters in half precision

Read first: `ship`.
"""

import json
import logging
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from agents.scores import human_score
from lab.checkpoint import serving_weights
from lab.errors import LabError, UsageError
from lab.flags import command_line
from lab.run import Run

log = logging.getLogger("lab.agents")

EPISODES = 30
EPSILON = 0.01
HALVES = (torch.bfloat16, torch.float16)
"""Tried in this order: bfloat16 has the range of float32, float16 three more bits of precision."""
ROWS = 500
"""At most so many rows of each kind are kept of the metrics."""


def ship(run: Run, folder: Path, episodes: int = EPISODES, epsilon: float = EPSILON) -> dict[str, Any]:
    """Write the shipped agent of a run's newest weights into `folder`; the figures of its evaluation.

    Raises LabError where halved weights play worse than the run's own, or where the agent is below the human score.
    """
    experiment = run.experiment("cpu", serving_only=True)
    human, _ = human_score(experiment.config.subject)
    if human is None:
        raise UsageError(f"{experiment.config.subject} has no published human score, so no agent of it is shipped.")
    net = experiment.serving()
    whole = serving_weights(net)
    protocol = {"episodes": episodes, "epsilon": epsilon}
    own = no_sticky(experiment.evaluate(**protocol))
    log.info("the run's own weights: mean %g", own["mean"])
    for dtype in HALVES:
        halved = in_half(net, whole, dtype)
        net.load_state_dict(halved)
        figures = no_sticky(experiment.evaluate(**protocol))
        log.info("%s: mean %g", dtype, figures["mean"])
        if figures["mean"] >= own["mean"] - 2 * standard_error(own["scores"], figures["scores"]):
            break
    else:
        raise LabError(f"{run.name} plays worse with weights of half precision: {figures['mean']:g} in place of {own['mean']:g}.")
    if figures["mean"] < human:
        raise LabError(f"{run.name} is below the human score: its mean is {figures['mean']:g}, a human's {human:g}. It is not shipped.")
    figures["own_precision_mean"] = own["mean"]
    folder.mkdir(parents=True, exist_ok=True)
    save_file(halved, folder / "serving.safetensors")
    (folder / "serving.safetensors").chmod(0o644)  # safetensors makes files that only their owner may read.
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in thinned(run.metrics())))
    (folder / "evaluation.json").write_text(json.dumps(figures, indent=1) + "\n")
    (folder / "config.json").write_text(json.dumps({**run.stored, "training": training(run)}, indent=1) + "\n")
    return figures


def in_half(net: nn.Module, weights: dict[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """`weights` of `net` with matrices and filters in `dtype`. Biases, norms and buffers are small, and stay as they are."""
    large = {name for name, parameter in net.named_parameters() if parameter.dim() > 1}
    return {name: (value.to(dtype) if name in large else value).contiguous() for name, value in weights.items()}


def no_sticky(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures with the row without sticky actions first, whichever the run was trained with."""
    prefix = "no_sticky_"
    second = {name.removeprefix(prefix): value for name, value in figures.items() if name.startswith(prefix)}
    if not second:
        return dict(figures)
    first = {"sticky_" + name: figures[name] for name in second}
    return {**{name: value for name, value in figures.items() if name not in second and not name.startswith(prefix)}, **second, **first}


def standard_error(one: list[float], other: list[float]) -> float:
    """Of the difference of two means."""
    variances = (float(torch.tensor(scores, dtype=torch.float64).var()) / len(scores) for scores in (one, other) if len(scores) > 1)
    return math.sqrt(sum(variances))


def training(run: Run) -> dict[str, Any]:
    """How the run was trained, in a line that does it again."""
    if "training" in run.stored:
        return run.stored["training"]
    rows, status = run.metrics(), run.status()
    steps = int(status.get("done") or (rows[-1]["step"] if rows else 0))
    seconds = float(status.get("seconds") or (rows[-1]["time"] if rows else 0.0))
    command = command_line(run.recipe.name, run.config(), steps=steps)
    return {"command": command, "steps": steps, "hours": round(seconds / 3600, 2), "machine": run.stored.get("device_name")}


def thinned(rows: list[dict[str, Any]], most: int = ROWS) -> list[dict[str, Any]]:
    """Evenly chosen rows, at most `most` of each set of metrics, with the last of each."""
    kinds: dict[tuple[str, ...], list[int]] = {}
    for i, row in enumerate(rows):
        kinds.setdefault(tuple(row), []).append(i)
    kept = set()
    for places in kinds.values():
        every = math.ceil(len(places) / most)
        kept.update(places[::-1][::every])
    return [row for i, row in enumerate(rows) if i in kept]
