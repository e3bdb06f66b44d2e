"""Rollouts: lambda returns worked by hand, and stacks put together from single frames."""

import numpy as np
import pytest
import torch

from agents.collector import Collector
from agents.rollout import Rollout, lambda_returns
from lab.atari.vector import AtariVector
from models.kernels.pixel_blocks import space_to_depth

NONE = np.zeros(3, np.bool_)


def returns_of(
    rewards: list[float], following: list[float], terminated: np.ndarray = NONE, truncated: np.ndarray = NONE, final: float = 0.0
) -> list[float]:
    """Of one environment, with gamma 0.5 and lambda 0.5."""
    columns = [np.array(values, np.float32)[:, None] for values in (rewards, following)]
    finals = np.full((3, 1), final, np.float32)
    return lambda_returns(*columns, terminated[:, None], truncated[:, None], finals, 0.5, 0.5)[:, 0].tolist()


def test_lambda_returns_mix_what_came_with_what_was_expected() -> None:
    # R2 = 1 + 0.5 * 8; R1 = 0 + 0.5 (0.5 * 4 + 0.5 * 5); R0 = 2 + 0.5 (0.5 * 2 + 0.5 * 2.25)
    assert returns_of([2, 0, 1], [2, 4, 8]) == pytest.approx([3.0625, 2.25, 5.0])


def test_nothing_follows_a_terminal_state() -> None:
    # R1 = 0, whatever the next episode brings; R0 = 2 + 0.5 (0.5 * 2 + 0.5 * 0)
    assert returns_of([2, 0, 1], [2, 4, 8], terminated=np.array([False, True, False])) == pytest.approx([2.5, 0.0, 5.0])


def test_a_truncated_episode_bootstraps_from_its_own_last_frames() -> None:
    # R1 = 0 + 0.5 * 6, not from the first state of the next episode; R0 = 2 + 0.5 (0.5 * 2 + 0.5 * 3)
    assert returns_of([2, 0, 1], [2, 4, 8], truncated=np.array([False, True, False]), final=6) == pytest.approx([3.25, 3.0, 5.0])


def test_lambda_0_is_the_one_step_target_and_lambda_1_the_sum_of_rewards() -> None:
    rewards, following = np.array([[1.0], [2.0]], np.float32), np.array([[10.0], [20.0]], np.float32)
    never, nothing = np.zeros((2, 1), np.bool_), np.zeros((2, 1), np.float32)
    assert lambda_returns(rewards, following, never, never, nothing, 0.9, 0.0).ravel() == pytest.approx([10.0, 20.0])
    assert lambda_returns(rewards, following, never, never, nothing, 0.9, 1.0).ravel() == pytest.approx([1 + 0.9 * 2 + 0.81 * 20, 20.0])


def test_the_blocks_of_a_rollout_are_those_of_the_stacks_that_were_seen() -> None:
    collector = Collector(AtariVector("breakout", 2, 0, noop_max=3))
    rollout, rng, stacks, ended = Rollout(400, 2), np.random.default_rng(0), [], 0
    try:
        collector.start()
        for warmup in range(2):  # The second rollout begins in the middle of an episode.
            rollout.begin(collector.stacks)
            for _ in range(400 if warmup else 5):
                if warmup:
                    stacks.append(collector.stacks)
                rollout.see(collector.lengths, np.zeros(2, np.int64), np.zeros((2, 4)), collector.newest)
                collector.send(rng.integers(4, size=2))
                step = collector.receive()
                ended += int(step.ended.sum()) * warmup
                rollout.record(step, step.rewards)
    finally:
        collector.close()
    assert ended, "no episode ended: the test shows too little"
    index = rng.permutation(800)
    assert torch.equal(rollout.blocks(index), space_to_depth(torch.from_numpy(np.concatenate(stacks)))[index])
