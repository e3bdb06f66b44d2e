"""An agent beside its published curve: Boxing with sticky actions, as in Dopamine's result files.

    python benchmarks/published_curves.py iqn
    python benchmarks/published_curves.py c51 --iterations 2

One iteration is 250,000 agent steps; its figure is the mean return, unclipped, of the training episodes that end in it. The settings are those of Dopamine's
own configurations, which are the recipes' but for what SETTINGS says. Three things differ: eight games run in parallel in place of one, the share of
random actions falls from the first step to the 270,000th, not from the 20,000th on, and IQN learns from and acts by 8 fractions in place of 64 and 32.
Boxing, as its curves part at once: in the second iteration C51 has fallen to -39 while IQN has risen to 10.
"""

import argparse
import json
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import lab
from lab.metrics import series

ITERATION = 250_000
SETTINGS: dict[str, dict[str, Any]] = {
    "dqn": {"target_interval": 2_000, "learning_rate": 6.25e-5},
    "c51": {"target_interval": 2_000},
    "rainbow": {"noisy": False, "dueling": False, "double": False},
    "qr-dqn": {"target_interval": 2_000, "n_step": 3, "prioritised": True},
    "iqn": {"target_interval": 2_000, "n_step": 3, "learning_rate": 6.25e-5, "adam_eps": 1.5e-4},
}
"""What Dopamine's agents have otherwise than the lab's recipes: 8,000 agent steps, 2,000 updates, between copies to the target network; a Rainbow of C51,
three steps and prioritised replay alone; a QR-DQN with Rainbow's three steps and prioritised replay; an IQN with its three steps and optimizer."""

PUBLISHED = {
    "dqn": ([-1.86, -1.47, -0.90, -2.19, -1.51], [-3.26, -0.72, -1.14, -3.12, -3.52]),
    "c51": ([-6.46, -6.74, -5.78, -7.51, -6.33], [-38.42, -38.81, -38.99, -37.46, -39.72]),
    "rainbow": ([-5.74, -5.30, -6.65, -6.00, -6.10], [-30.01, -29.52, -31.85, -33.04, -31.46]),
    "qr-dqn": ([-0.61, -0.67, -0.74, 0.24, 0.24], [8.33, 11.79, 8.94, 13.60, 10.99]),
    "iqn": ([0.78, -0.66, -0.11, 1.33, -0.09], [9.36, 7.54, 7.68, 18.02, 7.20]),
}
"""The first two iterations of Dopamine's five seeds (baselines/atari/data/boxing.json: DQN (Adam + MSE in JAX), C51, Rainbow, Quantile (JAX), IQN)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("agent", choices=SETTINGS)
    parser.add_argument("--iterations", type=int, choices=(1, 2), default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        run = lab.train(
            options.agent, game="boxing", sticky_actions=0.25, noop_max=0, steps=options.iterations * ITERATION, seed=options.seed, device=options.device,
            run=Path(folder) / options.agent, quiet=False, epsilon_steps=270_000, **SETTINGS[options.agent],
        )  # fmt: skip
        steps, returns = series(run.metrics(), "charts/episodic_return")
    means = [fmean(returns[(steps > i * ITERATION) & (steps <= (i + 1) * ITERATION)]) for i in range(options.iterations)]
    told = {"agent": options.agent, "seed": options.seed, "first": means[0], "last": means[-1], "iterations": means}
    print(json.dumps(told | {"published": PUBLISHED[options.agent][: options.iterations]}))


if __name__ == "__main__":
    main()
