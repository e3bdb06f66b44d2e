"""What the commands print: names in columns, and JSON."""

import json
from collections.abc import Mapping
from typing import Any


def in_columns(entries: Mapping[str, str]) -> str:
    """A line for each name, what is said of it beside it."""
    width = 2 + max(map(len, entries), default=0)
    return "\n".join(f"  {name:{width}}{about}" for name, about in entries.items())


def print_figures(figures: dict[str, Any]) -> None:
    """Names and values in two columns."""
    width = 2 + max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:{width}}{value:g}" if isinstance(value, float) else f"{name:{width}}{value}")


def print_json(value: Any) -> None:
    """One JSON document on stdout; NaN and infinity become null, as JSON has neither."""

    def clean(node: Any) -> Any:
        if isinstance(node, dict):
            return {str(key): clean(child) for key, child in node.items()}
        if isinstance(node, list | tuple):
            return [clean(child) for child in node]
        if isinstance(node, float) and (node != node or abs(node) == float("inf")):
            return None
        return node

    print(json.dumps(clean(value), indent=1))
