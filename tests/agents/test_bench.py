"""The benchmark trains for real: its figures follow from the steps that it took."""

import itertools
from functools import partial
from typing import Any

import pytest

from agents import bench
from agents.dqn_config import DQNConfig
from agents.pqn_config import PQNConfig


def test_the_speed_is_steps_over_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "DQNConfig", lambda **fields: DQNConfig(**{**fields, "learning_starts": 100}))
    clock = itertools.chain([100.0, 104.0], itertools.count(105.0))
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(clock))
    figures: dict[str, Any] = bench.bench_dqn("cpu", steps=80, warmup=8)
    assert figures["sps"] == 80 / 4.0
    assert (figures["game"], figures["batch_size"], figures["train_every"]) == ("pong", 32, 4)
    # One update per 4 agent steps, once 100 have been played at random.
    assert figures["updates"] >= (8 + 80) // 4
    assert figures["loss"] > 0


def test_the_speed_of_pqn_is_steps_over_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "PQNConfig", partial(PQNConfig, envs=4, rollout_steps=4, minibatches=2, hidden_units=16))
    clock = itertools.chain([100.0, 104.0], itertools.count(105.0))
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(clock))
    figures: dict[str, Any] = bench.bench_pqn("cpu", steps=32)
    assert figures["sps"] == 32 / 4.0
    assert (figures["game"], figures["envs"], figures["minibatch"]) == ("pong", 4, 8)
    assert figures["updates"] == 2 * 4  # two rollouts of two epochs of two minibatches
