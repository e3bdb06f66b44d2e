"""PQN, the parallelised Q-network (Gallici et al. 2024): Q-learning without replay memory and target network.

Many environments take `rollout_steps` steps each; the network learns from their lambda returns in a few epochs of minibatches
while the environments take the next ones. So each step costs the same, and what is learnt from is at most two rollouts old.
Read first: `PQN.step`, then `agents.rollout`.
"""

from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from agents.collector import Collector
from agents.decisions import Decision, Decisions
from agents.dqn_views import AgentViews, nearest
from agents.exported import q_values
from agents.pqn_config import PQNConfig
from agents.rollout import Rollout
from agents.transitions import chosen, spread
from lab.answers import Curves
from lab.atari.games import action_names
from lab.device import compute_dtype
from lab.experiment import Experiment, Metrics, State, view
from lab.exported import Exported
from lab.parameters import Index
from lab.schedules import linear
from lab.seeding import seeded
from lab.state import Attribute, Tree, attributes
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatNetwork, FlatRAdam
from models.kernels.host_memory import HostCopy
from models.kernels.pixel_blocks import space_to_depth
from models.layer_norm_q_network import LayerNormQNetwork

KEEP_SEED = 4_000
"""Actions that an environment takes before a new episode gets a new seed, which takes as long as some hundred steps."""

CENTRE_SAMPLE = 256
"""Transitions of a rollout that `--centred` takes the mean error of: a fortieth of the work of learning from it."""


