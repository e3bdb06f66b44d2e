"""What an agent that learns from Atari shows: its environments, decisions, memory and first layer.

Any experiment that is an `Agent` may have them among its `view_parts`.
"""

import math
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from agents.collector import Collector
from agents.decisions import Decisions
from agents.munchausen import soft_policy
from agents.replay import ReplayMemory
from agents.saliency import saliency as saliency_map
from lab.answers import Bars, Curves, Heatmap, Images
from lab.answers.images import GROUND
from lab.atari.player import Player
from lab.atari.player import q_values as q_values_of
from lab.experiment import view
from lab.parameters import Count, Index, Seed
from models.kernels.pixel_blocks import plain_space_to_depth
from models.noisy import NoisyLinear
from models.q_network import ActionValueNetwork
from models.vision.excite import excite

EXCITED_NOISE = 12.0
"""Deviation of the first pixels around grey, of 255."""
MOST_STEPS = 1024


class Agent(Protocol):
    """What the views need of an experiment."""

    config: Any
    device: torch.device
    action_names: tuple[str, ...]
    decisions: Decisions

    def collect(self) -> Collector: ...


class ReplayAgent(Agent, Protocol):
    """What the views of a replay memory need besides."""

    def memory(self) -> ReplayMemory: ...


class AgentViews:
    """The views of any agent's experiment."""

    def __init__(self, agent: Agent):
        self.agent = agent

    @view
    def screen(self) -> Images:
        """What every environment shows now, as the network sees it (84x84 greys); below each, its score in this game and the
        action chosen."""
        collector, last = self.agent.collect(), self.agent.decisions.last
        actions = ["-"] * len(collector.stacks) if last is None else [self.agent.action_names[a] for a in last.actions]
        captions = [f"{score:g}  {action}" for score, action in zip(collector.returns, actions, strict=True)]
        return Images(collector.stacks[:, -1], captions, columns=max(4, math.isqrt(2 * len(captions))), scale=2)

    @view
    def colours(self, env: Index = 0) -> Images:
        """What one training environment shows now, in the game's own colours, as a person would see it."""
        collector = self.agent.collect()
        env = nearest(env, len(collector.stacks))
        pixels, behind = collector.colours(env)
        score = f"score {collector.returns[env]:g}"
        return Images(pixels[None], [f"{score}, {behind:,} actions to catch up" if behind else score], scale=2)

    @view
    def stack(self, env: Index = 0) -> Images:
        """The four frames that the network sees at once in one environment, oldest (t-3) first; movement is in their difference."""
        stacks = self.agent.collect().stacks
        return Images(stacks[nearest(env, len(stacks))], ["t-3", "t-2", "t-1", "t"], columns=4, scale=2)

    @view
    def action_values(self, env: Index = 0) -> Bars:
        """Q(s, a) of every action at one environment's last decision; the chosen action is in colour."""
        last = self.agent.decisions.last
        if last is None:
            return Bars(list(self.agent.action_names), np.zeros(len(self.agent.action_names)), title="no decision yet")
        env = nearest(env, len(last.actions))
        action = int(last.actions[env])
        why = "at random (epsilon)" if last.random[env] else "as the largest"
        return Bars(list(self.agent.action_names), last.q[env], action, f"environment {env} chose {self.agent.action_names[action]} {why}")

    @view
    def q_values(self) -> Curves:
        """Q(s, a) of every action in the first environment over its last decisions; the highest is the value of the state."""
        history = self.agent.decisions.history
        steps = np.array([step for step, _ in history])
        values = np.array([q for _, q in history]).reshape(len(steps), len(self.agent.action_names))
        return Curves({name: (steps, values[:, i]) for i, name in enumerate(self.agent.action_names)}, y_label="Q(s, a)", title="Q values")

    @view(live=True)
    def filters(self, net: ActionValueNetwork) -> Images:
        """The filters of the first layer by number, each as four squares for the frames of the stack, oldest left: grey is zero,
        bright excites, dark inhibits."""
        weights = net.filters().detach().float().cpu().numpy()  # (32, 4, 8, 8)
        pixels = 127.5 + 127.5 * weights / max(float(np.abs(weights).max()), 1e-12)
        large = pixels.astype(np.uint8).repeat(4, axis=2).repeat(4, axis=3)  # (32, 4, 32, 32)
        gap = np.full((*large.shape[:3], 2), GROUND[0], np.uint8)
        side_by_side = np.concatenate(list(np.concatenate([large, gap], axis=3).transpose(1, 0, 2, 3)), axis=2)  # (32, 32, 136)
        return Images(side_by_side, [str(i) for i in range(len(large))], columns=4)

    @view(live=True)
    def activations(self, net: ActionValueNetwork, frames: Count = 240) -> Images:
        """The 32 feature maps of the first layer for the present stack: bright is active, the number is the map's maximum. Of a
        stored run: after that many frames of a game."""
        maps = net.first_maps(self.example_stack(net, frames))[0].float().cpu().numpy()  # (32, 20, 20)
        top = maps.max(axis=(1, 2), keepdims=True)
        return Images((255 * maps / np.maximum(top, 1e-12)).astype(np.uint8), [f"{v:.2f}" for v in top.flatten()], columns=8, scale=3)

    @view(live=True)
    def saliency(self, net: ActionValueNetwork, frames: Count = 240) -> Images:
        """Which pixels move the Q value of the action below: the redder, the larger |dQ/dpixel|, over the frame that the network sees."""
        stack = self.example_stack(net, frames)[0].cpu().numpy()
        heat = saliency_map(net, stack)[..., None]
        grey = np.repeat(stack[-1][..., None], 3, axis=2).astype(np.float32)
        pixels = (1 - 0.7 * heat) * grey + 0.7 * heat * np.array([255, 40, 20], np.float32)
        q = q_values_of(net, stack)
        return Images(pixels.astype(np.uint8)[None], [f"{self.agent.action_names[q.argmax()]}  Q {q.max():.3f}"], scale=5)

    @view(live=True)
    def excited(self, net: ActionValueNetwork, steps: Count = 96, robust: bool = True, seed: Seed = 0) -> Images:
        """For each action the four frames, oldest left, that speak for it most: made from noise so that its Q value rises above the actions' mean.

        Below, that difference before and after. `robust` frames must do so under small shifts, turns and zooms, else noise will do.
        """
        rng = torch.Generator().manual_seed(seed)
        count = len(self.agent.action_names)
        start = (127.5 + EXCITED_NOISE * torch.randn(1, 4, 84, 84, generator=rng)).clamp(0, 255).to(next(net.parameters()).device)
        actions = torch.arange(count, device=start.device)

        def score(frames: Tensor) -> Tensor:
            q = net(plain_space_to_depth(frames))
            return q[actions, actions] - q.mean(1)

        frames = excite(net, score, start.expand(count, -1, -1, -1), min(steps, MOST_STEPS), rng, robust=robust, smoothness=4.0)
        with torch.no_grad():
            before, after = score(start.expand(count, -1, -1, -1)).tolist(), score(frames).tolist()
        pixels = frames.round().to(torch.uint8).cpu().numpy()
        captions = [f"{name}: {a:+.2f} to {b:+.2f}" for name, a, b in zip(self.agent.action_names, before, after, strict=True)]
        return Images(np.concatenate(list(pixels.transpose(1, 0, 2, 3)), axis=2), captions, columns=2 if count > 4 else 1)

    def example_stack(self, net: nn.Module, frames: int) -> Tensor:
        """What the first environment shows (1, 4, 84, 84); of a stored run, what its agent sees after `frames` frames."""
        if self.agent.decisions.last is not None:
            stack = self.agent.decisions.last.stacks[0]
        else:
            c = self.agent.config
            player = Player(c.game, sticky=c.sticky_actions, noop_max=0, fire_reset=c.fire_reset, crop=c.crop)
            for _ in range(max(1, min(frames, 20_000))):
                stack = player.tick(net).stack
        return torch.from_numpy(stack)[None].to(self.agent.device)


