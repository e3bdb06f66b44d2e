"""Series of numbers over time: bytes of the emulator's memory while an agent plays, and columns of a CSV."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from lab.atari.player import Player
from lab.data.catalogue import loader, shown
from lab.data.record import Record, listed, of_content
from lab.data.table import read_table
from lab.data.text import decoded, own_file
from lab.errors import LabError
from lab.registry import load
from lab.stored_runs import agent_for

Who = Literal["random", "agent"]


@dataclass(frozen=True)
class Series:
    """values (N, C) with the names of their C columns, and the data record of what was read."""

    values: np.ndarray
    names: list[str]
    record: Record


@dataclass(frozen=True)
class Request:
    """What to load: `columns` by name of a file; `decisions` of the memory of a `game` that a `player` plays."""

    data: str
    remembered: Record | None = None
    columns: tuple[str, ...] = ()
    game: str = "pong"
    decisions: int = 4000
    channels: int = 8
    player: Who = "agent"
    seed: int = 0


def load_series(request: Request) -> Series:
    """Raises UsageError where the data are no series, LabError where they cannot be read."""
    return load(loader(request.data, "series"))(request)


def memory_series(request: Request) -> Series:
    """The memory of a game; of a stored run the bytes that it was trained on."""
    r, stored = request, (request.remembered or {}).get("columns", ())
    values, names = ram_series(r.game, r.decisions, r.channels, r.player, r.seed, tuple(stored))
    return Series(values, names, {"data": r.data, **of_content(values, "rows", r.remembered), "columns": names})


def table_series(request: Request) -> Series:
    """The columns of numbers of a table file, float64; those asked for by name, those a stored run has remembered, or all.

    Values near 1e9 that differ by 1 are one number in float32: bring them to mean 0 before they become that.
    """
    data, remembered = request.data, request.remembered
    where, stored = shown(data), (remembered or {}).get("columns")
    if remembered is not None and remembered.get("rules", 1) < 2:
        values, names = plain_columns(data)
        assumed, table = [], []
    else:
        numbers = read_table(own_file(data), where, stored or list(request.columns) or None)
        values, names, assumed = numbers.values, numbers.names, numbers.assumed
        table = [{"name": column.name, "used": column.used, "why": column.why} for column in numbers.columns]
    if stored:
        values, names = columns_of(values, names, stored, where), stored
    record: Record = {"data": data, **of_content(values, "rows", remembered), "columns": names}
    return Series(values, names, record | ({"rules": 2, "table": table, "assumed": assumed} if table else {"rules": 1}))


def plain_columns(data: str) -> tuple[np.ndarray, list[str]]:
    """(values (N, C) float32, names) as runs were trained on that remember no rules: of commas and points, columns without gaps."""
    rows = [row for row in csv.reader(decoded(own_file(data), data, rules=1)[0].splitlines()) if any(cell.strip() for cell in row)]
    header = rows.pop(0) if rows and not any(is_number(cell) for cell in rows[0]) else []
    columns = [i for i in range(min(map(len, rows), default=0)) if all(is_number(row[i]) for row in rows)]
    if not columns:
        raise LabError(f"{shown(data)} has no column that holds numbers only, below at most one line of names.")
    values = np.array([[float(row[i]) for i in columns] for row in rows], np.float32)
    return values, [header[i].strip() if i < len(header) else f"column {i + 1}" for i in columns]


def is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def columns_of(values: np.ndarray, names: list[str], wanted: list[str], where: str) -> np.ndarray:
    """The columns (N, len(wanted)) of `values` (N, C) by name. Raises LabError where one is not there."""
    missing = [name for name in wanted if name not in names]
    if missing:
        raise LabError(f"{where} lacks {listed('column', missing)}, which the network was trained on; it has {listed('column', names)}.")
    return values[:, [names.index(name) for name in wanted]]


@lru_cache(maxsize=4)
def ram_series(game: str, decisions: int, channels: int, who: Who, seed: int, wanted: tuple[str, ...] = ()) -> tuple[np.ndarray, list[str]]:
    """(values (N, C) float32, names): the `channels` bytes of the memory that change most often, once for each decision of a player.

    "agent" is the shipped agent of the game where there is one, else a random player stands in. `wanted` names other bytes.
    """
    net, crop = agent_for(game) if who == "agent" else (None, "0,0")
    player = Player(game, seed=seed, crop=crop)
    rows: list[np.ndarray] = []
    while len(rows) < decisions:
        frame = player.tick(net)
        if frame.decided:
            rows.append(player.ale.getRAM().copy())
    values = np.stack(rows).astype(np.float32)  # (N, 128)
    if wanted:
        return columns_of(values, [f"byte {i}" for i in range(values.shape[1])], list(wanted), f"the memory of {game}"), list(wanted)
    changes = (np.diff(values, axis=0) != 0).mean(0)
    # A byte that changes at nearly every step is a frame counter or noise: it says nothing about the game.
    telling = np.where(changes > 0.9, -1.0, changes)
    chosen = np.sort(np.argsort(-telling, kind="stable")[:channels])
    return values[:, chosen], [f"byte {i}" for i in chosen]