class PQN(Experiment):
    """Trains a Q network on one game. One step is one action of every environment and the updates that go with it."""

    unit = "steps"
    headline: ClassVar[tuple[str, ...]] = ("charts/episodic_return", "losses/td_loss", "charts/epsilon")
    checkpoint_every: ClassVar[int] = 100_000  # Two rollouts are in it: 62 MB with the published settings.
    memory_settings: ClassVar[tuple[str, ...]] = ("envs", "rollout_steps")
    view_parts: ClassVar[dict[str, type]] = {"shown": AgentViews}

    def __init__(self, config: PQNConfig, device: torch.device):
        super().__init__(config, device)
        self.config: PQNConfig = config
        self.action_names = action_names(config.game)
        self.dtype = compute_dtype(config.precision, device)
        seeds = np.random.SeedSequence(config.seed).spawn(3)
        self.explore_rng, self.order_rng = (np.random.Generator(np.random.PCG64(s)) for s in seeds[:2])
        with seeded(int(seeds[2].generate_state(1)[0])):
            network = LayerNormQNetwork(len(self.action_names), config.hidden_units, config.head_scale)
        self.online = FlatNetwork(network.to(device), self.dtype, in_float=network.head_names)
        self.optimizer = FlatRAdam(self.online, config.learning_rate)
        self.on_gpu = device.type == "cuda"
        self.captured = CapturedSteps(device, lambda: self.optimizer.changing, pinned_inputs=True)
        self.answers = HostCopy((config.envs, len(self.action_names)), device)
        self.steps = self.updates = 0
        self.collector: Collector | None = None
        self.filling, self.finished = (Rollout(config.rollout_steps, config.envs, device) for _ in range(2))
        self.order = np.zeros(0, np.int64)  # of the finished rollout's transitions in this epoch
        self.decisions = Decisions()
        self.shown = AgentViews(self)

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        collector = self.collect()
        seen_in = self.filling
        if self.filling.full:
            seen_in = self.finished  # All that it had to teach is learnt.
            seen_in.begin(collector.stacks)
        glance = self.look(seen_in) if self.on_gpu else None
        decision = self.act(collector.blocks() if glance is None else glance, shown=glance is not None)
        values = decision.q.max(1)
        if seen_in is not self.filling:
            self.filling.finish(values, self.config.gamma, self.config.trace)
            if self.config.centred:
                self.shift(self.mean_error(self.filling))
            self.filling, self.finished = seen_in, self.filling
        self.filling.see(collector.lengths, decision.actions, decision.q, collector.newest if glance is None else None)
        collector.send(decision.actions)
        # The environments step in ALE's threads while the learner updates.
        metrics: dict[str, Any] = {"charts/epsilon": self.epsilon(), "losses/q_values": float(values.mean())}
        if self.finished.full:
            metrics |= self.learn()
        step = collector.receive()
        rewards = step.rewards.clip(-1, 1) if self.config.clip_rewards else step.rewards
        if step.truncated.any():
            self.filling.final_values[self.filling.length, step.truncated] = self.q_values(
                space_to_depth(torch.from_numpy(step.final))
            ).max(1)
        self.filling.record(step, rewards)
        self.steps += self.config.envs
        return metrics | step.metrics

    def mean_error(self, rollout: Rollout) -> float:
        """Of the actions' values, against the returns of a finished rollout, over evenly chosen transitions.

        As the network values them now: since they were taken it learnt from the rollout before, which may have removed much of the error. To
        shift by what was removed already makes shifts and updates pull against each other, further from rollout to rollout.
        """
        count = rollout.steps * rollout.envs
        index = np.linspace(0, count - 1, min(count, CENTRE_SAMPLE)).astype(np.int64)
        actions, returns = (a.ravel()[index] for a in (rollout.actions, rollout.returns))
        return float((returns - self.q_values(rollout.blocks(index))[np.arange(len(index)), actions]).mean())

    @torch.no_grad()
    def shift(self, error: float) -> None:
        """Add `error` to all Q values. Left to the updates, an error that all states share outweighs the rest of the gradient: each layer
        comes to answer to what all states have in common, and no longer to what tells them apart."""
        master = self.online.master
        assert isinstance(master, LayerNormQNetwork)
        master.q.bias.add_(error)
        self.online.sync()

    def epsilon(self) -> float:
        """The share of random actions now: linear from `epsilon_start` to `epsilon_end`."""
        return linear(self.steps, self.config.epsilon_steps, self.config.epsilon_start, self.config.epsilon_end)

    def act(self, blocks: Tensor, shown: bool = False) -> Decision:
        """Epsilon-greedy actions for what the environments show, blocks (E, 64, 21, 21); with `shown` a `look` values them."""
        q = self.answers.read() if shown else self.q_values(blocks)
        random = self.explore_rng.random(len(q)) < self.epsilon()
        anything = self.explore_rng.integers(len(self.action_names), size=len(q))
        decision = Decision(blocks, q, np.where(random, anything, q.argmax(1)), random)
        self.decisions.add(self.steps, decision)
        return decision

    @torch.inference_mode()
    def look(self, rollout: Rollout) -> Tensor:
        """The blocks that the environments show now, on the GPU until the next look, for which the rollout gets their newest frames; their Q
        values are going to be in `answers`."""
        collector = self.collect()
        places, rows = rollout.newest_rows(collector.lengths)
        given = map(torch.from_numpy, (places, rows, collector.newest))
        made = self.captured(("act", id(rollout)), partial(self.look_at, rollout), *given, lend=True)
        self.answers.mark.set()
        return made["blocks"]

    def look_at(self, rollout: Rollout, *given: Tensor) -> dict[str, Tensor]:
        blocks = rollout.show(*given)
        self.answers.fill(self.network.record(blocks).outputs)
        return {"blocks": blocks}

    @torch.inference_mode()
    def q_values(self, blocks: Tensor) -> np.ndarray:
        """(N, A) of blocks (N, 64, 21, 21)."""
        return self.network.record(blocks.to(self.device, non_blocking=True)).outputs.cpu().numpy()

    @torch.inference_mode()
    def learn(self) -> Metrics:
        """The updates of this step: those of the finished rollout are spread evenly over the steps of the one that is filled."""
        c, rollout = self.config, self.finished
        total, size = c.epochs * c.minibatches, c.envs * c.rollout_steps // c.minibatches
        t, drawn = self.filling.length, []
        for i in range(total * t // c.rollout_steps, total * (t + 1) // c.rollout_steps):
            part = i % c.minibatches
            if part == 0:
                self.order = self.order_rng.permutation(c.envs * c.rollout_steps)
            drawn.append(self.order[part * size : (part + 1) * size])
        if not drawn:
            return {}
        index = np.stack(drawn)  # (N, B)
        rows = rollout.rows(index.ravel()).reshape(len(drawn), -1)
        given = map(torch.from_numpy, (rows, *(a.ravel()[index] for a in (rollout.actions, rollout.returns))))
        self.optimizer.set_learning_rate(self.learning_rate())
        made = self.captured(("update", id(rollout)), partial(self.update_in_turn, rollout), *given)
        self.updates += len(drawn)
        return {"losses/td_loss": made["loss"]}

    def update_in_turn(self, rollout: Rollout, *given: Tensor) -> dict[str, Tensor]:
        """N updates in turn from a rollout, given where the frames of their stacks are (N, 4 B), actions (N, B) and returns (N, B)."""
        each = zip(*(tensor.to(self.device, non_blocking=True) for tensor in given), strict=True)
        return {"loss": torch.stack([self.update(rollout.stacked(rows), actions, returns) for rows, actions, returns in each]).mean()}

    def learning_rate(self) -> float:
        return self.config.learning_rate * linear(self.steps, self.config.learning_rate_steps, 1, self.config.learning_rate_end)

    def update(self, blocks: Tensor, actions: Tensor, returns: Tensor) -> Tensor:
        """One step of RAdam on mean (Q(s, a) - R)^2 / 2 of blocks (B, 64, 21, 21), actions (B,) and returns (B,); the mean squared error."""
        seen = self.network.record(blocks)
        error = chosen(seen.outputs, actions) - returns
        gradient = spread(error / len(actions), actions, seen.outputs)
        self.network.write_gradient(seen, gradient, self.online.compute_gradient_views)
        scale = None
        if self.config.max_grad_norm:
            norm = torch.linalg.vector_norm(self.online.compute_gradient, dtype=torch.float32)
            scale = (self.config.max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        self.optimizer.step_and_sync(scale)
        return error.square().mean()

    @property
    def network(self) -> LayerNormQNetwork:
        """The network as it computes, in `dtype`."""
        assert isinstance(self.online.compute, LayerNormQNetwork)
        return self.online.compute

    @view
    def lambda_returns(self, env: Index = 0) -> Curves:
        """The rollout that one environment took last: its rewards, the values that the network expected, and the returns it learns from."""
        rollout = self.finished
        if not rollout.full:
            return Curves({}, title="no rollout yet")
        env, steps = nearest(env, rollout.envs), np.arange(rollout.steps)
        parts = {"reward": rollout.rewards, "max Q": rollout.values, "lambda return": rollout.returns}
        return Curves(
            {name: (steps, values[:, env]) for name, values in parts.items()}, x_label="step of the rollout", title=f"environment {env}"
        )

    # -- environments, made at the first step: evaluation and live views need none ----------------------------------------

    def collect(self) -> Collector:
        if self.collector is None:
            self.collector = self.make_collector()
            self.collector.start()
            self.filling.begin(self.collector.stacks)
        return self.collector

    def make_collector(self) -> Collector:
        return Collector.of(self.config, KEEP_SEED, self.device)

    def close(self) -> None:
        if self.collector is not None:
            self.collector.close()
        self.collector = None

    # -- the rest of the contract ----------------------------------------------------------------------------------

    def exported(self) -> Exported:
        net = self.serving()
        return q_values(net, net.actions)  # type: ignore[arg-type]

    def serving(self) -> nn.Module:
        return self.online.master

    def stateful(self) -> Tree:
        return {
            "online": self.online, "radam": self.optimizer, "counters": attributes(self, "steps", "updates"),
            "generators": {"explore": self.explore_rng, "order": self.order_rng},
            "rollouts": [self.filling, self.finished], "order": Attribute(self, "order"), "decisions": self.decisions,
            **({} if self.collector is None else self.collector.stateful()),
        }  # fmt: skip

    def restore(self, state: State) -> None:
        if "env" in state:
            self.collector = self.make_collector()
        super().restore(state)

    def evaluate(self, **options: Any) -> dict[str, Any]:
        from agents.evaluate import evaluate

        return evaluate(self.serving(), self.config, self.device, **options)

    def watch(self, **options: Any) -> dict[str, Any]:
        from agents.watch import watch

        return watch(self.serving(), self.config, **options)
