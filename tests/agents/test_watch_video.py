"""Watching into a file: the strip beside the game, and films that decode again."""

from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest

from agents.dqn_config import DQNConfig
from agents.watch import SCALE, strip, watch
from lab.atari.player import Frame, Player
from lab.errors import UsageError
from lab.seeding import seeded
from models.q_network import QNetwork

NAMES = ("NOOP", "FIRE", "RIGHT")
BRIGHT, DIM = (64, 196, 255), (70, 78, 92)


def frame(q: Any, action: int = 2) -> Frame:
    pixels = np.zeros((210, 160, 3), np.uint8)
    pixels[50, 30] = (10, 200, 30)
    return Frame(pixels, np.zeros((4, 84, 84), np.uint8), q, action, True, 0.0, -3.0, False, 5, 120)


def lengths(picture: np.ndarray, colour: tuple[int, int, int]) -> list[int]:
    """The lengths of the bars of a colour, from the top."""
    rows = (picture[:, 160 * SCALE :] == colour).all(2).sum(1)
    starts = np.flatnonzero((rows > 0) & (np.r_[0, rows[:-1]] == 0))
    return [int(rows[start]) for start in starts]


@pytest.mark.parametrize(
    "wrong", [{"episodes": 0}, {"seconds": 0.0}, {"seed": -1}, {"seed": 9_999_999_999}, {"epsilon": 7.0}, {"sticky": 3.0}]
)
def test_watching_out_of_bounds_is_refused_before_a_file_is_made(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(wrong))}"):
        watch(QNetwork(6), DQNConfig(), video=tmp_path / "v.mp4", **wrong)
    assert not list(tmp_path.iterdir())


def test_the_strip_has_the_game_enlarged_and_a_bar_for_each_action() -> None:
    picture = strip(frame(np.array([1.0, 2.0, 4.0], np.float32)), NAMES)
    assert picture.shape == (210 * SCALE, 160 * SCALE + 280, 3)
    assert (picture[50 * SCALE : 51 * SCALE, 30 * SCALE : 31 * SCALE] == (10, 200, 30)).all()
    # From 0 to the largest value over 250 pixels: 4 -> 250, 1 -> 62, 2 -> 125; both ends of a bar are drawn.
    assert lengths(picture, BRIGHT) == [251]
    assert lengths(picture, DIM) == [63, 126]


def test_the_chosen_action_is_bright_also_where_it_is_not_the_largest() -> None:
    picture = strip(frame(np.array([1.0, 2.0, 4.0], np.float32), action=0), NAMES)
    assert lengths(picture, BRIGHT) == [63]


def test_negative_values_begin_at_the_smallest() -> None:
    picture = strip(frame(np.array([-4.0, -2.0, -1.0], np.float32)), NAMES)
    # From -4 to just above 0: -4 has no length but is seen, -2 a hair less than half of 250, -1 three quarters.
    assert lengths(picture, DIM) == [2, 125]
    assert lengths(picture, BRIGHT) == [188]


def test_where_a_person_plays_there_are_no_bars() -> None:
    picture = strip(frame(None), NAMES)
    assert lengths(picture, BRIGHT) == lengths(picture, DIM) == []


@pytest.fixture
def net() -> QNetwork:
    with seeded(0):
        return QNetwork(6, hidden=16).eval()


def test_the_film_shows_the_game_that_was_played(tmp_path: Path, net: QNetwork) -> None:
    config = DQNConfig(game="pong", noop_max=0)
    figures = watch(net, config, video=tmp_path / "a.mp4", seconds=0.5, epsilon=0.0, seed=3)
    assert figures == {"video": str(tmp_path / "a.mp4"), "frames": 30, "scores": [0.0], "finished": False}
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    meta = next(reader)
    frames = [np.frombuffer(data, np.uint8).reshape(630, 760, 3) for data in reader]
    assert (meta["fps"], len(frames)) == (60, 30)
    player = Player("pong", seed=3, epsilon=0.0, noop_max=0)
    for decoded in frames:
        expected = strip(player.tick(net), player.action_names)
        assert np.abs(decoded.astype(int) - expected).mean() < 4  # H.264 halves the colours' resolution.


def test_a_network_for_other_actions_is_refused(tmp_path: Path, net: QNetwork) -> None:
    with pytest.raises(UsageError, match=r"breakout has 4 actions, but this network was trained for 6"):
        watch(net, DQNConfig(game="breakout"), video=tmp_path / "a.mp4")
