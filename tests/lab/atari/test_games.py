"""Games by name, their actions and their pictures."""

import subprocess
import sys

import numpy as np
import pytest

from lab.atari.games import action_names, check_game, games, load_ale
from lab.atari.thumbnail import thumbnail
from lab.errors import UsageError


def test_the_games_are_the_108_that_ale_carries() -> None:
    from ale_py import roms

    assert len(games()) == 108
    assert games() == tuple(sorted(roms.get_all_rom_ids()))
    assert {"pong", "breakout", "ms_pacman"} <= set(games())


@pytest.mark.parametrize("name", ["ms_pacman", "MsPacman", "Ms. Pac-Man", "ALE/MsPacman-v5", "ms-pacman"])
def test_a_game_is_found_under_each_of_its_spellings(name: str) -> None:
    assert check_game(name) == "ms_pacman"


def test_an_unknown_game_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(UsageError, match=r"There is no game 'pongg'. Did you mean .*pong"):
        check_game("Pongg")


def test_actions_are_the_minimal_set() -> None:
    assert action_names("pong") == ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE")
    assert len(action_names("breakout")) == 4


def test_naming_games_loads_neither_torch_nor_the_emulator() -> None:
    code = "import sys; from lab.atari.games import check_game; check_game('Pong'); print([m for m in ('torch', 'ale_py', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_thumbnail_is_a_colour_screen_of_the_game_the_same_at_every_call() -> None:
    pixels = thumbnail("pong")
    assert pixels.shape == (*load_ale("pong").getScreenDims(), 3)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) >= 3
    assert np.array_equal(pixels, thumbnail("pong"))
