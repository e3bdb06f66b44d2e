"""The peer of `lab bench pqn`: PQN as one plain loop in CleanRL's manner: EnvPool, float32, eager PyTorch.

    python plain_pqn.py [--steps 12288]
The same network, environments (128), rollout (32 steps), epochs (2) and minibatches (32) on Pong. Prints one JSON line with `sps`:
agent steps per second in the rollouts after the first, acting, emulation and learning together.
"""

import argparse
import json
import time

import envpool
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ENVS, STEPS, EPOCHS, MINIBATCHES = 128, 32, 2, 32
GAMMA, LAMBDA, RATE, EPSILON = 0.99, 0.65, 2.5e-4, 0.1


def make_network(actions: int) -> nn.Module:
    layers = [
        nn.Conv2d(4, 32, 8, stride=4), nn.LayerNorm([32, 20, 20]), nn.ReLU(),
        nn.Conv2d(32, 64, 4, stride=2), nn.LayerNorm([64, 9, 9]), nn.ReLU(),
        nn.Conv2d(64, 64, 3), nn.LayerNorm([64, 7, 7]), nn.ReLU(), nn.Flatten(),
        nn.Linear(3136, 512), nn.LayerNorm(512), nn.ReLU(), nn.Linear(512, actions),
    ]  # fmt: skip
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.orthogonal_(layer.weight, 2**0.5)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=12_288, help="agent steps that are timed, in whole rollouts of 4,096")
    rollouts = max(1, parser.parse_args().steps // (ENVS * STEPS))
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    env = envpool.make("Pong-v5", env_type="gymnasium", num_envs=ENVS, num_threads=torch.get_num_threads(), seed=0, reward_clip=True)
    actions = env.action_space.n
    network = make_network(actions)
    optimizer = torch.optim.RAdam(network.parameters(), lr=RATE)
    observations = torch.zeros(STEPS, ENVS, 4, 84, 84)
    taken = torch.zeros(STEPS, ENVS, dtype=torch.int64)
    rewards, dones, values, returns = (torch.zeros(STEPS, ENVS) for _ in range(4))
    seen, start, loss = torch.as_tensor(env.reset()[0]).float(), 0.0, torch.zeros(())
    for rollout in range(rollouts + 1):
        if rollout == 1:
            start = time.perf_counter()
        for t in range(STEPS):
            observations[t] = seen
            with torch.no_grad():
                q = network(seen / 255)
            values[t], greedy = q.max(1)
            random = torch.from_numpy(rng.random(ENVS) < EPSILON)
            taken[t] = torch.where(random, torch.from_numpy(rng.integers(actions, size=ENVS)), greedy)
            frames, reward, terminated, truncated, _ = env.step(taken[t].numpy())
            seen = torch.as_tensor(frames).float()
            rewards[t], dones[t] = torch.as_tensor(reward), torch.as_tensor(terminated | truncated).float()
        with torch.no_grad():
            following = network(seen / 255).max(1).values
            returns[-1] = rewards[-1] + GAMMA * following * (1 - dones[-1])
            for t in reversed(range(STEPS - 1)):
                returns[t] = rewards[t] + GAMMA * (LAMBDA * returns[t + 1] + (1 - LAMBDA) * values[t + 1]) * (1 - dones[t])
        batch = (observations.flatten(0, 1), taken.flatten(), returns.flatten())
        for _ in range(EPOCHS):
            for index in torch.from_numpy(rng.permutation(ENVS * STEPS)).chunk(MINIBATCHES):
                x, a, y = (each[index] for each in batch)
                loss = F.mse_loss(network(x / 255).gather(1, a[:, None])[:, 0], y)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 10)
                optimizer.step()
    last_loss, seconds = float(loss), time.perf_counter() - start
    print(
        json.dumps(
            {
                "peer": "plain loop",
                "sps": round(rollouts * ENVS * STEPS / seconds, 1),
                "loss": last_loss,
                "threads": torch.get_num_threads(),
            }
        )
    )


if __name__ == "__main__":
    main()
