"""The scores of the games that one has played oneself, kept between starts, and the table of you against the agent."""

import json
from collections.abc import Sequence
from statistics import mean

from gui.settings import settings

MOST = 200
"""Scores that are kept of a game."""


def scores(game: str) -> list[float]:
    """One's own scores in a game, oldest first."""
    try:
        stored = json.loads(str(settings().value(f"you/{game}", "[]")))
    except ValueError:  # A settings file that somebody wrote in.
        return []
    return [float(score) for score in stored if isinstance(score, int | float)] if isinstance(stored, list) else []


def add(game: str, new: Sequence[float]) -> None:
    """Keep the scores of games that one has just played."""
    if new:
        settings().setValue(f"you/{game}", json.dumps([*scores(game), *new][-MOST:]))


def table(you: Sequence[float], agent: Sequence[float]) -> str:
    """Both side by side, as HTML."""
    cells = "".join(f"<tr><td>{name}</td>{row(values)}</tr>" for name, values in (("You", you), ("Agent", agent)))
    heads = "".join(f"<td align='right'>&nbsp;&nbsp;&nbsp;{head}</td>" for head in ("games", "last", "mean", "best"))
    return f"<table><tr><td></td>{heads}</tr>{cells}</table>"


def row(values: Sequence[float]) -> str:
    shown = [str(len(values)), *((f"{value:,.4g}" for value in (values[-1], mean(values), max(values))) if values else ("—",) * 3)]
    return "".join(f"<td align='right'>&nbsp;&nbsp;&nbsp;<b>{text}</b></td>" for text in shown)
