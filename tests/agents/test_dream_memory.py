"""A dream's memory: where things exactly were, carried on from step to step, and so where they are going."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.dream import Dream
from agents.dream_config import DreamConfig
from agents.dream_data import collected
from agents.dream_memory import AHEAD, DreamMemory, sequences
from agents.dream_moments import SHOWN, find_episode
from agents.dream_play import SideBySide, opened
from agents.dream_world import World
from lab.api import train
from lab.errors import UsageError
from lab.stored_runs import find
from models.dream_memory import BOX, LEAST, MOST, PAST, Apart, Memory, boxes, solid
from models.kernels.cuda_graphs import CapturedStep
from tests.agents.test_dream import CPU, TINY, play_of
from tests.replayed import Replayed

WITH: dict[str, Any] = TINY | {"recall": 8}


def still(size: int = 16) -> Memory:
    """A memory of two classes that expects things to stay where they are, and to be there as they are seen or not."""
    torch.manual_seed(0)
    memory = Memory(3, 2, size, 4).eval().requires_grad_(False)
    torch.nn.init.zeros_(memory.layers[-1].weight)  # type: ignore[arg-type]
    torch.nn.init.zeros_(memory.layers[-1].bias)  # type: ignore[arg-type]
    return memory


def nothing_before(memory: Memory) -> torch.Tensor:
    """A state after steps in which nothing was there."""
    return memory.after(torch.zeros(1, PAST, 2, BOX), torch.zeros(1, PAST, dtype=torch.int64))


def box(*edges: float) -> torch.Tensor:
    """One box of each of two classes: the first is not there, the second at these edges."""
    return torch.tensor([[[0.0, 0.0, 15.0, 0.0, 15.0], [1.0, *edges]]])


def test_boxes_are_the_first_and_last_rows_and_columns() -> None:
    frame = torch.zeros(6, 6, dtype=torch.uint8)
    frame[2:5, 1:3] = 1
    frame[0, 5] = 2
    assert boxes(frame, 4).tolist() == [[1, 0, 5, 0, 5], [1, 2, 4, 1, 2], [1, 0, 0, 5, 5], [0, 0, 5, 0, 5]]
    assert solid(frame[None], 4).tolist() == [False, True, True, False]


def test_a_place_that_was_rounded_is_carried_on_exactly() -> None:
    memory, nothing = still(), torch.zeros(1, dtype=torch.int64)
    state = nothing_before(memory)
    memory.expected(state)[0, 1, :BOX] = torch.tensor([5.0, 3.4, 6.4, 2.0, 3.0])
    near = memory.expected(memory(state, box(3, 6, 2, 3), nothing, nothing))[0, 1, 1:BOX]
    assert near.tolist() == pytest.approx([3.4, 6.4, 2.0, 3.0])
    moved = memory.expected(memory(state, box(9, 12, 2, 3), nothing, nothing))[0, 1, 1:BOX]
    assert moved.tolist() == pytest.approx([9.0, 12.0, 2.0, 3.0])
    unexpected = memory.expected(memory(nothing_before(memory), box(0.5, 3, 0, 1), nothing, nothing))[0, 1, 1:BOX]
    assert unexpected.tolist() == pytest.approx([0.5, 3.0, 0.0, 1.0])


def test_a_frame_is_told_what_is_sure_only() -> None:
    memory = still()
    memory.solid[:] = torch.tensor([False, True])
    state = nothing_before(memory)
    expected = memory.expected(state)
    expected[0, :, 0] = 9.0
    expected[0, :, 1:BOX] = torch.tensor([4.0, 9.0, 4.0, 9.0])
    expected[0, :, BOX:] = LEAST
    holed, filled = memory.told(state)[0]
    assert filled[6, 6] > 10
    assert holed[6, 6] == 0  # A box with holes says nothing about what is in it.
    assert -MOST <= filled[12, 6] == holed[12, 6] < -15
    assert 0 < filled[4, 6] == -filled[3, 6] < 5  # Half a pixel from the edge.
    expected[0, :, BOX:] = 6.0
    assert not memory.told(state).any()
    expected[0, :, BOX:] = LEAST
    expected[0, :, 0] = 0.0
    assert not memory.told(state).any()


def test_sequences_never_cross_an_episode() -> None:
    play = play_of([PAST + AHEAD, 4])
    first = PAST + AHEAD + 1
    seen, done, clock = sequences(play, torch.tensor([PAST, first + 2]))
    assert seen[0].tolist() == list(range(PAST + AHEAD + 1))
    assert seen[1].tolist() == [first] * (PAST - 2) + [first, first + 1, first + 2, first + 3] + [first + 4] * (AHEAD - 1)
    assert done.shape == clock.shape == (2, PAST + AHEAD)
    assert done[0].tolist() == list(range(PAST + AHEAD))


def test_a_memory_learns_what_four_frames_do_not_show() -> None:
    """A bar that rests for ten steps, and then moves in the way that the episode's first action says."""
    config = DreamConfig.parse(WITH | {"colours": 2, "recall": 32, "size": 40})
    memory, rng = DreamMemory(config, 3, 0, CPU), torch.Generator().manual_seed(0)
    play = play_of([PAST + AHEAD] * 8, size=40)
    net = memory.net.master
    assert isinstance(net, Memory)
    way = torch.arange(len(play.age)) // (PAST + AHEAD + 1) % 2 * 2 - 1
    play.actions[:] = torch.where(play.age == 0, (way + 3) // 2, 0)
    where = (20 + 4 * way * (play.age - 10).clamp(min=0).clamp(max=1))[:, None, None]
    rows = torch.arange(40)[:, None]
    frames = ((rows >= where) & (rows < where + 3)).to(torch.uint8).expand(-1, 40, 40).contiguous()
    play = replace(play, frames=frames, clock=torch.zeros_like(play.age))
    for _ in range(200):
        memory.step(play, rng, 1e-2)
    assert net.solid.tolist() == [False, True]
    for episode, row in ((0, 16), (1, 24)):
        start = episode * (PAST + AHEAD + 1)
        seen = boxes(frames[start : start + 11], 2)[None]
        done, clock = play.actions[start : start + 11][None], torch.zeros(1, dtype=torch.int64)
        before = net.after(
            torch.cat([seen[:, :1]] * (PAST - 10) + [seen[:, :-1]], 1), torch.cat([done[:, :1] * 0] * (PAST - 10) + [done[:, :-1]], 1)
        )
        with torch.no_grad():
            expected = net.expected(net(before, seen[:, -1], done[:, -1], clock))
        assert expected[0, 1, 1].item() == pytest.approx(row, abs=2.0)


def test_a_memory_is_learned_beside_a_network_that_stays_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = train("dream", steps=2, run=tmp_path / "first", device="cpu", quiet=True, **TINY, recall=0)
    theirs, _ = opened(first)
    assert getattr(theirs, "memory", None) is None
    values = WITH | {"begin_from": str(first.path), "learned": "recall"}
    second = train("dream", steps=2, run=tmp_path / "second", device="cpu", quiet=True, **values)
    mine, _ = opened(second)
    memory = mine.memory
    assert isinstance(memory, Memory)
    for key, value in theirs.state_dict().items():
        assert torch.equal(mine.state_dict()[key], value), key
    fresh = Dream(DreamConfig.parse(WITH), CPU).memory
    assert fresh is not None
    assert not torch.equal(fresh.net.master.state_dict()["enter.weight"], memory.enter.weight)
    third = Dream(DreamConfig.parse(WITH | {"begin_from": str(second.path), "learned": "recall", "learning_rate": 1e-12}), CPU)
    third.step()
    assert third.memory is not None
    assert torch.allclose(third.memory.net.master.state_dict()["enter.weight"], memory.enter.weight, atol=1e-6)
    wider = WITH | {"begin_from": str(second.path), "recall": 2 * memory.enter.weight.shape[2]}
    with caplog.at_level("WARNING"):
        Dream(DreamConfig.parse(wider), CPU).step()
    assert "it is learned anew" in caplog.text
    with pytest.raises(UsageError, match="--learned recall needs"):
        DreamConfig.parse(WITH | {"learned": "recall"})


def test_what_is_remembered_changes_what_is_drawn_and_is_the_same_in_play() -> None:
    dream = Dream(DreamConfig.parse(WITH | {"colours": 4}), CPU)
    dream.step()
    net, play = dream.serving(), collected(dream.config, "views").play
    both = SideBySide(net, dream.config, None)
    both.begin_in(find_episode(dream.config, f"{SHOWN}:1"), 0)
    world = World(net)
    world.begin(play, torch.tensor([0]))
    assert torch.allclose(world.remembered, both.world.remembered, atol=1e-5)
    memory = net.memory
    assert isinstance(memory, Memory)
    last = memory.layers[-1]
    assert isinstance(last, Apart)
    torch.nn.init.zeros_(last.weight)
    bias = last.bias.detach().view(4, -1)
    bias.fill_(0.0)
    one = World(net)
    one.begin(play, torch.tensor([0]))
    plain = one.step(torch.tensor([0])).frames
    # All is sure to stay where it is, and the untrained network draws something else.
    bias[:, 0], bias[:, BOX:] = 9.0, -20.0
    memory.solid[:] = True
    two = World(net)
    two.begin(play, torch.tensor([0]))
    assert not torch.equal(two.step(torch.tensor([0])).frames, plain)


def test_captured_steps_of_a_memory_are_those_of_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    eager, captured = (Dream(DreamConfig.parse(WITH), CPU) for _ in range(2))
    assert eager.memory is not None
    assert captured.memory is not None
    expected = [float(eager.step()["losses/memory"]) for _ in range(3)]
    monkeypatch.setattr(CapturedStep, "capture", lambda step: Replayed(step))
    captured.memory.captured.on_gpu = True
    assert [float(captured.step()["losses/memory"]) for _ in range(3)] == expected
    assert captured.memory.captured.made
    play, acts = collected(eager.config, "views").play, torch.tensor([2, 3])
    worlds = World(eager.serving(), 2), World(captured.serving(), 2, captured=True)
    assert worlds[1].captured is not None
    worlds[1].captured.on_gpu = True
    for world in worlds:
        world.begin(play, torch.tensor([0, 20]))
        for _ in range(3):
            world.step(acts)
    assert torch.equal(worlds[0].remembered, worlds[1].remembered)
    assert torch.equal(worlds[0].frames, worlds[1].frames)


def test_a_memory_stays_in_float32_where_frames_are_drawn_in_bf16() -> None:
    dream = Dream(DreamConfig.parse(WITH), CPU)
    dream.step()
    play = collected(dream.config, "views").play
    exact, coarse = World(dream.serving()), World(dream.serving())
    for world in (exact, coarse):
        world.begin(play, torch.tensor([20]))
    exact.step(torch.tensor([2]))
    with torch.autocast("cpu", torch.bfloat16):
        coarse.step(torch.tensor([2]))
    assert torch.equal(exact.remembered, coarse.remembered)


def test_dreams_of_before_have_no_memory() -> None:
    net, config = opened(find("breakout-dream"))
    assert config.recall == 0
    assert getattr(net, "memory", None) is None
