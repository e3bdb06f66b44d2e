"""A run folder on its way between machines that share no storage: its files with its newest checkpoint, as bytes."""

import os
import shutil
from contextlib import suppress
from pathlib import Path, PurePosixPath

from lab.checkpoint import listed

Files = dict[str, bytes]
"""Contents by path, relative to the run folder, with slashes."""
LOCK = "lock"


def packed(folder: Path) -> Files:
    """The files of a run that may be in training: what vanishes meanwhile is left out."""
    kept = {path.name for path in listed(folder / "checkpoints")[-1:]}
    files: Files = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.name == LOCK or not path.is_file() or (parts[0] == "checkpoints" and parts[1] not in kept):
            continue
        with suppress(FileNotFoundError):
            files["/".join(parts)] = path.read_bytes()
    return files


def unpack(files: Files, folder: Path) -> None:
    """Write them over those of `folder`, and forget older checkpoints once the new one is whole. Raises ValueError for a path that leads elsewhere."""
    for name, content in files.items():
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or PurePosixPath(name).is_absolute():
            raise ValueError(f"a file of a run lies in its folder, got {name}")
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(content)
        os.replace(new, path)
    brought = {PurePosixPath(name).parts[1] for name in files if name.startswith("checkpoints/")}
    for path in listed(folder / "checkpoints") if brought else ():
        if path.name not in brought:
            shutil.rmtree(path, ignore_errors=True)
