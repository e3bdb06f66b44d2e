"""What a checkpoint costs with a full replay memory of a real game: how long training stands still, how large it is.

    python benchmarks/checkpoint.py [--game pong] [--rows 1000000] [--envs 16]
The memory is filled by random play. Prints one JSON line: stall_s (copying the state), first_write_s and second_write_s
(in the background), disk_mb (both checkpoints together), replay_gb, read_s.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from agents.dqn import DQN
from agents.dqn_config import DQNConfig
from lab import checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--game", default="pong")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--envs", type=int, default=16)
    options = parser.parse_args()
    config = DQNConfig(game=options.game, envs=options.envs, replay_capacity=options.rows, learning_starts=options.rows)
    experiment = DQN(config, torch.device("cpu"))
    play(experiment, options.rows)
    with tempfile.TemporaryDirectory(dir=".") as place:
        folder = Path(place)
        first_stall, first_write = write(experiment, folder, 1)
        play(experiment, 20_000)
        second_stall, second_write = write(experiment, folder, 2)
        disk = sum(f.stat().st_blocks * 512 / f.stat().st_nlink for f in folder.rglob("*") if f.is_file())
        start = time.perf_counter()
        checkpoint.read(checkpoint.listed(folder)[-1])
        read = time.perf_counter() - start
    replay = experiment.memory()
    arrays = (replay.actions, replay.rewards, replay.terminated, replay.ended, replay.age)
    memory = replay.frames.numel() + sum(a.nbytes for a in arrays)
    experiment.close()
    print(
        json.dumps(
            {
                "game": options.game, "rows": options.rows, "stall_s": round(max(first_stall, second_stall), 3),
                "first_write_s": round(first_write, 2), "second_write_s": round(second_write, 2),
                "disk_mb": round(disk / 1e6, 1), "replay_gb": round(memory / 1e9, 3), "read_s": round(read, 2),
            }
        )
    )  # fmt: skip


def play(experiment: DQN, steps: int) -> None:
    """`steps` of random play into the replay memory."""
    collector, rng = experiment.collect(), np.random.default_rng(0)
    env = collector.env
    for _ in range(steps // env.envs):
        collector.send(rng.integers(env.actions, size=env.envs))
        collector.receive()


def write(experiment: DQN, folder: Path, step: int) -> tuple[float, float]:
    """(seconds to copy the state, seconds to write it)."""
    start = time.perf_counter()
    state = {"experiment": experiment.state(), "session": {"seconds": 0.0}}
    serving = checkpoint.serving_weights(experiment.serving())
    copied = time.perf_counter()
    checkpoint.write(folder, step, state, serving)
    return copied - start, time.perf_counter() - copied


if __name__ == "__main__":
    main()
