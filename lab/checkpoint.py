"""Checkpoints: a state tree as safetensors, JSON and compressed segments, written whole or not at all.

    checkpoints/step-000012000/
        state.safetensors     every tensor and array of the state tree
        state.json            the tree itself, with references to tensors and segments
        serving.safetensors   the weights that views, evaluation and watching use
        segments/*.zst        append-only blocks (replay frames), hard-linked from the checkpoint before
        manifest.json         size and sha256 of each file

Written to a temporary sibling, fsynced, renamed once. Read first: `write`, `read`, `newest_good`. Nothing is unpickled.
"""

import errno
import hashlib
import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zstandard
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from lab.errors import LabError

FORMAT = 1
FILES = ("state.safetensors", "state.json", "serving.safetensors")


class Segment:
    """An immutable named array that is compressed at once and written to disk once, however many checkpoints hold it."""

    def __init__(self, name: str, array: np.ndarray):
        self.name, self.shape, self.dtype = name, array.shape, str(array.dtype)
        self.data: bytes | None = zstandard.ZstdCompressor(level=3).compress(np.ascontiguousarray(array).data)
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        self.bytes = len(self.data)
        self.path: Path | None = None

    def read(self) -> np.ndarray:
        """The array, from memory or from the newest checkpoint that holds it."""
        data = self.data if self.data is not None else self.path.read_bytes()  # type: ignore[union-attr]
        return np.frombuffer(zstandard.ZstdDecompressor().decompress(data), self.dtype).reshape(self.shape)

    @classmethod
    def stored(cls, entry: dict[str, Any], path: Path) -> "Segment":
        """A segment that lies in a checkpoint already."""
        self = cls.__new__(cls)
        self.name, self.shape, self.dtype = entry["name"], tuple(entry["shape"]), entry["dtype"]
        self.sha256, self.bytes, self.data, self.path = entry["sha256"], entry["bytes"], None, path
        return self


def write(parent: Path, step: int, state: dict[str, Any], serving: dict[str, torch.Tensor], about: dict[str, Any] | None = None) -> Path:
    """Write checkpoint `step-<step>` under `parent`; its path. `state` must not change meanwhile.

    The safetensors files say what they hold in their metadata, under the key "lab": the step and what `about` says, as JSON.

    Raises LabError where the disk is full or a float of the state is not finite; what was there before stays as it was.
    """
    final = parent / f"step-{step:012d}"
    temporary = parent / f".tmp-{final.name}"
    tree, tensors, segments = flatten(state)
    bad = first_not_finite(tensors)
    if bad:
        raise LabError(f"Checkpoint {final.name} not written: {bad} holds NaN or infinity.")
    try:
        text = json.dumps(tree, allow_nan=False)
    except ValueError:
        raise LabError(f"Checkpoint {final.name} not written: a number of the state is NaN or infinite.") from None
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        (temporary / "segments").mkdir(parents=True)
        # One key: safetensors writes several in no fixed order, and the same state must give the same bytes.
        metadata = {"lab": json.dumps({**(about or {}), "step": step}, sort_keys=True)}
        save_file(tensors, temporary / "state.safetensors", metadata)
        save_file({k: v.detach().contiguous().cpu() for k, v in serving.items()}, temporary / "serving.safetensors", metadata)
        (temporary / "state.json").write_text(text)
        for name in ("state.safetensors", "serving.safetensors"):  # safetensors makes files that only their owner may read.
            (temporary / name).chmod((temporary / "state.json").stat().st_mode)
        files = {name: digest(temporary / name) for name in FILES}
        for segment in segments:
            name = f"segments/{segment.name}.zst"
            place(segment, temporary / name)
            files[name] = {"sha256": segment.sha256, "bytes": segment.bytes}
        (temporary / "manifest.json").write_text(json.dumps({"format": FORMAT, "step": step, "files": files}, indent=1))
        for name in (*files, "manifest.json", "segments", "."):
            fsync(temporary / name)
        if final.exists():
            old = parent / f".old-{final.name}"
            shutil.rmtree(old, ignore_errors=True)
            final.rename(old)
        temporary.rename(final)
        fsync(parent)
        shutil.rmtree(parent / f".old-{final.name}", ignore_errors=True)
    except (OSError, SafetensorError) as error:
        intact = "; earlier ones are intact" if listed(parent) else ""
        failure = disk_error(error, parent, f"checkpoint {final.name} was not written{intact}")
        shutil.rmtree(temporary, ignore_errors=True)  # After the free space was read.
        raise failure from error
    for segment in segments:
        segment.path, segment.data = final / f"segments/{segment.name}.zst", None
    return final


