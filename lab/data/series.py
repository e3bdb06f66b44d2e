"""Series of numbers over time: bytes of the emulator's memory while an agent plays, and columns of a CSV."""

import csv
from functools import lru_cache
from typing import Literal

import numpy as np

from lab.atari.player import Player
from lab.data.record import listed
from lab.data.text import decoded, read_bytes, shown
from lab.errors import LabError
from lab.run import agent_for

Who = Literal["random", "agent"]


def csv_series(data: str) -> tuple[np.ndarray, list[str]]:
    """(values (N, C) float32, names) of the columns of a CSV that hold numbers only; a first line of words gives the names.

    Raises LabError that names the line which is shorter than the others, or where there is no column of numbers.
    """
    text = decoded(read_bytes(data), data)
    rows = [(number, row) for number, row in enumerate(csv.reader(text.splitlines()), 1) if any(cell.strip() for cell in row)]
    if not rows:
        raise LabError(f"{shown(data)} has no lines.")
    header = None if any(is_number(cell) for cell in rows[0][1]) else rows.pop(0)[1]
    width = len(rows[0][1]) if rows else 0
    for number, row in rows:
        if len(row) != width:
            raise LabError(f"{shown(data)}, line {number}: expected {width} columns, found {len(row)}. Give every line as many.")
    columns = [i for i in range(width) if all(is_number(row[i]) for _, row in rows)]
    if not columns:
        raise LabError(f"{shown(data)} has no column that holds numbers only, below at most one line of names.")
    values = np.array([[float(row[i]) for i in columns] for _, row in rows], np.float32)
    return values, [header[i].strip() if header and i < len(header) else f"column {i + 1}" for i in columns]


def is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def columns_of(values: np.ndarray, names: list[str], wanted: list[str], where: str) -> np.ndarray:
    """The columns (N, len(wanted)) of `values` (N, C) by name. Raises LabError where one is not there."""
    missing = [name for name in wanted if name not in names]
    if missing:
        raise LabError(f"{where} has no {listed('column', missing)}, which the network was trained on; it has {listed('column', names)}.")
    return values[:, [names.index(name) for name in wanted]]


@lru_cache(maxsize=4)
def ram_series(game: str, decisions: int, channels: int, who: Who, seed: int, wanted: tuple[str, ...] = ()) -> tuple[np.ndarray, list[str]]:
    """(values (N, C) float32, names): the `channels` bytes of the memory that change most often, once for each decision of a player.

    "agent" is the shipped agent of the game where there is one, else a random player stands in. `wanted` names other bytes.
    """
    player = Player(game, seed=seed)
    net = agent_for(game) if who == "agent" else None
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
