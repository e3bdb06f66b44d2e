"""The benchmark trains for real: its figures follow from the steps that it took."""

import itertools
from typing import Any

import pytest

from agents import bench


def test_the_speed_is_steps_over_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.chain([100.0, 104.0], itertools.count(105.0))
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(clock))
    figures: dict[str, Any] = bench.bench_dqn("cpu", steps=80, warmup=8)
    assert figures["sps"] == 80 / 4.0
    assert (figures["game"], figures["batch_size"], figures["train_every"]) == ("pong", 32, 4)
    # One update per 4 agent steps, once 1,000 have been played at random.
    assert figures["updates"] >= (8 + 80) // 4
    assert figures["loss"] > 0
