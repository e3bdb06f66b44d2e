"""Presets: a recipe's settings under a name, those that come with the lab and one's own.

One's own are in the file `presets.json` beside the runs, so that the app, the shell and Python share them. Read first: `preset`.
"""

import json
from pathlib import Path
from typing import Any

from lab import registry
from lab.built_in_presets import BUILT_IN, Preset
from lab.errors import LabError, UsageError, unknown
from lab.paths import runs_folder, write_atomic


def path() -> Path:
    return runs_folder() / "presets.json"


def own(recipe: str) -> dict[str, Preset]:
    """One's own presets of a recipe by name. Raises LabError where the file cannot be read."""
    made = {}
    for name, stored in read().get(recipe, {}).items():
        made[name] = Preset("Your own.", stored["fields"], stored.get("steps"), stored.get("minutes"))
    return made


def read() -> dict[str, dict[str, dict[str, Any]]]:
    try:
        stored = json.loads(path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        stored = None
    if not isinstance(stored, dict) or not all(
        isinstance(named, dict) and all(isinstance(entry, dict) and isinstance(entry.get("fields"), dict) for entry in named.values())
        for named in stored.values()
    ):
        raise LabError(f"{path()} cannot be read as presets. Repair it, or move it away to begin with none.")
    return stored


def presets(recipe: str) -> dict[str, Preset]:
    """All presets of a recipe by name: those of the lab, then one's own."""
    return {**BUILT_IN.get(recipe, {}), **own(recipe)}


def preset(recipe: str, name: str) -> Preset:
    """A recipe's preset. Raises UsageError that names those that there are."""
    known = presets(recipe)
    wanted = {each.lower(): each for each in known}.get(name.strip().lower())
    if wanted is None and not known:
        raise UsageError(f"{recipe} has no presets. In the app, Presets > Save as makes one of the settings in the form.")
    if wanted is None:
        raise unknown(f"preset of {recipe}", name, known)
    return known[wanted]


def save(recipe: str, name: str, fields: dict[str, Any], *, steps: int | None = None, minutes: float | None = None) -> None:
    """Keep settings under a name; what was kept under it before is replaced. Raises UsageError for a name that cannot be."""
    name = checked(recipe, name)
    registry.recipe(recipe).config_class().parse(fields)
    stored = read()
    entry = {"fields": fields, "steps": steps, "minutes": minutes}
    stored.setdefault(recipe, {})[name] = {key: value for key, value in entry.items() if value is not None}
    write(stored)


def rename(recipe: str, name: str, new: str) -> None:
    """Give one's own preset another name, which no other has."""
    new = checked(recipe, new)
    stored = read()
    if new != name and new in stored[recipe]:
        raise UsageError(f"{recipe} has a preset {new!r} already: choose another name.")
    stored[recipe] = {new if key == name else key: value for key, value in stored[recipe].items()}
    write(stored)


def delete(recipe: str, name: str) -> None:
    """Forget one's own preset."""
    stored = read()
    del stored[recipe][name]
    write({key: named for key, named in stored.items() if named})


def checked(recipe: str, name: str) -> str:
    """A name that one's own preset may have."""
    name = " ".join(name.split())
    if not name:
        raise UsageError("A preset needs a name.")
    if name.lower() in (taken.lower() for taken in BUILT_IN.get(recipe, {})):
        raise UsageError(f"{name!r} is a preset of the lab: choose another name.")
    return name


def write(stored: dict[str, dict[str, dict[str, Any]]]) -> None:
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path(), json.dumps(stored, indent=1, ensure_ascii=True))
    except OSError as error:
        raise LabError(f"Cannot write {path()} ({error.strerror}).") from None
