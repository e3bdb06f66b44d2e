"""Evaluation: whole episodes in environments of their own, nearly greedy, scores unclipped, the protocol beside them."""

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from agents.agent_config import AgentConfig
from agents.scores import human_normalised, human_score
from lab.atari.games import FRAME_SKIP, cut_rows
from lab.atari.play_options import PlayOptions
from lab.atari.vector import AtariVector, FrameStack

SEED = 1_000_003
"""Evaluation seeds start far from those of training."""
STICKY = 0.25
"""The probability of a repeated action in the harder protocol."""


def evaluate(
    net: nn.Module, config: AgentConfig, device: torch.device, episodes: int | None = None, epsilon: float | None = None, seed: int = 0
) -> dict[str, Any]:
    """Play `episodes` and sum them up: mean, median, min, max, a 95 % interval of the mean, and the protocol.

    They are played twice: with the config's share of sticky actions, and in a second row of figures, whose names begin with
    `sticky_` or `no_sticky_`, with 0.25 (Machado et al. 2018) where the first has none, else without.
    Raises UsageError for values out of the bounds of `PlayOptions`.
    """
    episodes = config.eval_episodes if episodes is None else episodes
    epsilon = config.eval_epsilon if epsilon is None else epsilon
    PlayOptions.parse({"episodes": episodes, "epsilon": epsilon, "seed": seed})
    other, prefix = (0.0, "no_sticky_") if config.sticky_actions else (STICKY, "sticky_")
    first, second = (
        summary(*play(net, config, device, episodes, epsilon, seed, sticky), config, epsilon, sticky)
        for sticky in (config.sticky_actions, other)
    )
    human, source = human_score(config.game)
    return {**first, "human": human, "human_source": source, **{prefix + name: value for name, value in second.items()}}


@torch.no_grad()
def play(
    net: nn.Module, config: AgentConfig, device: torch.device, episodes: int, epsilon: float, seed: int, sticky: float
) -> tuple[np.ndarray, int]:
    """(the scores (N,) of `episodes`, the emulator frames that they took).

    Every environment plays the same number of episodes (the first few one more), so that short ones do not count more.
    """
    envs = min(episodes, 16)
    env = AtariVector(
        config.game, envs, SEED + seed, sticky=sticky, noop_max=config.noop_max, fire_reset=config.fire_reset, crop=config.crop
    )  # fmt: skip
    rng = np.random.Generator(np.random.PCG64([SEED, seed]))
    wanted = np.full(envs, episodes // envs) + (np.arange(envs) < episodes % envs)
    scores: list[list[float]] = [[] for _ in range(envs)]
    returns, stack, frames = np.zeros(envs), FrameStack(envs), 0
    try:
        stack.restart(np.ones(envs, np.bool_), env.reset())
        while any(len(s) < n for s, n in zip(scores, wanted, strict=True)):
            q = net(torch.from_numpy(stack.frames).to(device)).float().cpu().numpy()
            random = rng.random(envs) < epsilon
            env.send(np.where(random, rng.integers(env.actions, size=envs), q.argmax(1)))
            step = env.recv()
            returns += step.rewards
            stack.push(step.frames)
            over = step.terminated | step.truncated
            for i in np.flatnonzero(over):
                if len(scores[i]) < wanted[i]:
                    scores[i].append(float(returns[i]))
                returns[i] = 0
            frames += FRAME_SKIP * sum(len(s) < n for s, n in zip(scores, wanted, strict=True))
            if over.any():
                stack.restart(over, env.restart(over))
    finally:
        env.close()
    return np.array([score for s in scores for score in s]), frames


def summary(scores: np.ndarray, frames: int, config: AgentConfig, epsilon: float, sticky: float) -> dict[str, Any]:
    """The figures of scores (N,), named as `lab eval --json` gives them."""
    mean = float(scores.mean())
    spread = 1.96 * float(scores.std(ddof=1)) / math.sqrt(len(scores)) if len(scores) > 1 else math.nan
    top, bottom = cut_rows(config.crop)
    cut = f"{top} rows cut away above and {bottom} below, " if top or bottom else ""
    protocol = (
        f"{config.game}, {len(scores)} episodes, epsilon {epsilon:g}, sticky actions {sticky:g}, up to {config.noop_max} "
        f"no-ops at the start, frame skip {FRAME_SKIP}, {cut}minimal action set, whole games (a lost life ends nothing), scores unclipped, "
        f"at most 108,000 frames an episode, {frames:,} frames in all, training seed {config.seed}"
    )
    return {
        "mean": mean, "median": float(np.median(scores)), "min": float(scores.min()), "max": float(scores.max()),
        "interval95": [mean - spread, mean + spread], "episodes": len(scores),
        "human_normalised": human_normalised(config.game, mean), "protocol": protocol, "scores": scores.tolist(),
    }  # fmt: skip