def place(segment: Segment, path: Path) -> None:
    """Put a segment's file at `path`: a hard link to the one on disk, a copy where links fail, else its bytes."""
    if segment.path is not None and segment.path.exists():
        try:
            os.link(segment.path, path)
        except OSError:
            shutil.copyfile(segment.path, path)
    elif segment.data is not None:
        path.write_bytes(segment.data)
    else:
        raise FileNotFoundError(errno.ENOENT, "a replay segment is gone", str(segment.path))


def read(path: Path, *, serving_only: bool = False) -> dict[str, Any]:
    """The state tree of the checkpoint at `path` (or just its serving weights), after its manifest is verified.

    Raises LabError that names the file that is missing or altered.
    """
    wanted = verify(path, only=("serving.safetensors",) if serving_only else None)
    try:
        if serving_only:
            return load_file(path / "serving.safetensors")
        tensors = load_file(path / "state.safetensors")
        tree = json.loads((path / "state.json").read_text())
    except (OSError, ValueError, SafetensorError) as error:
        raise LabError(f"Checkpoint {path.name} cannot be read: {error}.") from None
    return unflatten(tree, tensors, {n: path / n for n in wanted})


def verify(path: Path, only: tuple[str, ...] | None = None) -> dict[str, dict[str, Any]]:
    """The manifest's files, each checked for size and sha256. Raises LabError for the first that differs."""
    try:
        manifest = json.loads((path / "manifest.json").read_text())
        files = {name: {"bytes": int(entry["bytes"]), "sha256": str(entry["sha256"])} for name, entry in manifest["files"].items()}
        if not set(FILES) <= set(files):
            raise KeyError(*FILES)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise LabError(f"Checkpoint {path.name} is damaged: its manifest.json is missing or unreadable.") from None
    if manifest.get("format") != FORMAT:
        raise LabError(f"Checkpoint {path.name} has format {manifest.get('format')}; this version reads format {FORMAT}.")
    for name, expected in files.items():
        if only is not None and name not in only:
            continue
        file = path / name
        if not file.is_file():
            raise LabError(f"Checkpoint {path.name} is damaged: {name} is missing.")
        if file.stat().st_size != expected["bytes"]:
            raise LabError(f"Checkpoint {path.name} is damaged: {name} has {file.stat().st_size} bytes, expected {expected['bytes']}.")
        if digest(file)["sha256"] != expected["sha256"]:
            raise LabError(f"Checkpoint {path.name} is damaged: {name} does not match its sha256.")
    return files


def listed(parent: Path) -> list[Path]:
    """The checkpoints under `parent`, oldest first, verified or not.

    One that was set aside for a newer one of the same step counts where a kill kept the newer one from its place.
    """
    written = {path.name: path for path in parent.glob("step-*")}
    aside = {path.name.removeprefix(".old-"): path for path in parent.glob(".old-step-*")}
    return [path for _, path in sorted((aside | written).items())]


def step_of(path: Path) -> int | None:
    """How far training was at a checkpoint, by its name; None for another folder."""
    number = path.name.removeprefix(".old-").removeprefix("step-")
    return int(number) if number.isdecimal() else None


def of_step(parent: Path, step: int) -> Path | None:
    """The checkpoint of a step, None where it is not kept."""
    return next((path for path in listed(parent) if step_of(path) == step), None)


def newest_good(parent: Path, *, serving_only: bool = False) -> tuple[Path, dict[str, Any], list[str]]:
    """The newest checkpoint that passes its manifest: its path, its contents, and a sentence for each one passed over."""
    problems: list[str] = []
    for path in reversed(listed(parent)):
        try:
            return path, read(path, serving_only=serving_only), problems
        except LabError as error:
            problems.append(str(error))
    if not serving_only:
        with suppress(LabError):
            whole, _, _ = newest_good(parent, serving_only=True)
            problems.append(f"The network of {whole.name} is intact: `lab eval`, `lab watch` and `lab show` can use it.")
    raise LabError(" ".join([*problems, f"No usable checkpoint under {parent}; train again."]))


def newest_mark(parent: Path) -> tuple[str, int]:
    """What tells the newest checkpoint from every other: its name and the time of its manifest; ("", 0) where there is none."""
    newest = next(reversed(listed(parent)), None)
    if newest is None:
        return "", 0
    manifest = newest / "manifest.json"
    return newest.name, manifest.stat().st_mtime_ns if manifest.exists() else 0


def prune(parent: Path, keep: int, newest: Path | None = None) -> None:
    """Delete all but the newest `keep` checkpoints, and what an interrupted write left behind.

    With `newest`, the checkpoint just written, those of later steps are deleted too: they were damaged, so the run
    continued from an earlier one, and they must not push out the good ones.
    """
    kept = [path for path in listed(parent) if newest is None or path.name <= newest.name][-keep:]
    for path in [*parent.glob("step-*"), *parent.glob(".tmp-*"), *parent.glob(".old-*")]:
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)


