"""Shipped agents, in `agents/pretrained/<game>[-<recipe>]/`: folders of `lab.shipping` whose weights play as well as the run's own.

`evaluation.json` holds whole games without sticky actions, and a second row with them (`agents.evaluate`).
`scripts/ship_agent.py` makes one. Read first: `ship`.
"""

import logging
import math
from pathlib import Path
from typing import Any

import torch

from agents.scores import human_score
from lab.checkpoint import serving_weights
from lab.errors import LabError, UsageError
from lab.run import Run
from lab.shipping import in_half, write

log = logging.getLogger("lab.agents")

EPISODES = 30
EPSILON = 0.01
HALVES = (torch.bfloat16, torch.float16)
"""Tried in this order: bfloat16 has the range of float32, float16 three more bits of precision."""


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
    write(run, folder, halved, figures)
    return figures


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
