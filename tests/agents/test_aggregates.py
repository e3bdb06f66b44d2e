import numpy as np
import pytest
from scipy import stats

from agents.aggregates import (
    STATISTICS,
    interquartile_mean,
    interval,
    mean,
    median,
    performance_profile,
    resampled,
    resampled_episodes,
)

SCORES = np.array([[0.0, 1.0, 4.0], [0.4, 1.0, 8.0]])  # Two runs of three games.


def test_the_three_figures_by_hand() -> None:
    assert median(SCORES) == 1.0  # Of the games' means 0.2, 1 and 6.
    assert mean(SCORES) == pytest.approx(2.4)
    assert interquartile_mean(SCORES) == pytest.approx((0.4 + 1 + 1 + 4) / 4)  # Six scores: one is cut off at either end.


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 10), (5, 26)])
def test_the_interquartile_mean_is_the_trimmed_mean_that_rliable_takes(shape: tuple[int, int]) -> None:
    scores = np.random.default_rng(0).normal(size=shape)
    assert interquartile_mean(scores) == pytest.approx(stats.trim_mean(scores, proportiontocut=0.25, axis=None))


def test_figures_of_many_samples_at_once_are_those_of_each() -> None:
    scores = np.random.default_rng(1).normal(size=(4, 3, 5))
    for statistic in STATISTICS.values():
        assert statistic(scores) == pytest.approx([statistic(one) for one in scores])


def test_samples_are_drawn_for_each_game_by_itself() -> None:
    samples = resampled(SCORES, 400, np.random.default_rng(0))
    assert samples.shape == (400, 2, 3)
    for game in range(3):
        assert set(np.unique(samples[..., game])) == set(SCORES[:, game])
    first, second = (samples[:, 0, game] == SCORES[0, game] for game in (0, 2))
    assert 0.4 < (first == second).mean() < 0.6  # A draw for one game tells nothing of another's.


def test_the_interval_of_a_mean_is_the_known_one() -> None:
    """Two runs of one game, 0 and 1: the mean of a sample is 0, 0.5 or 1 with probability 1/4, 1/2, 1/4."""
    means = mean(resampled(np.array([[0.0], [1.0]]), 4000, np.random.default_rng(0)))
    assert (means == 0.5).mean() == pytest.approx(0.5, abs=0.03)
    assert interval(means).tolist() == [0, 1]


def test_the_interval_shrinks_with_the_root_of_the_runs() -> None:
    rng = np.random.default_rng(0)
    low, high = interval(mean(resampled(rng.normal(size=(400, 1)), 2000, rng)))
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.15)


def test_of_one_run_the_episodes_are_drawn() -> None:
    samples = resampled_episodes([np.array([0.0, 2.0]), np.array([5.0])], 1000, np.random.default_rng(0))
    assert samples.shape == (1000, 1, 2)
    assert set(np.unique(samples[..., 0])) == {0, 1, 2}
    assert set(np.unique(samples[..., 1])) == {5}


def test_the_profile_is_the_share_of_scores_above_each_threshold() -> None:
    assert performance_profile(SCORES, np.array([-1.0, 0.0, 1.0, 5.0, 9.0])).tolist() == pytest.approx([1, 5 / 6, 2 / 6, 1 / 6, 0])
