"""Weight files that a person has: safetensors, and PyTorch's .pth through `torch.load(weights_only=True)`.

A .pth is a pickle, and a pickle is a program. `weights_only` reads it with PyTorch's restricted unpickler, which imports nothing
and calls only the functions that rebuild tensors; torch>=2.11 is pinned because earlier ones had holes. A reader of our own would be a
second one to keep safe, and would know fewer of the formats that are around. The lab itself writes safetensors only.
Read first: `load_weights`.
"""

import argparse
import io
import logging
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.errors import LabError

log = logging.getLogger("lab.weights")

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
"""Keys under which training scripts put the weights in a checkpoint, beside the optimiser's state and the epoch."""
HARMLESS: list[Any] = [
    argparse.Namespace,
    np.float64(0).__reduce__()[0],
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8", "?")),
]
"""Plain data that training scripts store beside the weights: their arguments, a best accuracy as a NumPy number."""
PREFIXES = ("module.", "model.", "net.", "backbone.")
"""What DataParallel, Lightning and modules that hold the network put before each name."""


def load_weights(net: nn.Module, weights: dict[str, Tensor], path: Path) -> list[str]:
    """Fill `net` with what `read_weights(path)` gave and return a sentence for each thing left out: a head for other classes, auxiliary heads.

    Names are torchvision's, with or without prefixes. Raises LabError where the weights belong to another network.
    """
    expected = net.state_dict()
    weights, notes = without_prefixes(weights, set(expected), path)
    head = str(getattr(net, "head", ""))
    in_head = [n for n in expected if head and n.startswith(f"{head}.")]
    other_head = [n for n in in_head if n in weights and weights[n].shape != expected[n].shape]
    if other_head:
        classes = len(weights[other_head[0]])
        notes.append(
            f"the head of {path.name} has {classes:,} classes, this network's has {len(expected[other_head[0]]):,}: the head is initialised from scratch"
        )
        weights = {n: t for n, t in weights.items() if n not in other_head}
    elif weights and in_head and not any(n in weights for n in in_head):
        other_head = in_head
        notes.append(f"{path.name} has no head: the head is initialised from scratch")
    ignored = sorted({n.split(".")[0] for n in weights if n.startswith(("aux1.", "aux2.")) and n not in expected})
    if ignored:
        notes.append(f"{' and '.join(ignored)} of {path.name} are left out: this network has no auxiliary heads")
        weights = {n: t for n, t in weights.items() if n.split(".")[0] not in ignored}
    optional = {n for n in expected if n.endswith("num_batches_tracked")}
    missing = [n for n in expected if n not in weights and n not in other_head and n not in optional]
    surplus = [n for n in weights if n not in expected]
    if missing or surplus:
        first = f"{missing[0]} is missing" if missing else f"{surplus[0]} is unexpected"
        raise LabError(
            f"{path.name} holds weights of another network: {first} ({len(missing)} missing, {len(surplus)} unexpected). "
            "Choose the network that the file was made for with --network."
        )
    for name, tensor in weights.items():
        if tensor.shape != expected[name].shape:
            raise LabError(
                f"{path.name} holds weights of another shape: {name} is {shape(tensor)} there and {shape(expected[name])} here. "
                "Published weights want 3 channels and at least 64 px: --colours rgb --size 64 (or more)."
            )
    net.load_state_dict({n: t.to(expected[n].dtype) for n, t in weights.items()}, strict=False)
    return notes


def without_prefixes(weights: dict[str, Tensor], expected: set[str], path: Path) -> tuple[dict[str, Tensor], list[str]]:
    """`weights` without the prefixes that keep names from being the `expected` ones, and a sentence about tensors that have no such prefix."""
    notes: list[str] = []
    while True:
        stripped = {p: {n.removeprefix(p): t for n, t in weights.items() if n.startswith(p)} for p in PREFIXES}
        prefix, best = max(stripped.items(), key=lambda item: (len(expected & item[1].keys()), len(item[1])))
        now = len(expected & weights.keys())
        if len(expected & best.keys()) <= now and (now or len(best) <= len(weights) / 2):
            return weights, notes
        others = [n for n in weights if not n.startswith(prefix)]
        if others:
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            notes.append(f"left out of {path.name}, as they are outside {prefix[:-1]!r}: {', '.join(others[:3])}{more}")
        weights = best


def shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def current_name(name: str) -> str:
    """torchvision's name now: its published DenseNet files have older ones (norm.1 for norm1); `torch.compile` adds _orig_mod."""
    return re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.", r"\1\2.", name.replace("_orig_mod.", ""))


def weights_file(text: str) -> Path:
    """The file that `text` names: itself, or the weights in the newest checkpoint of a run. Raises LabError where the run has none."""
    from lab import checkpoint
    from lab.paths import expanded, runs_folder

    for folder in (expanded(text), runs_folder() / text):
        if (folder / "config.json").is_file():
            written = checkpoint.listed(folder / "checkpoints")
            if not written:
                raise LabError(f"Run {folder.name} has no checkpoint yet, so no weights to start from.")
            return written[-1] / "serving.safetensors"
    return expanded(text)


def is_autoencoder(weights: dict[str, Tensor]) -> bool:
    """Whether they are those of a run of autoencoder or vae."""
    return any(name.startswith("encoder.layers.") for name in weights) and any(name.startswith("decoder.") for name in weights)


