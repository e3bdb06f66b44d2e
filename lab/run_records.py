"""What `config.json` and `status.json` of a run hold, checked: either may come from another version or a person's editor."""

from typing import Any

from lab.metrics import is_number

CONFIG = {
    "recipe": str,
    "config": dict,
    "created": str,
    "device": str,
    "threads": int,
    "steps": int | None,
    "minutes": float | int | None,
    "data": dict,
    "part_of": dict,
    "processes": int,
}
"""What `config.json` may hold that the app relies on, and of which type; the first two it must."""
STATUS = {
    "status": str, "done": int, "unit": str, "target": int | None, "until": float | int | None, "seconds": float | int,
    "reason": str, "metrics": dict, "updated": str, "pid": int, "threads": int,
}  # fmt: skip
"""What `write_status` writes."""


def checked_config(stored: Any) -> dict[str, Any]:
    """What `config.json` holds. Raises ValueError where a part of it is missing or of another type than `Run.create` writes."""
    if not isinstance(stored, dict):
        raise ValueError("it is not a JSON object")
    for name in ("recipe", "config"):
        if name not in stored:
            raise ValueError(f"it has no {name!r}")
    steps, minutes = stored.get("steps"), stored.get("minutes")
    if isinstance(steps, float) and steps.is_integer():
        stored["steps"] = int(steps)  # An older version stored lengths as they were given: 3.0, or infinity.
    if isinstance(minutes, float) and not is_number(minutes):
        stored["minutes"] = None
    for name, kind in CONFIG.items():
        if name in stored and not fits(stored[name], kind):
            raise ValueError(f"its {name!r} cannot be {stored[name]!r:.40}")
    if not fits(stored["config"].get("seed", 0), int):
        raise ValueError(f"its seed cannot be {stored['config']['seed']!r:.40}")
    return stored


def checked_status(stored: Any) -> dict[str, Any]:
    """What `status.json` holds, without entries of another type than `write_status` writes."""
    stored = stored if isinstance(stored, dict) else {}
    status = {"status": "unknown", **{name: stored[name] for name, kind in STATUS.items() if name in stored and fits(stored[name], kind)}}
    if "metrics" in status:
        status["metrics"] = {name: value for name, value in status["metrics"].items() if value is None or is_number(value)}
    return status


def fits(value: Any, kind: Any) -> bool:
    """Whether a value from JSON is of a type; a number, moreover, one to reckon with."""
    return isinstance(value, kind) and (not isinstance(value, int | float) or is_number(value))
