"""The games' pictures (`lab.atari.thumbnail`), kept on disk once made."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QStandardPaths


def folder() -> Path:
    """Where the pictures are kept."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericCacheLocation)) / "lab" / "games"


def thumbnail(game: str) -> np.ndarray:
    """(H, W, 3) uint8, from disk or, the first time, from the emulator."""
    from PIL import Image

    path = folder() / f"{game}.png"
    if path.exists():
        try:
            return np.asarray(Image.open(path).convert("RGB"))
        except OSError:
            path.unlink(missing_ok=True)
    from lab.atari import thumbnail as source

    pixels = source.thumbnail(game)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    except OSError:
        pass  # A cache that cannot be written costs time, nothing else.
    return pixels
