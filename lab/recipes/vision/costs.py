"""What accuracy costs: a dot for each run of `classify`, its validation accuracy over the parameters or the operations of its network."""

import json
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch

from lab.answers import Scatter
from lab.errors import LabError, UsageError
from lab.recipes.vision.classify_config import ClassifyConfig
from lab.recipes.vision.classify_data import image_format
from lab.recipes.vision.classify_network import network_of
from lab.run import Run
from models.vision.summary import layer_table

OVER = {"parameters": "parameters", "operations": "multiply-adds for one image"}
METRIC = "charts/validation_accuracy"


def costs(runs: Sequence[Run], over: str = "parameters") -> Scatter:
    """Accuracy over `parameters` or `operations` of all of `runs` that classify and have been validated; a colour for each data set.

    Raises UsageError where none has.
    """
    if over not in OVER:
        raise UsageError(f"Expected --over {'|'.join(OVER)}, got {over!r}.")
    points, data, labels = [], [], []
    for run in runs:
        accuracy = run.status().get("metrics", {}).get(METRIC)
        if run.recipe.name != "classify" or accuracy is None:
            continue
        try:
            counts = counted(json.dumps(run.stored["config"], sort_keys=True), json.dumps(run.stored.get("data")))
        except LabError:
            continue  # Its settings are those of another version, or its images are gone.
        x = counts[list(OVER).index(over)]
        if x:  # k nearest neighbours has no parameters.
            points.append((x, accuracy))
            data.append(run.stored["config"].get("data", ""))
            labels.append(str(run.stored["config"].get("network", run.name)))
    if not points:
        raise UsageError("None of these runs is of `classify` and has been validated: `lab train classify` makes one.")
    names = sorted(set(data))
    return Scatter(
        np.array(points, np.float64), np.array([names.index(name) for name in data]), names, OVER[over], "validation accuracy",
        labels=labels, log_x=True,
    )  # fmt: skip


@lru_cache(maxsize=512)
def counted(config: str, data: str) -> tuple[int, int]:
    """Parameters and multiply-adds for one image of the network that a stored config and its record of data, both as JSON, ask for."""
    settings = ClassifyConfig.parse({**ClassifyConfig.former_values, **json.loads(config)}, False)
    f = image_format(settings, json.loads(data))
    net = network_of(settings, f, (), torch.Generator())
    return sum(p.numel() for p in net.parameters()), sum(row.macs for row in layer_table(net, f.channels, f.size))
