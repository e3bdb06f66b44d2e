"""Runs that come with the lab: a run's network, its settings and its curves in a folder that takes little room.

    config.json           the run's, and under "training" the command, the steps, the hours and the machine
    evaluation.json       the figures of the network that is shipped
    metrics.jsonl         its learning curves, thinned out
    serving.safetensors   the network; matrices and filters in half precision

`scripts/ship_agent.py` makes such folders of agents, `scripts/ship_examples.py` of the other panels' first runs.
Read first: `write`.
"""

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from lab.flags import command_line
from lab.run import Run

ROWS = 500
"""At most so many rows of each kind are kept of the metrics."""


def write(run: Run, folder: Path, weights: dict[str, Tensor], figures: dict[str, Any], rows: int = ROWS) -> None:
    """Write `weights` of `run` and their `figures` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "serving.safetensors")
    (folder / "serving.safetensors").chmod(0o644)  # safetensors makes files that only their owner may read.
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in thinned(run.metrics(), rows)))
    (folder / "evaluation.json").write_text(json.dumps(figures, indent=1) + "\n")
    made = training(run)
    (folder / "config.json").write_text(json.dumps({**run.stored, "steps": made["steps"], "training": made}, indent=1) + "\n")


def in_half(net: nn.Module, weights: dict[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """`weights` of `net` with matrices and filters in `dtype`. Biases, norms and buffers are small, and stay as they are."""
    large = {name for name, parameter in net.named_parameters() if parameter.dim() > 1}
    return {name: (value.to(dtype) if name in large else value).contiguous() for name, value in weights.items()}


def training(run: Run) -> dict[str, Any]:
    """How the run was trained, in a line that does it again."""
    if "training" in run.stored:
        return run.stored["training"]
    rows, status = run.metrics(), run.status()
    steps = int(run.checkpoint_step() or status.get("done") or (rows[-1]["step"] if rows else 0))
    seconds = float(status.get("seconds") or (rows[-1]["time"] if rows else 0.0))
    command = command_line(run.recipe.name, run.config(), steps=steps)
    return {"command": command, "steps": steps, "hours": round(seconds / 3600, 4), "machine": run.stored.get("device_name")}


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
