"""What a run remembers about its data, and how the current data differ from it. Imports no torch.

`Experiment.data_record()` describes the data as they are; a run stores that as "data" in its `config.json`. A record is JSON:

- `data`: where the data are, as in the config; `fingerprint`: their hash; `size` and `unit`: how many ("rows", "files", ...);
- the names that the network's inputs and outputs stand for, in order: those of `NAMES`;
- `assumed`: sentences that say what a reader decided (separator, columns, what was left out);
- `contains_stored`: whether all that the run was trained on is still there unchanged. Only compared, never stored.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

Record = dict[str, Any]

NAMES = {
    "classes": "class",
    "vocabulary": "token",
    "source_vocabulary": "source token",
    "target_vocabulary": "target token",
    "columns": "column",
}
"""The lists of names in a record, and what one of them is called."""


RULES = 3
"""Version of the rules for reading user files. Runs that store no version used the first: UTF-8 only, words by `re`'s \\w. The third
reads tagged words by tabs and without comments, and knows the pictures of captions."""


def rules_of(own: bool, remembered: Record | None) -> int:
    """The version of the reading rules: the current one for the user's `own` files, unless a stored run has `remembered` another."""
    if remembered is not None:
        return int(remembered.get("rules", 1))
    return RULES if own else 1


@dataclass(frozen=True)
class Comparison:
    """How data differ from the training data: a kind, and a sentence for the user ("" for `same`)."""

    kind: Literal["same", "moved", "grown", "other"]
    sentence: str = ""


def compare(stored: Record, current: Record) -> Comparison:
    """How the data `current` differ from the `stored` ones. Keys that either record lacks are taken as equal."""
    moved = differ(stored, current, "data")
    equal = stored.get("fingerprint") is not None and stored["fingerprint"] == current.get("fingerprint")
    # A run that was trained further on other data keeps the names of its first ones.
    names = [] if equal else [text for key, noun in NAMES.items() if (text := changed_names(noun, stored.get(key), current.get(key)))]
    if moved and not (stored.get("fingerprint") and current.get("fingerprint")):  # One of them is a data set with a name.
        return Comparison("other", f"The data are {current['data']}, not {stored['data']} as in training.")
    if not differ(stored, current, "fingerprint") and not names:
        if not moved:
            return Comparison("same")
        return Comparison("moved", f"The data have moved from {stored['data']} to {current['data']}; their content is unchanged.")
    what = "; ".join(names + size_change(stored, current)) or "different content"
    where = f" ({current['data']} instead of {stored['data']})" if moved else ""
    if current.get("contains_stored") and not names:
        return Comparison("grown", f"The data have grown since training{where}: {what}.")
    return Comparison("other", f"The data differ from the training data{where}: {what}.")


def merged(stored: Record, current: Record) -> Record:
    """The record of a run that continues on different data: the data current, with the names that its network was built for."""
    kept = {key: stored[key] for key in (*NAMES, "mean", "deviation", "length", "rules") if key in stored}
    earlier = [*stored.get("earlier", []), {key: stored[key] for key in ("data", "fingerprint", "size", "unit") if key in stored}]
    return {**storable(current), **kept, "earlier": earlier}


def first_data(remembered: Record | None, data: str) -> str:
    """The data that a run began with, whose form its network has; `data` where none are remembered."""
    known = remembered or {}
    return str(next((earlier["data"] for earlier in known.get("earlier", []) if "data" in earlier), known.get("data", data)))


def storable(current: Record) -> Record:
    return {key: value for key, value in current.items() if key != "contains_stored"}


def differ(stored: Record, current: Record, key: str) -> bool:
    return stored.get(key) is not None and current.get(key) is not None and stored[key] != current[key]


def changed_names(noun: str, stored: list[str] | None, current: list[str] | None) -> str:
    """Which names are missing and which are new; "" if they are the same or one side is unknown."""
    if not stored or not current or stored == current:
        return ""
    gone, new = ([name for name in a if name not in set(b)] for a, b in ((stored, current), (current, stored)))
    if not gone and not new:
        return f"the {noun} names are in a different order"
    return ", ".join(f"{word} {listed(noun, names)}" for names, word in ((gone, "missing"), (new, "new")) if names)


def listed(noun: str, names: list[str]) -> str:
    """The first names after their noun: class 'a', 'b', 'c' and 4 more."""
    shown = ", ".join(repr(name) for name in names[:3])
    return f"{noun} {shown}" + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")


def size_change(stored: Record, current: Record) -> list[str]:
    if not differ(stored, current, "size"):
        return []
    return [f"{current['size']:,} {current.get('unit', 'items')} instead of {stored['size']:,}"]


def fingerprint(content: Any) -> str:
    """The SHA-256 of bytes, of a list of rows of text, or of a numpy array."""
    raw = content if isinstance(content, bytes) else "\n".join(content).encode() if isinstance(content, list) else content.tobytes()
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def of_content(content: Any, unit: str, stored: Record | None) -> Record:
    """Fingerprint and size (in `unit`s) of ordered data, and whether they begin with the training data of a run.

    `content` is bytes, a list of rows of text, or an array whose first axis is time.
    """
    record: Record = {"fingerprint": fingerprint(content), "size": len(content), "unit": unit}
    size = (stored or {}).get("size")
    if isinstance(size, int) and 0 < size < len(content):
        record["contains_stored"] = fingerprint(content[:size]) == (stored or {}).get("fingerprint")
    return record
