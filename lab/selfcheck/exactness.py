"""What two experiments hold, compared to the last bit."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from lab import checkpoint
from lab.experiment import Experiment


def stored_and_read(experiment: Experiment, folder: Path) -> dict[str, Any]:
    """The state of an experiment after a checkpoint in `folder` and back."""
    return read_back(stored(experiment, folder))


def stored(experiment: Experiment, folder: Path) -> Path:
    """A checkpoint of an experiment in `folder`."""
    return checkpoint.write(folder / "checkpoints", experiment.progress().done, {"experiment": experiment.state()}, {})


def read_back(path: Path) -> dict[str, Any]:
    """The state of the experiment that a checkpoint holds."""
    return checkpoint.read(path)["experiment"]


def everything(experiment: Experiment) -> tuple[Any, dict[str, torch.Tensor]]:
    """The tree of the state, and all of its tensors."""
    tree, tensors, segments = checkpoint.flatten(experiment.state())
    for segment in segments:
        pixels = np.ascontiguousarray(segment.read())
        tensors[f"segment {segment.name}"] = torch.from_numpy(pixels.copy())
    return without_digests(tree), tensors


def without_digests(node: Any) -> Any:
    """The tree without the digests of segments: those are known only of what was written to disk, and the contents are compared."""
    if isinstance(node, dict):
        return {key: without_digests(value) for key, value in node.items() if key not in ("sha256", "bytes")}
    return [without_digests(value) for value in node] if isinstance(node, list) else node


def differences(one: Experiment, other: Experiment) -> list[str]:
    """The names of the tensors that differ, and "the tree" where anything else does."""
    (tree, tensors), (other_tree, others) = everything(one), everything(other)
    names = [
        name for name in {**tensors, **others} if name not in tensors or name not in others or not torch.equal(tensors[name], others[name])
    ]
    return names + ["the tree"] * (tree != other_tree)
