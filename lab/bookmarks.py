"""Points of a latent space that a person keeps with a run, in the file `bookmarks.json` of its folder: numbers, not pictures, so that
each is drawn by the weights of now."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from lab.errors import LabError
from lab.paths import write_atomic
from lab.run import Run

FILE = "bookmarks.json"
DIRECTIONS = "directions.json"
"""Directions of the latent space under the names that a person gave them; each in the form of a bookmark."""


@dataclass(frozen=True)
class Bookmark:
    """A point z (D,) with its name, and the class that it is drawn as where the model is given one."""

    name: str
    z: tuple[float, ...]
    label: int = 0

    @property
    def anchor(self) -> str:
        """The point as views take it (`--anchors`)."""
        return "z:" + ",".join(f"{value:.6g}" for value in self.z)


def bookmarks(run: Run, file: str = FILE) -> tuple[Bookmark, ...]:
    """Those of a run, in the order in which they were made; what cannot be read of them counts as not made."""
    try:
        stored = json.loads((run.path / file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    read = (parsed(one) for one in stored) if isinstance(stored, list) else ()
    return tuple(one for one in read if one is not None)


def parsed(stored: Any) -> Bookmark | None:
    if not isinstance(stored, dict):
        return None
    name, z, label = stored.get("name"), stored.get("z"), stored.get("label", 0)
    numbers = isinstance(z, list) and z and all(isinstance(value, int | float) and math.isfinite(value) for value in z)
    return Bookmark(name, tuple(map(float, z)), label) if isinstance(name, str) and numbers and isinstance(label, int) else None  # type: ignore[arg-type]


def keep(run: Run, made: tuple[Bookmark, ...], file: str = FILE) -> None:
    """Let these be the bookmarks of a run. Raises LabError where its folder cannot be written."""
    try:
        if made:
            write_atomic(run.path / file, json.dumps([asdict(one) for one in made], indent=1, ensure_ascii=True))
        else:
            (run.path / file).unlink(missing_ok=True)
    except OSError as error:
        raise LabError(f"Cannot write {run.path / file} ({error.strerror}).") from None


def python(run: Run, bookmark: Bookmark) -> str:
    """Python that draws a bookmark again."""
    name = str(run.path.resolve()) if not run.shipped else run.name
    z = ", ".join(f"{value:.6g}" for value in bookmark.z)
    return "\n".join(
        (
            "import lab",
            f"z = [{z}]  # {' '.join(bookmark.name.split())}",
            f'lab.find({name!r}).show("decode", code=",".join(map(str, z)), label={bookmark.label}).save("bookmark.png")',
        )
    )
