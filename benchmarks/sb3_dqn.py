"""The peer of `lab bench dqn`: Stable-Baselines3's DQN on Pong with the same network, batch and replay ratio.

    python sb3_dqn.py [--steps 2000]
Prints one JSON line with `sps`: agent steps per second while one update of 32 runs per 4 agent steps (frame skip 4).
"""

import argparse
import json
import time

import ale_py
import gymnasium
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.vec_env import VecFrameStack


class Stopwatch(BaseCallback):
    """Times `steps` agent steps after the first `warmup` and then ends the training."""

    def __init__(self, warmup: int, steps: int):
        super().__init__()
        self.warmup, self.steps, self.begin, self.sps = warmup, steps, 0.0, 0.0

    def _on_step(self) -> bool:
        if self.num_timesteps == self.warmup:
            self.begin = time.perf_counter()
        if self.num_timesteps < self.warmup + self.steps:
            return True
        self.sps = self.steps / (time.perf_counter() - self.begin)
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    steps = parser.parse_args().steps
    gymnasium.register_envs(ale_py)
    env = VecFrameStack(make_atari_env("PongNoFrameskip-v4", n_envs=1, seed=0), 4)
    model = DQN(
        "CnnPolicy", env, learning_rate=1e-4, batch_size=32, train_freq=4, gradient_steps=1, buffer_size=20_000,
        learning_starts=1000, target_update_interval=1000, exploration_final_eps=0.01, seed=0,
    )  # fmt: skip
    watch = Stopwatch(1400, steps)
    model.learn(1400 + steps + 1, callback=watch)
    print(json.dumps({"peer": "stable-baselines3", "sps": round(watch.sps, 1), "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
