"""The replay memory against a list-based one that is too simple to be wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.replay import PIXELS, ReplayMemory, stored_memory
from lab import checkpoint
from lab.errors import LabError
from lab.registry import recipe
from lab.run import Run
from lab.stored_runs import find

GO, LIFE, TERMINATE, TRUNCATE = range(4)


@dataclass
class Row:
    frame: tuple[int, int]  # the pixels (0, 0) and (0, 1)
    episode: int
    action: int | None = None
    reward: float = 0.0
    terminated: bool = False
    ended: bool = False


class NaiveMemory:
    """Every row of every environment for ever; what is drawable is worked out when asked."""

    def __init__(self, envs: int, length: int, n_step: int, gamma: float):
        self.rows: list[list[Row]] = [[] for _ in range(envs)]
        self.closed = [0] * envs  # rows below this one belong to finished episodes
        self.length, self.n_step, self.gamma = length, n_step, gamma

    def drawable(self, env: int) -> list[int]:
        rows = self.rows[env]
        oldest = len(rows) - self.length
        low = oldest + 3 if oldest > 0 else 0
        return [
            i for i, row in enumerate(rows) if i >= low and row.action is not None and (i < self.closed[env] or i + self.n_step < len(rows))
        ]

    def stack(self, env: int, i: int) -> list[tuple[int, int]]:
        rows = self.rows[env]
        back = [rows[j].frame if j >= 0 and rows[j].episode == rows[i].episode else (0, 0) for j in range(i - 3, i)]
        return [*back, rows[i].frame]

    def transition(self, env: int, i: int) -> tuple[list[tuple[int, int]], int, float, float, list[tuple[int, int]]]:
        rows, total, k = self.rows[env], 0.0, 0
        while True:
            row = rows[i + k]
            total += self.gamma**k * max(-1.0, min(1.0, row.reward))
            k += 1
            if row.ended or k == self.n_step:
                break
        discount = 0.0 if row.terminated else self.gamma**k
        action = rows[i].action
        assert action is not None
        return self.stack(env, i), action, total, discount, self.stack(env, i + k)


class Pair:
    """The memory under test and the naive one, fed the same."""

    def __init__(self, envs: int, length: int, n_step: int, prioritised: bool, gamma: float = 0.9):
        self.memory = ReplayMemory(envs * length, envs, n_step=n_step, gamma=gamma, prioritised=prioritised)
        self.naive = NaiveMemory(envs, length, n_step, gamma)
        self.envs, self.episode = envs, 0
        self.append(np.arange(envs), first=True)

    def append(self, envs: np.ndarray, first: bool, final: bool = False) -> None:
        frames = np.zeros((len(envs), 84, 84), np.uint8)
        for k, env in enumerate(envs):
            rows = self.naive.rows[env]
            self.episode += first
            rows.append(Row((len(rows) % 250 + 1, env + 1), self.episode if first else rows[-1].episode))
            frames[k, 0, :2] = rows[-1].frame
            if final:
                self.naive.closed[env] = len(rows)
        if final:
            self.memory.end(envs, frames)
        else:
            self.memory.append(envs, frames, first=first)

    def step(self, events: list[int], actions: list[int], rewards: list[float]) -> None:
        kinds = np.array(events)
        terminated, over = (kinds == LIFE) | (kinds == TERMINATE), (kinds == TERMINATE) | (kinds == TRUNCATE)
        for env in range(self.envs):
            row = self.naive.rows[env][-1]
            row.action, row.reward = actions[env], rewards[env]
            row.terminated, row.ended = bool(terminated[env]), bool(terminated[env] or over[env])
        self.memory.record(np.array(actions), np.array(rewards, np.float32), terminated, over)
        going, ended = np.flatnonzero(~over), np.flatnonzero(over)
        if len(going):
            self.append(going, first=False)
        if len(ended):
            self.append(ended, first=False, final=True)
            self.append(ended, first=True)

    def check(self) -> None:
        memory, length = self.memory, self.naive.length
        expected = {env * length + i % length: (env, i) for env in range(self.envs) for i in self.naive.drawable(env)}
        if memory.tree is not None:
            assert set(np.flatnonzero(memory.tree.leaves).tolist()) == set(expected)
        elif expected:
            drawn = memory.draw_uniform(60 * len(expected), np.random.default_rng(0))
            assert set(drawn.tolist()) == set(expected)
        if not expected:
            return
        leaves = np.array(sorted(expected))
        batch = memory.transitions(leaves, np.ones(len(leaves), np.float32))
        stacks, following = (memory.pixels(rows)[:, :, 0, :2].tolist() for rows in (batch.rows, batch.next_rows))
        for k, leaf in enumerate(leaves.tolist()):
            stack, action, total, discount, after = self.naive.transition(*expected[leaf])
            assert [tuple(pixels) for pixels in stacks[k]] == stack
            assert [tuple(pixels) for pixels in following[k]] == after
            assert batch.actions[k] == action
            assert batch.returns[k] == pytest.approx(total, abs=1e-5)
            assert batch.discounts[k] == pytest.approx(discount, abs=1e-6)


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, int, int, list[tuple[list[int], list[int], list[float]]]]:
    envs, n_step = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    length = n_step + 5 + draw(st.integers(0, 12))
    event = st.sampled_from([GO] * 6 + [LIFE, TERMINATE, TRUNCATE])
    rows = st.tuples(
        st.lists(event, min_size=envs, max_size=envs),
        st.lists(st.integers(0, 17), min_size=envs, max_size=envs),
        st.lists(st.sampled_from([0.0, 1.0, -1.0, 0.5, 7.0, -200.0]), min_size=envs, max_size=envs),
    )
    return envs, n_step, length, draw(st.lists(rows, max_size=40))


@pytest.mark.parametrize("prioritised", [False, True], ids=["uniform", "prioritised"])
@given(history=histories())
@settings(max_examples=40, deadline=None)
def test_memory_agrees_with_a_naive_one_after_every_step(prioritised: bool, history) -> None:
    envs, n_step, length, steps = history
    pair = Pair(envs, length, n_step, prioritised)
    for step in steps:
        pair.step(*step)
        pair.check()


def filled(events: list[int], n_step: int = 1, length: int = 30, prioritised: bool = False) -> Pair:
    """One environment that saw `events`; the i-th action is i, the i-th reward 1."""
    pair = Pair(1, length, n_step, prioritised)
    for i, event in enumerate(events):
        pair.step([event], [i % 18], [1.0])
    return pair


def transition(pair: Pair, leaf: int):
    return pair.memory.transitions(np.array([leaf]), np.ones(1, np.float32))


def test_a_stack_never_crosses_an_episodes_start() -> None:
    pair = filled([GO, GO, TERMINATE, GO, GO])
    # Rows 0 to 2 and the final frame 3 are the first episode, row 4 begins the second.
    rows = transition(pair, 5).rows[0].tolist()
    assert rows == [pair.memory.zero_row, pair.memory.zero_row, 4, 5]


def test_a_termination_does_not_bootstrap() -> None:
    batch = transition(filled([GO, GO, TERMINATE]), 2)
    assert batch.discounts.tolist() == [0]
    assert batch.returns.tolist() == [1]


def test_a_truncation_bootstraps_from_the_final_frame() -> None:
    batch = transition(filled([GO, GO, TRUNCATE], n_step=3), 1)
    assert batch.returns[0] == pytest.approx(1 + 0.9)
    assert batch.discounts[0] == pytest.approx(0.81)
    assert batch.next_rows[0, -1] == 3


def test_a_lost_life_stops_the_return_but_not_the_stack() -> None:
    pair = filled([GO, LIFE, GO, GO], n_step=3)
    before, after = transition(pair, 0), transition(pair, 2)
    assert before.discounts.tolist() == [0]
    assert before.returns[0] == pytest.approx(1 + 0.9)
    assert after.rows[0].tolist() == [pair.memory.zero_row, 0, 1, 2]


def test_rewards_are_clipped_only_where_asked() -> None:
    for clip, expected in [(True, 1.0), (False, 200.0)]:
        memory = ReplayMemory(20, 1, clip_rewards=clip)
        memory.append(np.array([0]), np.zeros((1, 84, 84), np.uint8), first=True)
        memory.record(np.array([0]), np.array([200.0]), np.array([False]), np.array([False]))
        memory.append(np.array([0]), np.zeros((1, 84, 84), np.uint8), first=False)
        assert memory.sample(1, np.random.default_rng(0)).returns.tolist() == [expected]


def test_uniform_draws_are_uniform() -> None:
    pair = filled([GO] * 4 + [TERMINATE] + [GO] * 5)
    drawn = pair.memory.draw_uniform(20_000, np.random.default_rng(0))
    counts = np.bincount(drawn)
    assert counts[5] == 0  # the final frame of the first episode has no action
    np.testing.assert_allclose(counts[counts > 0] / 20_000, 1 / 10, atol=0.01)


def test_importance_weights_by_hand() -> None:
    pair = filled([GO, GO, GO], prioritised=True)
    memory = pair.memory
    memory.alpha = 1.0
    memory.set_priorities(np.array([0, 1, 2]), np.array([1.0, 3.0, 4.0]))
    batch = memory.sample(8, np.random.default_rng(0), beta=0.5)
    # One draw from each eighth of the total 8: leaf 0 once, leaf 1 three times, leaf 2 four times.
    assert batch.leaves.tolist() == [0, 1, 1, 1, 2, 2, 2, 2]
    # w = (N p)^-beta, divided by the largest: (1/8, 3/8, 4/8)^-0.5 / (1/8)^-0.5
    np.testing.assert_allclose(batch.weights[[0, 1, 4]], [1, 3**-0.5, 0.5], rtol=1e-6)


def test_uniform_replay_has_importance_weights_of_one() -> None:
    assert filled([GO, GO, GO]).memory.sample(5, np.random.default_rng(0), beta=0.4).weights.tolist() == [1] * 5


def test_a_new_transition_enters_with_the_largest_priority_so_far() -> None:
    pair = filled([GO, GO], prioritised=True)
    pair.memory.alpha = 1.0
    pair.memory.set_priorities(np.array([0]), np.array([9.0]))
    pair.step([GO], [0], [0.0])
    assert pair.memory.tree is not None
    assert pair.memory.tree.leaves[:3].tolist() == [9, 1, 9]


def test_alpha_zero_makes_all_priorities_equal() -> None:
    pair = filled([GO, GO, GO], prioritised=True)
    pair.memory.alpha = 0.0
    pair.memory.set_priorities(np.array([0, 1, 2]), np.array([0.0, 3.0, 100.0]))
    assert pair.memory.tree is not None
    assert pair.memory.tree.leaves[:3].tolist() == [1, 1, 1]


@given(history=histories(), length=st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_sequences_are_all_runs_of_steps_within_one_episode_and_no_others(history, length: int) -> None:
    envs, n_step, ring, steps = history
    pair = Pair(envs, ring, n_step, prioritised=False)
    for step in steps:
        pair.step(*step)
    expected = {}
    for env, rows in enumerate(pair.naive.rows):
        for i in range(max(0, len(rows) - ring), len(rows) - length):
            if all(row.action is not None for row in rows[i : i + length]):
                expected[env * ring + i % ring] = rows[i : i + length + 1]
    memory = pair.memory
    starts = memory.sequence_starts(length)
    assert sorted(starts.tolist()) == sorted(expected)
    sequences = memory.sequences(starts, length)
    seen = memory.pixels(sequences.rows)[:, :, 0, :2].tolist()
    for k, start in enumerate(starts.tolist()):
        rows = expected[start]
        assert len({row.episode for row in rows}) == 1
        assert [tuple(pixels) for pixels in seen[k]] == [row.frame for row in rows]
        assert sequences.actions[k].tolist() == [row.action for row in rows[:-1]]
        assert sequences.rewards[k].tolist() == [row.reward for row in rows[:-1]]
        assert sequences.terminated[k].tolist() == [row.terminated for row in rows[:-1]]
        assert sequences.ended[k].tolist() == [row.ended for row in rows[:-1]]


def test_episodes_are_told_apart_and_the_ring_cuts_the_oldest() -> None:
    pair = filled([GO, GO, TERMINATE, GO, TRUNCATE, GO])
    assert [rows.tolist() for rows in pair.memory.episodes()] == [[0, 1, 2, 3], [4, 5, 6], [7, 8]]
    cut = filled([GO, GO, TERMINATE, GO, TRUNCATE, GO, GO], length=8)
    assert [rows.tolist() for rows in cut.memory.episodes()] == [[2, 3], [4, 5, 6], [7, 0, 1]]


def test_a_memory_has_no_sequences_longer_than_its_episodes() -> None:
    memory = filled([GO, GO, TERMINATE]).memory
    assert memory.sequence_starts(3).tolist() == [0]
    assert memory.sequence_starts(4).tolist() == []


# -- a stored run's memory -----------------------------------------------------------------------------------------


def test_a_stored_runs_memory_is_read_without_an_emulator_or_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny) -> None:
    experiment = tiny(prioritised=True, n_step=2)
    for _ in range(50):
        experiment.step()
    run = Run.create(recipe("dqn"), experiment.config, torch.device("cpu"), 1, tmp_path / "run")
    checkpoint.write(run.checkpoints, experiment.steps, {"experiment": experiment.state()}, {})
    original = experiment.memory()
    for made in ("agents.collector.AtariVector", "agents.dqn.QNetwork"):
        monkeypatch.setattr(made, None)
    memory = stored_memory(Run(run.path))
    starts = memory.sequence_starts(5)
    assert np.array_equal(starts, original.sequence_starts(5))
    one, other = memory.sequences(starts, 5), original.sequences(starts, 5)
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))
    assert torch.equal(memory.pixels(one.rows), original.pixels(other.rows))
    assert np.array_equal(memory.sample(8, np.random.default_rng(0)).rows, original.sample(8, np.random.default_rng(0)).rows)


def test_a_run_without_a_memory_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"pong is a shipped agent.*not its replay memory"):
        stored_memory(find("pong"))
    run = Run.create(recipe("vae"), recipe("vae").config_class()(), torch.device("cpu"), 1, tmp_path / "run")
    with pytest.raises(LabError, match=r"run \(vae\) has no replay memory"):
        stored_memory(run)
    empty = Run.create(recipe("dqn"), recipe("dqn").config_class()(), torch.device("cpu"), 1, tmp_path / "empty")
    with pytest.raises(LabError, match="No usable checkpoint"):
        stored_memory(empty)


@pytest.mark.parametrize("prioritised", [False, True], ids=["uniform", "prioritised"])
def test_a_stored_memory_goes_on_as_the_original_does(tmp_path: Path, prioritised: bool) -> None:
    rng = np.random.default_rng(3)

    def play(pairs: list[Pair], steps: int) -> None:
        for _ in range(steps):
            events, actions = rng.choice(4, size=2, p=[0.8, 0.06, 0.07, 0.07]).tolist(), rng.integers(0, 6, 2).tolist()
            for pair in pairs:
                pair.step(events, actions, [1.0, -1.0])

    original, copy = Pair(2, 17, 3, prioritised), Pair(2, 17, 3, prioritised)
    play([original], 60)
    if prioritised:
        original.memory.set_priorities(original.memory.sample(16, np.random.default_rng(1)).leaves, rng.random(16) + 0.1)
    checkpoint.write(tmp_path, 1, {"replay": original.memory.state()}, {})
    copy.memory.restore(checkpoint.read(tmp_path / "step-000000000001")["replay"])
    copy.naive, copy.episode = original.naive, original.episode
    copy.check()
    for _ in range(3):
        one, other = (p.memory.sample(32, np.random.default_rng(5), beta=0.4) for p in (original, copy))
        for name in vars(one):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert torch.equal(original.memory.pixels(one.rows), copy.memory.pixels(other.rows))
        first, second = (checkpoint.flatten(p.memory.state()) for p in (original, copy))
        assert first[0] == second[0]
        copy.naive = NaiveMemory(2, 17, 3, 0.9)
        copy.naive.rows = [[Row(r.frame, r.episode) for r in rows] for rows in original.naive.rows]
        play([original, copy], 7)


@pytest.mark.parametrize("length", [16, 19, 23])
def test_a_memory_is_brought_back_at_every_moment_of_its_ring(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.replay.BLOCK", 8)
    memory = ReplayMemory(length, 1, n_step=1)
    for step in range(3 * length):
        frame = np.full((1, 84, 84), step, np.uint8)
        memory.append(np.array([0]), frame, first=step == 0)
        memory.record(np.array([step % 3]), np.array([1.0]), np.array([False]), np.array([False]))
        again = ReplayMemory(length, 1, n_step=1)
        again.restore(memory.state())
        kept = min(step + 1, length)
        stored = [int(again.frames[(step - back) % length, 0]) for back in range(kept)]
        assert stored == [step - back for back in range(kept)]


def test_whole_blocks_are_stored_once_and_linked_afterwards(tmp_path: Path) -> None:
    pair = filled([GO] * 25, length=10)
    first = checkpoint.write(tmp_path, 1, pair.memory.state(), {})
    pair.step([GO], [0], [0.0])
    second = checkpoint.write(tmp_path, 2, pair.memory.state(), {})
    shared = {path.name for path in (first / "segments").iterdir()} & {path.name for path in (second / "segments").iterdir()}
    assert shared
    assert all((first / "segments" / name).samefile(second / "segments" / name) for name in shared)


def test_a_million_transitions_fit_in_7_2_gigabytes() -> None:
    memory = ReplayMemory(8192, 8, n_step=3, prioritised=True)
    arrays = [value for value in vars(memory).values() if isinstance(value, np.ndarray)]
    assert memory.tree is not None
    total = memory.frames.nbytes + memory.tree.nodes.nbytes + sum(array.nbytes for array in arrays)
    assert total / 8192 * 1_000_000 < 7.2e9


def test_a_memory_too_small_for_its_window_is_refused() -> None:
    with pytest.raises(ValueError, match=r"too small for 4 environments with n = 3"):
        ReplayMemory(20, 4, n_step=3)


def test_frames_that_do_not_fit_the_gpu_are_kept_in_main_memory(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    empty = torch.empty

    def full_gpu(*shape: int, device: torch.device | None = None, **options: Any) -> torch.Tensor:
        if device is not None and device.type == "cuda":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return empty(*shape, **options)

    monkeypatch.setattr(torch, "empty", full_gpu)
    assert ReplayMemory(64, 2, device=torch.device("cuda")).frames.device.type == "cpu"
    assert "kept in main memory" in caplog.text


def test_frames_that_wait_are_written_when_one_is_asked_for_or_by_who_takes_them() -> None:
    late = ReplayMemory(64, 2)
    late.late = True
    late.frames.zero_()
    first, second, third = (np.full((2, 84, 84), value, np.uint8) for value in (10, 20, 30))
    both = np.arange(2)
    late.append(both, first, first=True)
    late.append(both[:1], second[:1], first=False)
    assert late.step_to_write() == ()  # Not one frame of each environment: it was written.
    assert late.pixels(late.newest_rows())[:, -1, 0, 0].tolist() == [20, 10]
    late.append(both, third, first=False)
    rows, frames = late.step_to_write()
    assert late.pixels(rows.numpy())[:, 0, 0].tolist() != [30, 30]
    late.write(rows, frames)
    assert late.pixels(late.newest_rows())[:, -1, 0, 0].tolist() == [30, 30]


@pytest.mark.gpu
def test_a_memory_larger_than_the_gpu_is_kept_in_main_memory() -> None:
    rows = torch.cuda.mem_get_info()[1] // PIXELS + 1
    torch.cuda.set_per_process_memory_fraction(0.01)
    try:
        memory = ReplayMemory(rows // 50, 2, device=torch.device("cuda"))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert memory.frames.device.type == "cpu"


@pytest.mark.gpu
def test_a_memory_on_the_gpu_gives_the_frames_of_one_in_ram() -> None:
    rng = np.random.default_rng(0)
    memories = [ReplayMemory(64, 2, device=torch.device(name)) for name in ("cpu", "cuda")]
    for t in range(50):
        frames = rng.integers(0, 256, (2, 84, 84), dtype=np.uint8)
        for memory in memories:
            memory.append(np.arange(2), frames, first=t == 0)
            memory.record(np.array([t % 6] * 2), np.ones(2, np.float32), np.zeros(2, np.bool_), np.zeros(2, np.bool_))
    one, other = (memory.sample(16, np.random.default_rng(1)) for memory in memories)
    assert np.array_equal(one.rows, other.rows)
    assert torch.equal(memories[0].pixels(one.rows), memories[1].pixels(other.rows).cpu())


def test_the_newest_transitions_come_from_all_environments_in_turns_and_leave_final_frames_out() -> None:
    pair = Pair(2, 30, 1, prioritised=False)
    for kinds in ([GO, GO], [GO, TERMINATE], [GO, GO]):
        pair.step(kinds, [0, 0], [0.0, 0.0])
    # Rows 0 to 2 of the first, whose row 3 has no action yet; 30, 31 and 33 of the second, whose row 32 is a final frame.
    assert pair.memory.newest(3).leaves.tolist() == [2, 33, 1]
    assert sorted(pair.memory.newest(6).leaves.tolist()) == [0, 1, 2, 30, 31, 33]
    assert pair.memory.newest(2, parts=2).leaves.tolist() == [2, 33, 2, 33]
    assert pair.memory.newest(8).leaves.tolist()[6:] == [2, 33]