def begin_with_encoder(net: nn.Module, weights: dict[str, Tensor], name: str) -> str:
    """Fill the hidden layers of an MLP with an autoencoder's encoder and return a sentence about it; the head stays as it is.

    Raises LabError where the two differ in their layers.
    """
    from models.vision.mlp import MLP

    numbers = sorted({int(key.split(".")[2]) for key in weights if key.startswith("encoder.layers.")})
    layers = [weights[f"encoder.layers.{i}.weight"] for i in numbers]
    if any(layer.dim() != 2 for layer in layers):
        raise LabError(f"{name} has an encoder of convolutions. Only one of dense layers can begin a classifier: --architecture dense.")
    hidden = ",".join(str(len(layer)) for layer in layers)
    own = [layer for layer in net.layers if isinstance(layer, nn.Linear)][:-1] if isinstance(net, MLP) else []
    if [layer.weight.shape for layer in own] != [layer.shape for layer in layers]:
        raise LabError(
            f"The encoder of {name} has hidden layers of {hidden} units on {layers[0].shape[1]:,} pixels: start a classifier from it with "
            f"--network mlp --hidden-units {hidden}, on images of the same size and colours."
        )
    for layer, i in zip(own, numbers, strict=True):
        layer.load_state_dict({part: weights[f"encoder.layers.{i}.{part}"].float() for part in ("weight", "bias")})
    return f"the hidden layers are the encoder of {name}; the head is initialised from scratch"


@torch.no_grad()
def unit_to_normalised(layer: nn.Linear, mean: Tensor, std: Tensor) -> None:
    """Let a layer that took pixels in [0, 1], flattened, give the same for pixels normalised by mean and std (C,)."""
    pixels = layer.in_features // len(mean)
    layer.bias.add_(layer.weight @ mean.repeat_interleave(pixels))
    layer.weight.mul_(std.repeat_interleave(pixels))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a .safetensors or a .pth / .pt / .bin file.

    The serving.safetensors of a run of `classify` holds its network's weights, beside the `mean` and `std` by which it normalises images.
    """
    if path.is_dir():
        raise LabError(f"{path} is a folder; a weights file was expected.")
    if not path.is_file():
        raise LabError(f"There is no weights file {path}.")
    if is_safetensors(path):
        from lab.checkpoint import read_weights as read_safetensors

        tensors = read_safetensors(path)
    else:
        tensors = read_pth(path)
    if not tensors:
        raise LabError(f"{path.name} holds no weights.")
    return {current_name(name): real(tensor, name, path) for name, tensor in tensors.items()}


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do (the header's length, then JSON), whatever its name ends with."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{" or (path.suffix.lower() == ".safetensors" and not zipfile.is_zipfile(path))


def real(tensor: Tensor, name: str, path: Path) -> Tensor:
    """The tensor, dense. Raises LabError where it holds complex, NaN or infinite values."""
    if tensor.is_complex() or tensor.is_quantized:
        raise LabError(f"{path.name}: {name} has {str(tensor.dtype).removeprefix('torch.')} values; real numbers were expected.")
    dense = tensor if tensor.layout == torch.strided else tensor.to_dense()
    if dense.is_floating_point() and not bool(dense.isfinite().all()):
        raise LabError(f"{path.name}: {name} has values that are NaN or infinite; the training that wrote it had diverged.")
    return dense


ADVICE = "Save the weights with torch.save(model.state_dict(), FILE) or as safetensors."


def read_tree(path: Path, content: bytes | None = None) -> Any:
    """What torch.save has written into the file, or into `content` of it: tensors and plain data. Raises LabError for anything else."""
    if content is None and is_safetensors(path):
        raise LabError(f"{path.name} is a safetensors file; one of torch.save was expected.")
    try:
        # As an open file: given a name, torch.load chooses the format by its ending.
        with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(HARMLESS):
            file = io.BytesIO(path.read_bytes() if content is None else content)
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # What a damaged file raises has no common class.
        raise LabError(f"{path.name} cannot be read as weights: {reason(error)}. {ADVICE}") from None


def read_pth(path: Path, content: bytes | None = None) -> dict[str, Tensor]:
    """The state_dict in a file of torch.save: at its top, under one of `WRAPPERS`, or the only one in it. Raises LabError where there is none."""
    tree = read_tree(path, content)
    under = []
    while isinstance(tree, dict) and (key := wrapper(tree)) is not None:
        under.append(key)
        tree = tree[key]
    if not is_state_dict(tree):
        raise LabError(f"{path.name} cannot be read as weights: it holds no dict of tensors by name. {ADVICE}")
    if under:
        log.info("%s: the weights under %s are used", path.name, " / ".join(map(repr, under)))
    return {name: tensor.detach() for name, tensor in tree.items()}


def wrapper(tree: dict[Any, Any]) -> str | None:
    """The key under which a checkpoint holds its weights; None where it is the weights itself, or nothing says which of several."""
    known = next((key for key in WRAPPERS if isinstance(tree.get(key), dict) and tree[key]), None)
    others = [key for key, value in tree.items() if isinstance(key, str) and is_state_dict(value)]
    return known or (others[0] if len(others) == 1 else None)


def is_state_dict(tree: Any) -> bool:
    return isinstance(tree, dict) and bool(tree) and all(isinstance(n, str) and isinstance(t, Tensor) for n, t in tree.items())


def reason(error: Exception) -> str:
    """PyTorch's message without its advice to switch the protection off."""
    if match := re.search(r"(?:Unsupported global:|unsupported) GLOBAL (\S+)", str(error)):
        return f"it names {match[1]}, which is refused: a weights file holds tensors and plain data, nothing else"
    if "Weights only load failed" in str(error):
        return "its pickle has instructions that no weights need"
    return "it is damaged, or was not written by torch.save"
