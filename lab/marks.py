"""What a person notes about a run: tags, a note and a star, in the file `marks.json` of its folder."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from lab.errors import LabError, UsageError
from lab.paths import write_atomic
from lab.run import Run

FILE = "marks.json"


@dataclass(frozen=True)
class Marks:
    """Tags in the order in which they were given, a note, and whether the run has a star."""

    tags: tuple[str, ...] = ()
    note: str = ""
    star: bool = False


def marks(run: Run) -> Marks:
    """Those of a run; what cannot be read of them counts as not given."""
    try:
        stored = json.loads((run.path / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Marks()
    if not isinstance(stored, dict):
        return Marks()
    tags, note = stored.get("tags"), stored.get("note")
    kept = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    return Marks(kept, note if isinstance(note, str) else "", stored.get("star") is True)


def tag(run: Run, *tags: str, remove: Iterable[str] = (), note: str | None = None, star: bool | None = None) -> Marks:
    """Add tags to a run, take some away, set its note or its star; what it has then. What is not given stays as it is.

    Raises UsageError for a tag with a space or a comma in it, LabError where the folder cannot be written.
    """
    if run.shipped:
        raise UsageError(f"{run.name} comes with the lab: only your own runs have tags, notes and a star.")
    for name in tags:
        if not re.fullmatch(r"[^\s,]+", name):
            raise UsageError(f"A tag is one word without a comma, got {name!r}.")
    before, gone = marks(run), set(remove)
    kept = tuple(dict.fromkeys(name for name in (*before.tags, *tags) if name not in gone))
    after = replace(before, tags=kept, note=before.note if note is None else note.strip(), star=before.star if star is None else star)
    put(run, after)
    return after


def put(run: Run, after: Marks) -> None:
    """Give a run these marks in place of those that it has. Raises LabError where the folder cannot be written."""
    try:
        if after == Marks():
            (run.path / FILE).unlink(missing_ok=True)
        elif after != marks(run):
            write_atomic(run.path / FILE, json.dumps(asdict(after), indent=1, ensure_ascii=True))
    except OSError as error:
        raise LabError(f"Cannot write {run.path / FILE} ({error.strerror}).") from None