def flatten(state: Any) -> tuple[Any, dict[str, torch.Tensor], list[Segment]]:
    """(JSON tree, tensors by dotted path, segments) of a state tree."""
    tensors: dict[str, torch.Tensor] = {}
    segments: list[Segment] = []

    def unique(path: str) -> str:
        while path in tensors:  # Keys may hold dots: a."b.c" and "a.b".c are two tensors.
            path += "'"
        return path

    def walk(node: Any, path: str) -> Any:
        if isinstance(node, torch.Tensor):
            path = unique(path)
            # A flat copy: safetensors refuses views that share memory, and channels_last strides must not matter.
            tensors[path] = node.detach().cpu().contiguous().clone()
            return {"$tensor": path}
        if isinstance(node, np.ndarray):
            path = unique(path)
            tensors[path] = torch.from_numpy(np.array(node, order="C"))
            return {"$array": path}
        if isinstance(node, Segment):
            segments.append(node)
            entry = {"name": node.name, "shape": list(node.shape), "dtype": node.dtype}
            return {"$segment": {**entry, "sha256": node.sha256, "bytes": node.bytes}}
        if isinstance(node, dict) and any(not isinstance(key, str) or key.startswith("$") for key in node):
            if not all(isinstance(key, str | int) for key in node):
                raise TypeError(f"state {path}: keys must be strings or whole numbers, got {list(node)}")
            return {"$items": [[key, walk(value, f"{path}.{key}")] for key, value in node.items()]}
        if isinstance(node, dict):
            return {key: walk(value, f"{path}.{key}".lstrip(".")) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return [walk(value, f"{path}.{i}") for i, value in enumerate(node)]
        if node is None or isinstance(node, bool | int | float | str):
            return node
        raise TypeError(f"state {path}: {type(node).__name__} cannot be stored")

    return walk(state, ""), tensors, segments


def unflatten(tree: Any, tensors: dict[str, torch.Tensor], files: dict[str, Path]) -> Any:
    """The inverse of `flatten`; segments stay on disk until they are read."""
    if isinstance(tree, list):
        return [unflatten(value, tensors, files) for value in tree]
    if not isinstance(tree, dict):
        return tree
    if "$tensor" in tree:
        return tensors[tree["$tensor"]]
    if "$array" in tree:
        return tensors[tree["$array"]].numpy()
    if "$segment" in tree:
        entry = tree["$segment"]
        return Segment.stored(entry, files[f"segments/{entry['name']}.zst"])
    if "$items" in tree:
        return {key: unflatten(value, tensors, files) for key, value in tree["$items"]}
    return {key: unflatten(value, tensors, files) for key, value in tree.items()}


def first_not_finite(tensors: dict[str, torch.Tensor]) -> str:
    """The name of the first float tensor with NaN or infinity in it, or ""."""
    return next((n for n, t in tensors.items() if t.is_floating_point() and not bool(torch.isfinite(t).all())), "")


def serving_weights(module: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of a module's parameters and buffers."""
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def read_weights(file: Path) -> dict[str, torch.Tensor]:
    """A safetensors file. Raises LabError where it is missing or damaged."""
    try:
        return load_file(file)
    except (OSError, SafetensorError) as error:
        raise LabError(f"{file} cannot be read: {error}.") from None


def load_serving(module: nn.Module, weights: dict[str, torch.Tensor], where: Path) -> None:
    """Fill `module`. Raises LabError where the weights belong to another network."""
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise LabError(f"{where} holds weights of another network: {reason}") from None


def digest(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def disk_error(error: OSError | SafetensorError, path: Path, what: str) -> LabError:
    """The sentence for a failed write."""
    if is_disk_full(error):
        free = shutil.disk_usage(path).free / 1e6 if path.exists() else 0
        return LabError(f"The disk is full ({free:,.0f} MB free at {path}): {what}. Free some space and try again.")
    if isinstance(error, FileNotFoundError) and not path.exists():
        return LabError(f"{path} is no longer there: it was deleted, renamed or moved meanwhile, and {what}.")
    return LabError(f"Cannot write to {path} ({getattr(error, 'strerror', None) or error}): {what}.")


def is_disk_full(error: BaseException) -> bool:
    """Whether a write failed for want of space or quota; safetensors says so only in its message."""
    if isinstance(error, SafetensorError):
        match = re.search(r"os error (\d+)", str(error))
        return match is not None and int(match[1]) in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