class DQNViews(AgentViews):
    """The same, and what an agent with a replay memory remembers."""

    agent: ReplayAgent

    @view
    def replay_memory(self, n: Count = 24, seed: Seed = 0) -> Images:
        """Transitions drawn as training draws them: the newest frame of s, the action, R the n-step return, p the priority."""
        replay = self.agent.memory()
        rows, capacity = int(np.minimum(replay.count, replay.length).sum()), replay.length * replay.envs
        fill = f"{rows:,} of {capacity:,} frames ({100 * rows / capacity:.0f} %)"
        if len(replay) == 0:
            return Images(np.zeros((1, 84, 84), np.uint8), ["empty"], title=fill)
        batch = replay.sample(max(1, min(n, 256)), np.random.default_rng(seed))
        frames = replay.pixels(batch.rows)[:, -1].cpu().numpy()
        captions = [f"{self.agent.action_names[a]}\nR {r:+.2f}" for a, r in zip(batch.actions, batch.returns, strict=True)]
        if replay.tree is not None:
            captions = [f"{c}  p {p:.3f}" for c, p in zip(captions, replay.tree.leaves[batch.leaves], strict=True)]
        return Images(frames, captions, columns=6, title=f"{fill}; {len(frames)} transitions drawn from it:")

    @view
    def priorities(self, bins: Count = 40) -> Curves:
        """The distribution of the stored transitions' priorities, after the exponent alpha."""
        replay = self.agent.memory()
        stored = np.ones(len(replay)) if replay.tree is None else replay.tree.leaves[replay.tree.leaves > 0]
        counts, edges = np.histogram(stored if len(stored) else np.zeros(1), bins=max(2, min(bins, 500)))
        title = "Priorities" if replay.tree is not None else "Uniform replay: every transition has the same priority"
        middles = 0.5 * (edges[1:] + edges[:-1])
        return Curves({"transitions": (middles, counts)}, x_label="priority", y_label="transitions", title=title, filled=True)

    @view(live=True)
    def noise(self, net: ActionValueNetwork) -> Bars:
        """How much noise each noisy layer has left: the mean of |sigma| over its weights and biases, as a multiple of where all began. The
        agent explores by this noise, which nothing but training changes."""
        layers = {name: layer for name, layer in net.named_modules() if isinstance(layer, NoisyLinear)}
        if not layers:
            return Bars(["none"], np.zeros(1), title="No layer is noisy: actions are random with the probability epsilon.")
        return Bars(list(layers), np.array([noise_left(layer, net.noisy) for layer in layers.values()]), title="|sigma| / its first value")

    @view
    def soft_policy(self, env: Index = 0) -> Bars:
        """Munchausen's policy pi(a|s) = softmax(Q(s, a) / t) at one environment's last decision, which its targets assume the agent
        to follow. The action that it did choose is in colour."""
        names, config, last = list(self.agent.action_names), self.agent.config, self.agent.decisions.last
        if not config.munchausen:
            return Bars(names, np.zeros(len(names)), title="Without Munchausen there is no soft policy: targets assume the best action.")
        if last is None:
            return Bars(names, np.zeros(len(names)), title="no decision yet")
        env = nearest(env, len(last.actions))
        pi = soft_policy(torch.from_numpy(last.q[env : env + 1]), config.temperature)[0][0].double().numpy()
        entropy = -float((pi * np.log(np.maximum(pi, 1e-300))).sum())
        most = math.log(len(names))
        return Bars(
            names, pi, int(last.actions[env]), f"environment {env}, t = {config.temperature:g}: entropy {entropy:.2f} of {most:.2f} nats"
        )

    @view
    def batch_correlation(self, n: Count = 32, seed: Seed = 0) -> Heatmap:
        """How alike the states of a batch are, pair by pair (Pearson's r): the newest below the diagonal, those drawn from the
        memory above it."""
        replay, n = self.agent.memory(), max(2, min(n, 256))
        if len(replay) == 0:
            return Heatmap(np.zeros((n, n)), title="The memory is empty.", of="Pearson's r")
        newest, drawn = (
            replay.pixels(batch.rows[batch.leaves.argsort()]).flatten(1).cpu().numpy().astype(np.float32)  # environment by environment
            for batch in (replay.newest(n), replay.sample(n, np.random.default_rng(seed)))
        )
        average = drawn.mean(0)
        newest, drawn = correlations(newest - average), correlations(drawn - average)
        below = np.tri(n, k=-1, dtype=bool)
        return Heatmap(
            np.where(below, newest, drawn), x_label="transition", y_label="transition",
            title=f"Mean r: newest {newest[below].mean():.2f} (below), from memory {drawn[below].mean():.2f} (above)",
            of="Pearson's r",
        )  # fmt: skip


def noise_left(layer: NoisyLinear, sigma: float) -> float:
    """The mean of |sigma| of a layer's weights and biases, as a multiple of `sigma` / sqrt(inputs), where all of them began."""
    sigmas = torch.cat([layer.weight_sigma.detach().flatten(), layer.bias_sigma.detach()]).float().abs()
    return float(sigmas.mean()) * layer.in_features**0.5 / sigma


def correlations(different: np.ndarray) -> np.ndarray:
    """Pearson's r (N, N) between rows (N, pixels) that say how far each pixel is from its average; 0 for a row that is nowhere."""
    lengths = np.linalg.norm(different, axis=1, keepdims=True)
    unit = different / np.maximum(lengths, 1e-6)
    return unit @ unit.T


def nearest(env: int, count: int) -> int:
    """The environment itself, or the nearest of the `count` that there are."""
    return max(0, min(env, count - 1))
