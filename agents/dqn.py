"""DQN with experience replay (Mnih et al. 2015), double (van Hasselt et al. 2016), dueling (Wang et al. 2016), n-step, prioritised
(Schaul et al. 2016), with noisy layers (Fortunato et al. 2018) and Munchausen rewards (Vieillard et al. 2020) by config. Read first: `DQN.step`, then `update` and `learn`.

The target of a transition is y = R + gamma^k Q_target(s', a'), its loss (Q(s, a) - y)^2 or Huber's.

One step: the network acts for all environments in one pass, ALE's threads step them, and meanwhile the learner updates.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from agents import losses, munchausen
from agents.collector import Collector
from agents.decisions import Decision, Decisions
from agents.dqn_config import DQNConfig
from agents.dqn_views import DQNViews
from agents.exported import q_values
from agents.losses import Loss
from agents.replay import PIXELS, Batch, ReplayMemory, Rows
from agents.transitions import chosen, packed, spread, unpacked
from lab.atari.games import action_names
from lab.device import compute_dtype, free_memory
from lab.experiment import Experiment, Metrics, State
from lab.exported import Exported
from lab.schedules import linear, warmup
from lab.seeding import seeded
from lab.state import Tree, attributes
from models.impala import ImpalaTrunk
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatAdam, FlatNetwork
from models.kernels.host_memory import HostCopy
from models.noisy import Draw
from models.q_network import ActionValueNetwork, QNetwork, Seen

KEEP_SEED = 2_000
"""Actions that an environment takes before a new episode gets a new seed: a resumed run plays them again, which takes some seconds."""


class Ahead(NamedTuple):
    """What the pass that acts found out for the coming update."""

    seen: Seen  # the online network's pass over the states of the first gradient step
    next_blocks: Tensor  # of all next states, (count * B, 64, 21, 21) uint8
    next_values: Tensor | None  # the online network's Q values (B, actions) of the first step's, where it chooses the next actions


class DQN(Experiment):
    """Trains a Q network on one game. One step is one action of every environment and the updates that go with them.

    Another head overrides `make_network`, and `target` and `loss` where its outputs are no Q values.
    """

    unit = "steps"
    headline: ClassVar[tuple[str, ...]] = ("charts/episodic_return", "losses/td_loss", "charts/epsilon")
    memory_settings: ClassVar[tuple[str, ...]] = ("replay_capacity", "batch_size", "envs")

    view_parts: ClassVar[dict[str, type]] = {"shown": DQNViews}

    def __init__(self, config: DQNConfig, device: torch.device):
        super().__init__(config, device)
        self.config: DQNConfig = config
        self.action_names = action_names(config.game)
        self.dtype = compute_dtype(config.precision, device)
        # Each run has generators of its own: runs side by side do not change each other.
        seeds = np.random.SeedSequence(config.seed).spawn(4)
        self.explore_rng, self.replay_rng = (np.random.Generator(np.random.PCG64(s)) for s in seeds[:2])
        with seeded(int(seeds[2].generate_state(1)[0])):
            online, target = (self.make_network(len(self.action_names)) for _ in range(2))
        self.draw_rng = torch.Generator(device).manual_seed(int(seeds[3].generate_state(1)[0]))
        self.online = FlatNetwork(online.to(device), self.dtype, in_float=online.head_names)
        self.target_network = FlatNetwork(target.to(device), self.dtype, trainable=False, in_float=target.head_names)
        self.target_network.copy_from(self.online)
        self.optimizer = FlatAdam(self.online, config.learning_rate, config.adam_eps)
        self.captured = self.new_captures()
        self.steps = self.updates = self.owed = 0
        self.collector: Collector | None = None
        self.decisions = Decisions()
        for name, part in self.view_parts.items():
            setattr(self, name, part(self))

    # -- what a head defines ---------------------------------------------------------------------------------------

    def make_network(self, actions: int) -> ActionValueNetwork:
        return QNetwork(actions, self.config.dueling, self.config.hidden_units, **self.network_options())

    def target(self, returns: Tensor, discounts: Tensor, bootstrap: Tensor) -> Tensor:
        """The target (B, ...) from returns (B,), discounts (B,) and the target network's outputs (B, ...) for the next action."""
        return returns + discounts * bootstrap

    def mixed_target(self, returns: Tensor, discounts: Tensor, outputs: Tensor, policy: Tensor, bonus: Tensor) -> Tensor:
        """The target (B, ...) where each next action is taken with the probability `policy` (B, A), for a bonus (B, A); outputs (B, A, ...)."""
        each = [1] * (outputs.dim() - 2)
        return self.target(returns, discounts, (policy.view(*policy.shape, *each) * (outputs + bonus.view(*bonus.shape, *each))).sum(1))

    def loss(self, predicted: Tensor, target: Tensor, draw: Draw = ()) -> Loss:
        """Of the network's outputs (B, ...) for the actions taken, by a pass with `draw`."""
        return losses.huber(predicted, target) if self.config.loss == "huber" else losses.squared(predicted, target)

    def network_options(self) -> dict[str, Any]:
        """What every head's network takes beside."""
        c = self.config
        trunk = ImpalaTrunk(c.trunk_width, c.spectral_norm) if c.trunk == "impala" else None
        return {"noisy": c.noisy_sigma if c.noisy else 0.0, "trunk": trunk}

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        collector = self.collect()
        metrics: dict[str, Any] = {"charts/epsilon": self.epsilon()}
        count = 0
        if self.steps >= self.config.learning_starts:
            self.owed += self.config.envs
            count, self.owed = divmod(self.owed, self.config.train_every)
        glance = self.look() if self.all_on_gpu else None
        batch = self.draw(count) if count else None  # Meanwhile a GPU is at it.
        decision, ahead = self.act(batch, glance)
        collector.send(decision.actions)
        # The environments step in ALE's threads while the learner updates.
        if batch is not None:
            metrics["losses/td_loss"] = self.update(batch, ahead)
            metrics["losses/q_values"] = float(decision.q.max(1).mean())
        metrics |= collector.receive().metrics
        self.steps += self.config.envs
        return metrics

    def epsilon(self) -> float:
        """The share of random actions now: linear from `epsilon_start` to `epsilon_end`; 0 where noisy layers explore instead."""
        c = self.config
        return 0.0 if c.noisy and c.noise_alone else linear(self.steps, c.epsilon_steps, c.epsilon_start, c.epsilon_end)

    @torch.inference_mode()
    def act(self, batch: Batch | None = None, glance: Tensor | None = None) -> tuple[Decision, Ahead | None]:
        """Epsilon-greedy actions for what the environments show, and what the pass found out for the coming update.

        On a processor that is one pass, as eight stacks alone take half as long as forty; else, and without a batch, it is None. `glance`
        is what `look` gave, if it was called.
        """
        values: Tensor | None = None
        ahead = None
        if glance is not None:
            observed = glance
        elif batch is None or self.device.type != "cpu":
            observed = self.collect().blocks()
            values = self.values_to_act(observed.to(self.device, non_blocking=True))  # (E, A)
        else:
            observed, values, ahead = self.act_and_begin(batch)
        q = self.answers.read() if values is None else values.cpu().numpy()
        random = self.explore_rng.random(len(q)) < self.epsilon()
        anything = self.explore_rng.integers(len(self.action_names), size=len(q))
        decision = Decision(observed, q, np.where(random, anything, q.argmax(1)), random)
        self.decisions.add(self.steps, decision)
        return decision, ahead

    def act_and_begin(self, batch: Batch) -> tuple[Tensor, Tensor, Ahead]:
        """The blocks that the environments show, their Q values (E, A), and what the online network has to say to the coming update's first step."""
        replay, size, envs = self.memory(), self.config.batch_size, self.config.envs
        blocks = replay.blocks(np.concatenate([batch.rows[:size], replay.newest_rows(), batch.next_rows]))
        shown = size + envs
        chooses = self.config.double and not self.config.munchausen and self.config.replay == "on"
        seen, values = self.network.record_and_act(
            blocks[: shown + size * chooses], size, self.drawn(size), self.drawn_to_act(envs, size * chooses)
        )  # fmt: skip
        return blocks[size:shown], values[:envs], Ahead(seen, blocks[shown:], values[envs:] if chooses else None)

    @torch.inference_mode()
    def look(self) -> Tensor:
        """The blocks that the environments show now, on the GPU until the next look; their Q values are going to be in `answers`."""
        replay = self.memory()
        made = self.captured("act", self.look_at, torch.from_numpy(replay.newest_rows()), *replay.step_to_write(), lend=True)
        self.answers.mark.set()
        return made["blocks"]

    def look_at(self, rows: Tensor, *new: Tensor) -> dict[str, Tensor]:
        """The same of the stacks at rows (E, 4) of the memory, once what is `new` in it is written."""
        replay = self.memory()
        if new:
            replay.write(*new)
        blocks = replay.blocks(rows)
        self.answers.fill(self.values_to_act(blocks))
        return {"blocks": blocks}

    def drawn(self, count: int | None = None) -> Draw:
        """The random numbers of a pass, to learn from `count` states or for their values; none for a network that takes none."""
        return self.network.draw(self.draw_rng, count) if self.network.draws else ()

    def drawn_to_act(self, states: int, more: int = 0) -> Draw:
        """Those to act in `states` states and for the values of `more` after them. Each game has noise of its own, so that they part."""
        return self.network.draw_to_act(self.draw_rng, states, more) if self.network.draws else ()

    def values_of(self, blocks: Tensor) -> Tensor:
        """The online network's Q values (B, A) of blocks (B, 64, 21, 21) uint8, with noise where it has any."""
        return self.network.values(self.network.outputs(blocks, self.drawn()))

    def values_to_act(self, blocks: Tensor) -> Tensor:
        """The same with noise of its own for each state."""
        return self.network.values(self.network.outputs(blocks, self.drawn_to_act(len(blocks))))

    def draw(self, count: int) -> Batch:
        """The transitions of `count` gradient steps, `batch_size` of them for each."""
        c = self.config
        if c.replay == "off":
            return self.memory().newest(c.batch_size, count)
        beta = min(1.0, c.priority_beta + (1 - c.priority_beta) * self.steps / c.priority_beta_steps)
        return self.memory().sample(count * c.batch_size, self.replay_rng, beta, parts=count)

    @torch.inference_mode()
    def update(self, batch: Batch, ahead: Ahead | None = None) -> Tensor:
        """A gradient step on each `batch_size` transitions of the batch; their mean loss, a 0-d tensor on the device.

        The target network sees all of them in one pass. `ahead` is what acting found out.
        """
        c, count = self.config, len(batch.actions) // self.config.batch_size
        rates = [self.learning_rate(self.updates + i) for i in range(count)]
        if self.all_on_gpu:
            self.memory().flush()
            made = self.captured("update", partial(self.learn_packed, count), torch.from_numpy(packed(batch, rates)), lend=True)
            errors, loss = made["errors"], made["loss"].clone()  # Of the errors nothing is needed later.
        else:
            actions, returns, discounts, weights = self.to_device(batch)
            errors, loss = self.learn_in_turn(batch.rows, batch.next_rows, actions, returns, discounts, weights, rates, ahead)
        if c.prioritised:
            self.memory().set_priorities(batch.leaves, errors.abs().cpu().numpy())
        before, self.updates = self.updates, self.updates + count
        if before // c.target_interval != self.updates // c.target_interval:
            self.target_network.copy_from(self.online)
        return loss

    def learn_packed(self, count: int, numbers: Tensor) -> dict[str, Tensor]:
        """`learn_in_turn` of `count` steps from what `packed` makes of a batch: on a GPU one graph, for which one copy goes there."""
        numbers = numbers.to(self.device, non_blocking=True)
        errors, loss = self.learn_in_turn(*unpacked(numbers, count, self.config.batch_size))
        return {"errors": errors, "loss": loss}

    def learn_in_turn(
        self, rows: Rows, next_rows: Rows, actions: Tensor, returns: Tensor, discounts: Tensor, weights: Tensor,
        rates: Sequence[float | Tensor], ahead: Ahead | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """One gradient step after the other, each with its rate; the errors of all transitions, and the mean loss."""
        c, replay, count = self.config, self.memory(), len(rates)
        next_blocks = (ahead.next_blocks if ahead else replay.blocks(next_rows).to(self.device)).to(self.dtype)  # (count * B, 64, 21, 21)
        shares = weights / c.batch_size
        next_outputs = None
        if c.replay == "on":
            next_outputs = self.bootstrap_network.outputs(next_blocks, self.drawn(len(next_blocks)))  # (count * B, A, ...)
        errors, each = [], []
        for i, rate in enumerate(rates):
            part = slice(i * c.batch_size, (i + 1) * c.batch_size)
            target = self.targets(
                rows[part], actions[part], returns[part], discounts[part], next_blocks[part],
                None if next_outputs is None else next_outputs[part], ahead.next_values if ahead and i == 0 else None,
            )  # fmt: skip
            self.optimizer.set_learning_rate(rate)
            if ahead and i == 0:
                error, loss = self.learn(ahead.seen, actions[part], target, shares[part])
            else:
                blocks = replay.blocks(rows[part]).to(self.device).to(self.dtype)  # (B, 64, 21, 21)
                given = (blocks, actions[part], target, shares[part], *self.drawn(c.batch_size))
                error, loss = self.gradient_step(*given) if self.all_on_gpu else self.captured_step(*given)
            errors.append(error)
            each.append(loss)
        return torch.cat(errors), torch.stack(each).mean() if count > 1 else each[0]

    def targets(
        self, rows: Rows, actions: Tensor, returns: Tensor, discounts: Tensor, next_blocks: Tensor, next_outputs: Tensor | None,
        next_values: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """The targets (B, ...) of one gradient step for the transitions from the states at `rows` (B, 4).

        `next_outputs` (B, A, ...) are the target network's for the next states, None where the online network is the target itself;
        `next_values` (B, A) the online network's, where they are known.
        """
        c, network = self.config, self.bootstrap_network
        if next_outputs is None:
            next_outputs = network.outputs(next_blocks, self.drawn(len(next_blocks)))
        if c.munchausen:
            blocks = self.memory().blocks(rows).to(self.device)
            q = network.values(network.outputs(blocks, self.drawn()))
            returns = returns + munchausen.reward_bonus(q, actions, c.munchausen_alpha, c.temperature, c.munchausen_clip)
            policy, bonus = munchausen.soft_policy(network.values(next_outputs), c.temperature)
            return self.mixed_target(returns, discounts, next_outputs, policy, bonus)
        # Double: a' is the online network's choice, which changes from step to step.
        if next_values is None:
            next_values = self.values_of(next_blocks) if c.double else network.values(next_outputs)
        return self.target(returns, discounts, chosen(next_outputs, next_values.argmax(1)))

    def learning_rate(self, update: int) -> float:
        """Adam's step size at an update: it rises linearly over the warm-up and falls linearly with the agent's steps."""
        c = self.config
        fall = linear(self.steps, c.learning_rate_steps, 1, c.learning_rate_end)
        return c.learning_rate * fall * warmup(update, c.warmup_updates)

    def captured_step(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """`gradient_step`, one CUDA graph where the memory's frames are not on the GPU."""
        made = self.captured("step", lambda *given: dict(zip(("errors", "loss"), self.gradient_step(*given), strict=True)), *inputs)
        return made["errors"], made["loss"]

    def gradient_step(self, blocks: Tensor, actions: Tensor, target: Tensor, shares: Tensor, *draw: Tensor) -> tuple[Tensor, Tensor]:
        """`learn` from blocks (B, 64, 21, 21) that the network has not seen yet."""
        return self.learn(self.network.record_and_act(blocks, len(blocks), draw)[0], actions, target, shares)

    def learn(self, seen: Seen, actions: Tensor, target: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """One step of Adam towards target (B, ...) for the actions (B,); the errors (B,) and the weighted loss.

        `shares` (B,) is what each transition counts in the loss: its importance weight / B.
        """
        outputs = seen.outputs[: len(actions)]  # (B, A, ...)
        each, slope, error = self.loss(chosen(outputs, actions), target, seen.draw)
        slope = slope * shares.view(-1, *[1] * (slope.dim() - 1))
        self.network.write_gradient(seen, spread(slope, actions, outputs), self.online.compute_gradient_views)
        scale = None
        if self.config.max_grad_norm:
            norm = torch.linalg.vector_norm(self.online.compute_gradient, dtype=torch.float32)
            scale = (self.config.max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        self.optimizer.step_and_sync(scale)
        return error, torch.dot(shares, each)

    def to_device(self, batch: Batch) -> tuple[Tensor, ...]:
        """Actions, returns, discounts and weights (B,) of a batch; in one copy where there is one to make."""
        arrays = (batch.actions, batch.returns, batch.discounts, batch.weights)
        if self.device.type == "cpu":
            return tuple(map(torch.from_numpy, arrays))
        actions, *others = torch.from_numpy(np.stack(arrays, dtype=np.float32)).to(self.device, non_blocking=True)
        return actions.long(), *others

    @property
    def all_on_gpu(self) -> bool:
        """Whether the memory's frames are on the GPU too, so that whole updates can be captured."""
        return self.device.type == "cuda" and self.memory().frames.is_cuda

    def new_captures(self) -> CapturedSteps:
        self.answers = HostCopy((self.config.envs, len(self.action_names)), self.device)
        return CapturedSteps(self.device, self.changing, [self.draw_rng] if self.network.draws else [], pinned_inputs=True)

    def changing(self) -> list[Tensor]:
        """The tensors that acting and learning change."""
        return [*self.optimizer.changing, *self.network.buffers(), *self.target_network.compute.buffers()]

    @property
    def network(self) -> ActionValueNetwork:
        """The online network as it computes, in `dtype`."""
        assert isinstance(self.online.compute, ActionValueNetwork)
        return self.online.compute

    @property
    def bootstrap_network(self) -> ActionValueNetwork:
        """The target network as it computes; without replay there is none, and the online network is its own target."""
        network = self.target_network.compute if self.config.replay == "on" else self.online.compute
        assert isinstance(network, ActionValueNetwork)
        return network

    # -- environments and memory, made at the first step: evaluation and live views need neither -----------------------

    def collect(self) -> Collector:
        if self.collector is None:
            self.collector = self.make_collector()
            self.collector.start()
        return self.collector

    def memory(self) -> ReplayMemory:
        replay = self.collect().replay
        assert replay is not None
        return replay

    def make_collector(self) -> Collector:
        self.captured = self.new_captures()  # They read the memory of the collector before.
        return Collector.of(self.config, KEEP_SEED, self.device, ReplayMemory.of(self.config, self.replay_device()))

    def replay_device(self) -> torch.device:
        """The GPU where the frames fit beside what training needs, else main memory."""
        if self.device.type == "cuda" and self.config.replay_capacity * PIXELS < 0.8 * free_memory(self.device):
            return self.device
        return torch.device("cpu")

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
            "online": self.online, "target": self.target_network, "adam": self.optimizer,
            "counters": attributes(self, "steps", "updates", "owed"),
            "generators": {"explore": self.explore_rng, "replay": self.replay_rng, **({"draw": self.draw_rng} if self.network.draws else {})},
            "decisions": self.decisions,
            **({} if self.collector is None else self.collector.stateful()),
        }  # fmt: skip

    def restore(self, state: State) -> None:
        if state.get("env") is not None:
            self.collector = self.make_collector()
        super().restore({"decisions": None, **state})  # Early runs did not store their decisions.

    def evaluate(self, **options: Any) -> dict[str, Any]:
        from agents.evaluate import evaluate

        return evaluate(self.serving(), self.config, self.device, **options)

    def watch(self, **options: Any) -> dict[str, Any]:
        from agents.watch import watch

        return watch(self.serving(), self.config, **options)
