"""An agent in one file: its network as safetensors, whose metadata hold the run's config and the agent's evaluation.

    format       "lab agent 1"
    recipe, game, step, seed, lab    in words, for whoever looks into the file with other tools
    config       the run's config.json
    evaluation   the figures of `agents.evaluate`, {} where it was not evaluated

Nothing is unpickled. Read first: `write`, `read_records`.
"""

import json
import os
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.run_records import checked_config
from lab.versions import versions

FORMAT = "lab agent 1"
ENDING = ".safetensors"


def write(path: Path, weights: dict[str, Any], stored: dict[str, Any], evaluation: dict[str, Any], step: int) -> None:
    """Write `weights` with a run's `stored` config and the agent's `evaluation`. Raises LabError where it cannot be written."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    metadata = {
        "format": FORMAT, "recipe": str(stored["recipe"]), "game": str(stored["config"].get("game", "")), "step": str(step),
        "seed": str(stored["config"].get("seed", 0)), "lab": versions()["lab"], "config": json.dumps(stored),
        "evaluation": json.dumps(evaluation),
    }  # fmt: skip
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: value.detach().contiguous().cpu() for name, value in weights.items()}, temporary, metadata)
        temporary.chmod(0o644)  # safetensors makes files that only their owner may read.
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        raise LabError(f"Cannot write {path} ({getattr(error, 'strerror', None) or error}).") from None


def read_records(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the run's config.json, the figures of the evaluation) of an agent's file. Raises LabError where it is none, or damaged."""
    entries = metadata(path)
    if entries.get("format") != FORMAT:
        what = (
            f"it has format {entries['format']!r}, this version reads {FORMAT!r}" if "format" in entries else "its metadata hold no agent"
        )
        raise LabError(f"{path.name} cannot be read as an agent: {what}. `lab export RUN --to agent --out FILE` writes one.")
    try:
        evaluation = json.loads(entries.get("evaluation", "{}"))
        return checked_config(json.loads(entries["config"])), evaluation if isinstance(evaluation, dict) else {}
    except (KeyError, ValueError) as error:
        raise LabError(f"{path.name} cannot be read as an agent: its config is damaged ({error}).") from None


def metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file; {} for any other file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError):
        return {}
