import statistics

import pytest

from agents.scores import ATARI_57, GAME_SETS, HUMAN_LEVEL, NATURE, SCORES, human_normalised
from lab.atari.games import games


def nature_dqn() -> list[float]:
    """DQN's human-normalised scores."""
    return [(dqn - random) / (human - random) for random, human, dqn in NATURE.values()]


def test_every_game_is_one_that_the_emulator_has() -> None:
    assert set(SCORES) <= set(games())
    assert (len(NATURE), len(ATARI_57), len(SCORES), len(GAME_SETS["atari-10"])) == (49, 57, 57, 10)
    assert set(NATURE) < set(ATARI_57)
    assert set(GAME_SETS["atari-10"]) < set(ATARI_57)


def test_the_columns_add_up_to_those_of_the_papers() -> None:
    """Sums over the tables of the sources named in the docstring; a mistyped figure would change one."""
    random, human, dqn = map(sum, zip(*NATURE.values(), strict=True))
    assert random == pytest.approx(60_114.5)
    assert human == pytest.approx(438_093.0)
    assert dqn == pytest.approx(517_034.6)
    random, human = map(sum, zip(*ATARI_57.values(), strict=True))
    assert random == pytest.approx(50_864.9)
    assert human == pytest.approx(606494.2)


def test_dqn_is_at_human_level_on_29_of_49_games_if_that_is_three_quarters_of_the_human() -> None:
    assert sum(score >= HUMAN_LEVEL for score in nature_dqn()) == 29
    assert sum(score >= 1 for score in nature_dqn()) == 23


def test_the_mean_and_median_of_dqn() -> None:
    assert statistics.median(nature_dqn()) == pytest.approx(0.935, abs=5e-4)  # Fishing Derby, printed as 93.5 %.
    assert statistics.mean(nature_dqn()) == pytest.approx(2.411, abs=1e-3)


@pytest.mark.parametrize(
    ("game", "percent"),
    [("atlantis", 449.9), ("breakout", 1327.2), ("enduro", 97.5), ("hero", 76.5), ("private_eye", 2.5), ("zaxxon", 54.1)],
)
def test_the_paper_prints_the_same_percentage(game: str, percent: float) -> None:
    assert 100 * human_normalised(game, NATURE[game][2]) == pytest.approx(percent, abs=0.05)
