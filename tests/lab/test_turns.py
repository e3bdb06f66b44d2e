"""Trainings that would each fill the cores take turns."""

import fcntl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import lab
from lab import cores, turns
from lab.api import new_session
from lab.turns import Turn


@pytest.fixture
def turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Turn]:
    """Makes places among those that take turns, each step of which is long enough for a turn, and whose patience does not end."""
    monkeypatch.setattr(turns, "SLICE", 0.0)
    monkeypatch.setattr(turns, "PATIENCE", 60.0)
    return lambda wanted=True: Turn(lambda: wanted, tmp_path / "turns")


def waits(one: Turn) -> bool:
    """Whether somebody waits for the turn."""
    with (one.folder / "next").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_the_one_that_waits_comes_before_the_one_that_had_the_turn(turn: Callable[..., Turn]) -> None:
    order: list[str] = []

    def other() -> None:
        with turn() as second:
            for _ in range(3):
                second.take()
                order.append("second")
                while not waits(second) and len(order) < 6:
                    threading.Event().wait(0.001)

    with turn() as first:
        first.take()
        order.append("first")
        thread = threading.Thread(target=other)
        thread.start()
        for _ in range(2):
            while not waits(first):
                threading.Event().wait(0.001)
            first.take()
            order.append("first")
    thread.join(60)
    assert order == ["first", "second", "first", "second", "first", "second"]


def test_a_turn_lasts_longer_than_a_short_step(turn: Callable[..., Turn], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SLICE", 60.0)
    with turn() as one:
        one.take()
        since = one.since
        one.take()
        assert one.since == since
        one.leave()
        one.take()
        assert one.since > since


def test_who_waits_too_long_goes_on_without(turn: Callable[..., Turn], monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that has the turn may be suspended."""
    with turn() as suspended, turn() as other:
        suspended.take()
        monkeypatch.setattr(turns, "PATIENCE", 0.0)
        other.take()
        assert (suspended.held, other.held) == (True, False)
        suspended.leave()
        since = other.since
        other.take()  # For a while it does not even ask.
        assert (other.held, other.since) == (False, since)


def test_a_training_alone_takes_no_turn(turn: Callable[..., Turn]) -> None:
    with turn(wanted=False) as one:
        one.take()
        assert (one.held, one.files) == (False, None)


def test_sessions_that_take_turns_end_as_one_alone(tmp_path: Path, runs_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = lab.train("toy", steps=60, run=runs_home / "alone")
    monkeypatch.setattr(turns, "SLICE", 0.0)
    monkeypatch.setattr(cores, "slot", cores.Slot(tmp_path / "slots"))
    monkeypatch.setattr(cores, "crowded", lambda trainings: len(trainings) > 1)
    monkeypatch.setattr(cores, "each_fills_the_cores", lambda trainings: len(trainings) > 1)
    monkeypatch.setattr(cores, "cores_here", lambda: 1)
    both = [new_session("toy", {}, steps=60, run=runs_home / name) for name in ("one", "other")]
    for session in both:
        session.start()
    for session in both:
        assert session.trained.wait(60)
        assert session.close(60)
        assert session.run_folder.status()["metrics"]["losses/loss"] == alone.status()["metrics"]["losses/loss"]
        assert session.latest.status == "finished"


@pytest.mark.parametrize(
    ("trainings", "expected"),
    [
        ([2], False),  # Alone.
        ([2, 2], True),
        ([2, 4], True),  # Two sessions of another process.
        ([1, 2], False),  # One leaves a core free: taking turns would leave it idle.
        ([1, 1], False),
        ([1, 1, 1], False),
    ],
)
def test_those_that_would_each_fill_the_cores_take_turns_and_spin(
    trainings: list[int], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "cpus", lambda: {0, 1})
    monkeypatch.setattr(cores, "by_turns", False)
    monkeypatch.setattr(cores, "trainings_here", lambda: trainings)
    monkeypatch.setattr(cores.Watcher, "start", lambda self: None)
    monkeypatch.setattr(cores.Watcher, "short_of_cores", lambda self: False)
    joined: list[bool] = []
    monkeypatch.setattr(cores.idle, "join", lambda: joined.append(True))
    monkeypatch.setattr(cores.idle, "leave", lambda: joined.append(False))
    cores.Watcher().check()
    assert cores.by_turns is expected
    assert joined == [not expected and sum(trainings) > 2]
