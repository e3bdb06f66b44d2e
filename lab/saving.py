"""Where a picture, a film or a recording goes: asked before the work, so that no work is lost."""

import os
from pathlib import Path

from lab.errors import LabError, UsageError

ENDINGS = (".png", ".gif", ".mp4", ".npz")
"""The formats in which an answer can be saved."""


def destination(path: str | Path, endings: tuple[str, ...], flag: str = "--out") -> Path:
    """`path`, once it is known that a file of one of these endings (of either case) can be written there.

    Raises UsageError for another ending or a folder's name, LabError where one may not write.
    """
    path = Path(path).expanduser()
    if len(path.parts) > 1 and len(path.parts[0]) > 2 and path.parts[0].endswith(":") and not Path(path.parts[0]).exists():
        raise UsageError(f"{flag} {path} is an address. Name a file on this machine.")
    if path.suffix.lower() not in endings:
        expected = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
        raise UsageError(f"{flag} {path.name or path}: expected a name that ends in {expected}.")
    try:
        if path.is_dir():
            raise UsageError(f"{flag} {path} is a folder. Name a file in it.")
        if path.exists():
            writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
        else:
            folder = next(parent for parent in path.absolute().parents if parent.exists())
            if not folder.is_dir():
                raise LabError(f"Cannot write {path}: {folder} is a file, not a folder. Choose another name with {flag}.")
            writable = os.access(folder, os.W_OK | os.X_OK)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LabError(f"Cannot write {path} ({reason}). Choose another name with {flag}.") from None
    if not writable:
        raise LabError(f"Cannot write {path} (permission denied). Choose another name with {flag}.")
    return path
