"""The Atari games that ale-py carries: their names, their actions, and a single emulator of one. Loads neither torch nor NumPy."""

import importlib.util
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from lab.errors import UsageError, unknown

FRAME_SKIP = 4
"""Emulator frames per agent step, 60 a second."""
STACK = 4
"""Frames that the agent sees at once."""
MOST_CUT = 210 - 84
"""Rows of a picture that may be cut away."""
MAX_FRAMES = 108_000
"""Emulator frames after which an episode is truncated: 30 minutes at 60 Hz."""


TWO_PLAYERS = frozenset({"combat", "joust", "maze_craze", "warlords"})
"""Games that ale-py carries but that need two people: ALE ends the whole process when it is asked to load one."""


@lru_cache(maxsize=1)
def games() -> tuple[str, ...]:
    """The games whose ROMs ale-py carries, in snake case: `pong`, `ms_pacman`, ..."""
    package = importlib.util.find_spec("ale_py")  # Not imported: that takes half a second, and loads gymnasium.
    folders = package.submodule_search_locations if package is not None else None
    return tuple(sorted(path.stem for folder in folders or [] for path in (Path(folder) / "roms").glob("*.bin")))


def check_game(name: str) -> str:
    """The snake-case name of a game given as `ms_pacman`, `MsPacman`, `Ms. Pac-Man` or `ALE/MsPacman-v5`."""
    plain = name.removeprefix("ALE/").removesuffix("-v5")
    game = named(plain)
    if game in TWO_PLAYERS:
        raise UsageError(f"{game} needs two people, so no agent can play it here. Choose another (`lab list`).")
    if game is None:
        meant = named(re.sub(r"(NoFrameskip|Deterministic)?(-ram)?(-v\d)?$", "", plain))
        if meant is not None:  # Gymnasium's older names stand for a frame skip and stickiness of their own.
            raise UsageError(f"There is no game {name!r}. Did you mean {meant}? An agent step is {FRAME_SKIP} frames here.")
        raise unknown("game", plain.lower(), games(), see="lab list")
    return game


def game_title(game: str) -> str:
    """`ms_pacman` -> Ms Pacman."""
    return game.replace("_", " ").title()


def named(text: str) -> str | None:
    """The game whose letters and digits are those of `text`, None where there is none."""
    folded = "".join(c for c in text.lower() if c.isalnum())
    return next((game for game in games() if game.replace("_", "") == folded), None)


def check_games(names: str) -> str:
    """A list of games separated by commas, in snake case. Raises UsageError for an unknown game, ValueError for none."""
    given = [name.strip() for name in names.split(",") if name.strip()]
    if not given:
        raise ValueError("must name at least one game, such as pong or pong,breakout")
    return ",".join(dict.fromkeys(check_game(name) for name in given))


@lru_cache(maxsize=256)
def cut_rows(crop: str) -> tuple[int, int]:
    """The rows cut away above and below the game, from "top,bottom". Raises ValueError where they are no such rows."""
    parts = [part.strip() for part in crop.split(",")]
    if len(parts) != 2 or not all(part.isdecimal() for part in parts):
        raise ValueError('must be two whole numbers of rows, "top,bottom", such as 34,16')
    top, bottom = (int(part) for part in parts)
    if top + bottom > MOST_CUT:
        raise ValueError(f"must leave at least 84 of a picture's 210 rows: {MOST_CUT} may be cut away, not {top + bottom}")
    return top, bottom


@lru_cache(maxsize=256)
def action_names(game: str) -> tuple[str, ...]:
    """The minimal action set of a game, such as ("NOOP", "FIRE", "RIGHT", ...); an action is an index into it."""
    ale = load_ale(game)
    return tuple(action.name for action in ale.getMinimalActionSet())


def load_ale(game: str, seed: int = 0, sticky: float = 0.0) -> Any:
    """A single emulator, for what the vector environment cannot do: colour frames and frame-by-frame play."""
    from ale_py import ALEInterface, LoggerMode, roms

    check_game(game)
    ALEInterface.setLoggerMode(LoggerMode.Error)
    ale = ALEInterface()
    ale.setInt("random_seed", seed)
    ale.setFloat("repeat_action_probability", sticky)
    path = roms.get_rom_path(game)
    assert path is not None, game
    ale.loadROM(path)
    return ale
