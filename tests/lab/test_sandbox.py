"""The sandbox: it steps while somebody looks, takes changes between two steps, and ends when told."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab.sandbox import PACES, Sandbox


class Counter:
    """An experiment that counts, and tells when it does."""

    ended = False

    def __init__(self, start: int = 0):
        self.steps, self.stepped = start, threading.Event()

    def step(self) -> None:
        self.steps += 1
        self.stepped.set()


@pytest.fixture
def sandbox() -> Iterator[Callable[[], Sandbox]]:
    made: list[Sandbox] = []

    def make() -> Sandbox:
        made.append(Sandbox(Counter, lambda counter: counter.steps))
        return made[-1]

    yield make
    for one in made:
        assert one.close(60)


def until(sandbox: Sandbox, holds: Callable[[], bool]) -> None:
    """Wait for a condition that a change in the sandbox's thread can meet."""
    for _ in range(100_000):
        if holds():
            return
        done = threading.Event()
        sandbox.do(lambda _, done=done: done.set())  # type: ignore[misc]
        assert done.wait(60)
    raise AssertionError("it never came")


def test_it_steps_by_itself_and_shows_frames(sandbox: Callable[[], Sandbox]) -> None:
    one = sandbox()
    one.start()
    until(one, lambda: one.latest is not None and one.latest.content > 5)


def test_paused_it_steps_once_when_asked(sandbox: Callable[[], Sandbox]) -> None:
    one = sandbox()
    one.play(False)
    one.start()
    until(one, lambda: one.latest is not None)
    assert one.latest is not None
    assert one.latest.content == 0
    one.step_once()
    until(one, lambda: one.latest is not None and one.latest.content == 1)


def test_nothing_moves_while_nobody_looks(sandbox: Callable[[], Sandbox]) -> None:
    one = sandbox()
    one.look(False)
    one.start()
    until(one, lambda: one.latest is not None)
    assert one.latest is not None
    assert one.latest.content == 0


def test_a_change_may_replace_the_experiment(sandbox: Callable[[], Sandbox]) -> None:
    one = sandbox()
    one.play(False)
    one.start()
    one.do(lambda _: Counter(100))
    until(one, lambda: one.latest is not None and one.latest.content == 100)


def test_an_error_is_a_sentence_and_the_experiment_stays(sandbox: Callable[[], Sandbox]) -> None:
    one = sandbox()
    one.play(False)
    one.start()
    until(one, lambda: one.latest is not None)

    def fails(_: Any) -> None:
        raise ValueError("no such points")

    told: list[str] = []
    one.do(fails)
    one.do(lambda _: told.append(one.problem))
    until(one, lambda: bool(told))
    assert told == ["no such points"]
    until(one, lambda: one.problem == "")
    assert one.latest is not None
    assert one.latest.content == 0


def test_slow_motion_takes_a_step_in_half_a_second() -> None:
    assert [pace.steps_per_second for pace in PACES][:2] == [2, 30]


def test_there_is_something_to_see_before_the_first_step() -> None:
    seen: list[int] = []

    def frame(counter: Counter) -> int:
        seen.append(counter.steps)
        return counter.steps

    one = Sandbox(Counter, frame)
    one.start()
    until(one, lambda: len(seen) > 2)
    assert one.close(60)
    assert seen[0] == 0
