"""Sequences of bits to be remembered: what is shown, and which answer is wanted."""

import torch

from lab.data.memory_tasks import REPEATS, Copy, RepeatCopy, Sort


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_copy_shows_the_sequence_then_a_mark_then_nothing() -> None:
    x, answer = Copy(3).draw(4, 2, generator())
    assert x.shape == (2, 9, 5)
    assert torch.equal(x[:, :4, :3], answer)
    assert x[:, 4].tolist() == [[0, 0, 0, 1, 0]] * 2
    assert not x[:, 5:].any()


def test_repeat_copy_wants_the_sequence_several_times_and_an_end() -> None:
    x, answer = RepeatCopy(3).draw(2, 1, generator(), repeats=2)
    sequence = x[0, :2, :3]
    assert answer[0, :, :3].tolist() == [*sequence.tolist(), *sequence.tolist(), [0, 0, 0]]
    assert answer[0, :, 3].tolist() == [0, 0, 0, 0, 1]
    assert x[0, 2, 4] == torch.tensor(2 / REPEATS)


def test_sort_wants_the_highest_priority_first() -> None:
    x, answer = Sort(6).draw(5, 1, generator())
    ranked = sorted(x[0, :5].tolist(), key=lambda row: -row[7])
    assert answer[0].tolist() == [row[:6] for row in ranked]
