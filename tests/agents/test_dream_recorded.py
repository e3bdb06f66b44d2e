"""A dream from recorded episodes: kept as what was done, and played again exactly."""

from pathlib import Path

import numpy as np
import pytest
import torch

from agents.dream_config import DreamConfig
from agents.dream_data import class_table, collected
from agents.dream_things import after_keys
from lab.atari.player import Player
from lab.atari.recorded import episodes, keep
from lab.errors import LabError, UsageError

SMALL = {"game": "pong", "source": "recorded", "size": 16}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def own_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(home))


def played(seed: int, count: int) -> tuple[Player, list[np.ndarray]]:
    """A player after so many decisions, and the screens before each."""
    player, screens = Player("pong", seed=seed, epsilon=0.0), []
    rng = np.random.default_rng(seed)
    for _ in range(count):
        screens.append(player.ale.getScreen())
        player.decide(None, int(rng.integers(6)))
        for _ in range(4):
            player.emulate()
    return player, screens


@pytest.fixture(scope="module")
def screens(home: Path) -> list[list[np.ndarray]]:
    """The screens of three episodes that are kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_DATA", str(home))
        made = []
        for seed, count in ((3, 80), (4, 90), (5, 100)):
            player, shown = played(seed, count)
            assert keep(player, by_hand=1) is not None
            made.append([*shown, player.ale.getScreen()])
    return made


def test_a_recorded_episode_is_played_again_exactly(screens: list[list[np.ndarray]]) -> None:
    for episode, shown in zip(episodes("pong"), screens, strict=True):
        again = [player.ale.getScreen() for player, _ in episode.replay()]
        assert all((one == two).all() for one, two in zip(again, shown, strict=False))
        assert len(again) == len(shown) - 1


def test_short_episodes_and_those_that_nobody_had_a_hand_in_are_not_kept() -> None:
    player, _ = played(0, 80)
    assert keep(player, by_hand=0) is None
    assert keep(played(0, 20)[0], by_hand=20) is None


def test_a_game_goes_on_where_an_episode_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "played").write_text("no folder")
    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    assert keep(played(0, 80)[0], by_hand=80) is None
    assert "The episode could not be kept" in caplog.text


def test_a_dream_learns_from_recorded_episodes(screens: list[list[np.ndarray]]) -> None:
    config = DreamConfig.parse(SMALL)
    assert config.source == "recorded:3"
    train, held_out = (collected(config, part).play for part in ("train", "held out"))
    assert [len(play.frames) for play in (train, held_out)] == [91 + 101, 81]
    assert train.age[90:93].tolist() == [90, 0, 1]
    assert not train.played[90]
    assert train.rewards.sum() == sum(episode.score for episode in episodes("pong")[1:])
    assert len(held_out.starts(60, 4)) > 0


def test_keys_are_tried_from_recorded_episodes(screens: list[list[np.ndarray]]) -> None:
    config = DreamConfig.parse(SMALL)
    recorded = collected(config, "held out")
    play = recorded.play
    shown = after_keys(config, play, torch.tensor([10]), [0, int(play.actions[10])], class_table(recorded.palette.numpy()))
    assert shown.shape == (1, 2, 16, 16)


def test_what_cannot_be_learned_from_is_refused_in_a_sentence(home: Path, screens: list[list[np.ndarray]]) -> None:
    with pytest.raises(UsageError, match="needs 2 recorded episodes of breakout, found 0"):
        collected(DreamConfig.parse({**SMALL, "game": "breakout"}), "train")
    with pytest.raises(UsageError, match="needs 9 recorded episodes of pong, found 3"):
        collected(DreamConfig.parse({**SMALL, "source": "recorded:9"}), "train")
    with pytest.raises(UsageError, match="give --frame-skip 4"):
        DreamConfig.parse({**SMALL, "frame_skip": 2})
    broken = home / "played" / "freeway"
    broken.mkdir(parents=True)
    (broken / "1.json").write_text("{}")
    with pytest.raises(LabError, match="is no recorded episode"):
        episodes("freeway")
