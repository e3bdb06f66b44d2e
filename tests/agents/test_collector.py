"""The collector's books: what it records, and when an episode or a life ends."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from agents.collector import Collector
from agents.replay import ReplayMemory
from lab.atari.vector import AtariVector, Step
from lab.state import restore, state_of

FALSE = np.zeros(3, np.bool_)


def frames(*values: int) -> np.ndarray:
    return np.stack([np.full((84, 84), value, np.uint8) for value in values])


class Scripted:
    """Three environments that answer as told; a new episode shows 100 and has 5 lives."""

    envs = 3

    def __init__(self, *steps: Step):
        self.steps, self.sent = list(steps), list[list[int]]()
        self.lives = np.array([5, 5, 5])

    def reset(self) -> np.ndarray:
        return frames(1, 2, 3)

    def send(self, actions: np.ndarray) -> None:
        self.sent.append(actions.tolist())

    def recv(self) -> Step:
        step = self.steps.pop(0)
        self.lives = step.lives.copy()
        return step

    def restart(self, over: np.ndarray) -> np.ndarray:
        self.lives[over] = 5
        return frames(*[100] * int(over.sum()))


def collected(*steps: Step, **options: Any) -> tuple[Collector, list[Any]]:
    env: Any = Scripted(*steps)
    collector = Collector(env, **options)
    collector.start()
    received = []
    for _ in steps:
        collector.send(np.array([0, 1, 2]))
        received.append(collector.receive())
    return collector, received


def test_stacks_hold_the_newest_four_frames_and_none_of_the_episode_before() -> None:
    alive = np.array([5, 5, 5])
    over = np.array([False, True, False])
    collector, _ = collected(
        Step(frames(11, 12, 13), np.zeros(3, np.float32), FALSE, FALSE, alive),
        Step(frames(21, 22, 23), np.zeros(3, np.float32), over, FALSE, alive),
    )
    assert collector.stacks[:, :, 0, 0].tolist() == [[0, 1, 11, 21], [0, 0, 0, 100], [0, 3, 13, 23]]


def test_what_was_shown_before_a_step_stays_as_it_was() -> None:
    collector, _ = collected()
    before = collector.stacks
    kept = before.copy()
    collector.env.steps.append(Step(frames(11, 12, 13), np.zeros(3, np.float32), np.array([True] * 3), FALSE, np.array([5] * 3)))  # type: ignore[attr-defined]
    collector.send(np.zeros(3, np.int64))
    collector.receive()
    assert np.array_equal(before, kept)


def test_scores_and_lengths_are_told_once_an_episode_ends_and_then_start_again() -> None:
    alive, rewards = np.array([5, 5, 5]), np.array([1.0, 2.0, -3.0], np.float32)
    _, received = collected(
        Step(frames(1, 1, 1), rewards, FALSE, FALSE, alive),
        Step(frames(1, 1, 1), rewards, np.array([True, False, False]), np.array([False, False, True]), alive),
        Step(frames(1, 1, 1), rewards, np.array([True, True, False]), FALSE, alive),
    )
    assert [step.metrics for step in received] == [
        {},
        {"charts/episodic_return": [2.0, -6.0], "charts/episodic_length": [2, 2]},
        {"charts/episodic_return": [1.0, 6.0], "charts/episodic_length": [1, 3]},
    ]
    assert received[1].ended.tolist() == [True, False, True]
    assert received[1].terminated.tolist() == [True, False, False]


@pytest.mark.parametrize(("life_loss_terminal", "terminated"), [(True, [True, False, True]), (False, [False, False, True])])
def test_a_lost_life_counts_as_terminated_where_asked(life_loss_terminal: bool, terminated: list[bool]) -> None:
    recorded: list[Any] = []
    memory: Any = SimpleNamespace(
        record=lambda actions, rewards, terminated, ended: recorded.extend([actions.tolist(), terminated.tolist(), ended.tolist()]),
        append=lambda *a, **k: None, end=lambda *a, **k: None,
    )  # fmt: skip
    step = Step(frames(1, 1, 1), np.ones(3, np.float32), np.array([False, False, True]), FALSE, np.array([4, 5, 0]))
    collector, received = collected(step, replay=memory, life_loss_terminal=life_loss_terminal)
    assert recorded == [[0, 1, 2], terminated, [False, False, True]]
    assert received[0].terminated.tolist() == terminated
    assert collector.lives.tolist() == [4, 5, 5]


def test_the_memory_holds_what_the_environments_showed() -> None:
    replay = ReplayMemory(300, 2)
    collector = Collector(AtariVector("breakout", 2, seed=0), replay)
    collector.start()
    rng = np.random.default_rng(0)
    for _ in range(260):
        assert np.array_equal(replay.pixels(replay.newest_rows()).numpy(), collector.stacks)
        collector.send(rng.integers(4, size=2))
        collector.receive()
    assert int(max(collector.env.episodes)) > 1, "the test should see an episode end"
    collector.close()


@pytest.mark.parametrize("remembering", [False, True])
def test_a_restored_collector_goes_on_as_the_original_does(remembering: bool) -> None:
    def make() -> Collector:
        return Collector(AtariVector("breakout", 2, seed=1), ReplayMemory(300, 2) if remembering else None, life_loss_terminal=True)

    def play(collector: Collector, steps: int, seed: int) -> list[Any]:
        rng, seen = np.random.default_rng(seed), []
        for _ in range(steps):
            collector.send(rng.integers(4, size=2))
            step = collector.receive()
            seen.append((collector.stacks.tobytes(), step.rewards.tolist(), step.terminated.tolist(), step.returns, step.lengths))
        return seen

    original, other = make(), make()
    original.start()
    play(original, 70, seed=0)
    restore(other.stateful(), state_of(original.stateful()))
    assert play(original, 60, seed=1) == play(other, 60, seed=1)
    original.close()
    other.close()
