"""The speed of DQN's and PQN's training on this machine, measured by training for real."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from agents.dqn import DQN
from agents.dqn_config import DQNConfig
from agents.pqn import PQN
from agents.pqn_config import PQNConfig
from lab import device as devices
from lab.cores import threads_for
from lab.registry import recipe


def bench_dqn(device: str = "auto", steps: int = 4_000, warmup: int = 400) -> dict[str, Any]:
    """Agent steps per second of `dqn` on Pong: batch 32, one update per 4 agent steps, the replay filled past its start."""
    place = devices.resolve(device)
    torch.set_num_threads(threads_for(place))
    config = DQNConfig(game="pong", replay_capacity=20_000, learning_starts=1_000)
    experiment = DQN(config, place)
    try:
        while experiment.steps < config.learning_starts + warmup:
            experiment.step()
        begin, loss = experiment.steps, torch.zeros((), device=place)
        start = time.perf_counter()
        while experiment.steps < begin + steps:
            loss = experiment.step()["losses/td_loss"]
        last_loss = float(loss)  # Reading it also waits for a GPU to finish.
        seconds = time.perf_counter() - start
        share = sampling_share(experiment)
    finally:
        experiment.close()
    return {
        "sps": round((experiment.steps - begin) / seconds, 1), "game": config.game, "batch_size": config.batch_size,
        "train_every": config.train_every, "envs": config.envs, "precision": str(experiment.dtype).removeprefix("torch."),
        "sampling_share": round(share, 3), "updates": experiment.updates, "loss": round(last_loss, 5), "device": devices.describe(place), "threads": torch.get_num_threads(),
    }  # fmt: skip


def bench_pqn(device: str = "auto", steps: int = 12_288) -> dict[str, Any]:
    """Agent steps per second of `pqn` on Pong with its published settings, once the first rollout is there to learn from."""
    place = devices.resolve(device)
    torch.set_num_threads(threads_for(place))
    config = PQNConfig(game="pong")
    experiment = PQN(config, place)
    try:
        while experiment.steps < config.envs * (config.rollout_steps + 4):
            experiment.step()
        begin, updates, loss = experiment.steps, experiment.updates, torch.zeros((), device=place)
        start = time.perf_counter()
        while experiment.steps < begin + steps:
            loss = experiment.step().get("losses/td_loss", loss)
        last_loss = float(loss)  # Reading it also waits for a GPU to finish.
        seconds = time.perf_counter() - start
    finally:
        experiment.close()
    return {
        "sps": round((experiment.steps - begin) / seconds, 1), "game": config.game, "envs": config.envs,
        "minibatch": config.envs * config.rollout_steps // config.minibatches, "precision": str(experiment.dtype).removeprefix("torch."),
        "updates": experiment.updates - updates, "loss": round(last_loss, 5), "device": devices.describe(place), "threads": torch.get_num_threads(),
    }  # fmt: skip


def bench_heads(device: str = "auto", steps: int = 1_000, rounds: int = 3) -> dict[str, Any]:
    """Agent steps per second of recipes with other heads beside those of `dqn`, in turns: medians of `rounds`, and of their ratios."""
    place = devices.resolve(device)
    torch.set_num_threads(threads_for(place))
    names = ("dqn", "qr-dqn", "c51", "iqn", "rainbow")
    fields = {"game": "pong", "replay_capacity": 20_000, "learning_starts": 1_000}
    made = {name: (r := recipe(name)).experiment_class()(r.config_class().parse(fields), place) for name in names}
    speeds: dict[str, list[float]] = {name: [] for name in names}
    try:
        for experiment in made.values():
            while experiment.steps < 1_200:
                experiment.step()
        for _ in range(rounds):
            for name, experiment in made.items():
                begin, start = experiment.steps, time.perf_counter()
                while experiment.steps < begin + steps:
                    loss = experiment.step()["losses/td_loss"]
                float(loss)  # Reading it also waits for a GPU to finish.
                speeds[name].append((experiment.steps - begin) / (time.perf_counter() - start))
    finally:
        for experiment in made.values():
            experiment.close()
    figures: dict[str, Any] = {f"{name.replace('-', '_')}_sps": round(statistics.median(speeds[name]), 1) for name in names}
    for name in names[1:]:
        shares = [mine / dqns for mine, dqns in zip(speeds[name], speeds["dqn"], strict=True)]
        figures[f"{name.replace('-', '_')}_ratio"] = round(statistics.median(shares), 3)
    return {**figures, "device": devices.describe(place), "threads": torch.get_num_threads()}


def sampling_share(experiment: DQN, repeats: int = 60) -> float:
    """Drawing a batch and gathering its stacks, as a share of the update that it is for (medians of `repeats`)."""
    replay = experiment.memory()
    size = experiment.config.batch_size
    rng = np.random.default_rng(0)

    def sample() -> None:
        batch = replay.sample(size, rng)
        replay.blocks(batch.rows)
        replay.blocks(batch.next_rows)

    place = experiment.device
    return seconds_of(sample, repeats, place) / seconds_of(lambda: experiment.update(experiment.draw(1)), repeats, place)


def seconds_of(work: Callable[[], object], repeats: int, place: torch.device) -> float:
    """Median seconds of a call and of what it gave the device to do."""
    taken = []
    devices.finish(place)
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        devices.finish(place)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
