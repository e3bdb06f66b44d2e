"""The network that a classifier's config asks for: one by name or a list of layers, with other activations, poolings, batch norm and dropout."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

import models
from lab.errors import UsageError
from lab.recipes.vision.classify_config import ClassifyConfig
from lab.recipes.vision.classify_data import FLAT, ImageFormat
from models.vision import surgery


def network_of(c: ClassifyConfig, f: ImageFormat, weights: Iterable[str], dropout_rng: torch.Generator) -> nn.Module:
    """The network on the meta device, where it has shapes and no values yet; `weights` are the names of those that it will begin with.

    Raises UsageError where the config asks for what the network lacks.
    """
    arguments: dict[str, Any] = {"classes": len(f.classes), "channels": f.channels, "size": f.size}
    if c.network == "mlp":
        arguments["hidden"] = [int(units) for units in c.hidden_units.split(",")]
    elif c.network == "layers":
        arguments["layers"] = c.layers
    elif c.network == "knn":
        arguments |= {"k": c.neighbours, "memory": c.memory}
    elif c.network.startswith("googlenet"):
        arguments["auxiliary"] = c.auxiliary_weight > 0
    names = list(weights)
    # Published files come without the batch norm that the config may add; those of runs here bring it.
    adds_norm = c.batch_norm == "on" and c.network not in (*FLAT, "layers") and (not names or any(".norm." in name for name in names))
    with torch.device("meta"):  # The constructors' own draws would come from the global generator.
        try:
            net: nn.Module = models.build(c.network, **arguments)
        except ValueError as error:
            raise UsageError(f"--network {c.network}: {error}.") from None
        if c.activation != "own" and not surgery.set_activation(net, c.activation):
            raise UsageError(f"--activation {c.activation}: {c.network} has no activation functions to replace.")
        if c.pooling != "own" and not surgery.set_pooling(net, c.pooling):
            raise UsageError(f"--pooling {c.pooling}: {c.network} has no other pooling of windows to replace.")
        if (c.batch_norm == "off" and c.network != "layers") or adds_norm:
            surgery.set_batch_norm(net, c.batch_norm == "on")
        dropouts = surgery.set_dropout(net, c.dropout if c.dropout >= 0 else None, dropout_rng)
        if c.dropout > 0 and not dropouts:
            raise UsageError(f"--dropout {c.dropout:g}: {c.network} has no dropout layers.")
    return net
