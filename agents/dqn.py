"""DQN with experience replay (Mnih et al. 2015), double (van Hasselt et al. 2016), dueling (Wang et al. 2016),
n-step and prioritised (Schaul et al. 2016) by config. Read first: `DQN.step`, then `update` and `gradient_step`.

The target of a transition is y = R + gamma^k Q_target(s', a'), its loss (Q(s, a) - y)^2 or Huber's.

One step: the network acts for all environments in one pass, ALE's threads step them, and meanwhile the learner updates.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from agents.dqn_config import DQNConfig
from agents.replay import PIXELS, Batch, ReplayMemory
from lab.answers import Bars, Curves, Images
from lab.atari.games import action_names
from lab.atari.mirror import Mirror
from lab.atari.vector import AtariVector, Step
from lab.checkpoint import serving_weights
from lab.device import compute_dtype
from lab.experiment import Experiment, Metrics, Progress, State, view
from lab.seeding import seeded
from models.kernels.cuda_graphs import CapturedStep
from models.kernels.flat_parameters import FlatAdam, FlatNetwork
from models.q_network import QNetwork, depth_to_space


@dataclass(frozen=True)
class Decision:
    """The last action of every environment: blocks (E, 64, 21, 21) uint8 seen, q (E, A), actions (E,), random or not (E,)."""

    blocks: Tensor
    q: np.ndarray
    actions: np.ndarray
    random: np.ndarray

    @property
    def stacks(self) -> Tensor:
        """The frames that were seen (E, 4, 84, 84) uint8."""
        return depth_to_space(self.blocks)


KEEP_SEED = 2_000
"""Actions that an environment takes before a new episode gets a new seed: a resumed run plays them again, which takes some seconds."""

Looked = tuple[Tensor, Callable[[Tensor, Sequence[Tensor]], None]]
"""What `QNetwork.differentiate` gives: Q values (B, A) and the function that writes their gradient down."""


class DQN(Experiment):
    """Trains a Q network on one game. One step is one action of every environment and the updates that go with them."""

    unit = "steps"
    headline: ClassVar[tuple[str, ...]] = ("charts/episodic_return", "losses/td_loss", "charts/epsilon")
    memory_settings: ClassVar[tuple[str, ...]] = ("replay_capacity", "batch_size", "envs")

    def __init__(self, config: DQNConfig, device: torch.device):
        super().__init__(config, device)
        self.config: DQNConfig = config
        self.action_names = action_names(config.game)
        self.dtype = compute_dtype(config.precision, device)
        # Each run has generators of its own: runs side by side do not change each other.
        seeds = np.random.SeedSequence(config.seed).spawn(3)
        self.explore_rng, self.replay_rng = (np.random.Generator(np.random.PCG64(s)) for s in seeds[:2])
        with seeded(int(seeds[2].generate_state(1)[0])):
            online, target = (QNetwork(len(self.action_names), config.dueling, config.hidden_units) for _ in range(2))
        self.online = FlatNetwork(online.to(device), self.dtype)
        self.target = FlatNetwork(target.to(device), self.dtype, trainable=False)
        self.target.copy_from(self.online)
        self.optimizer = FlatAdam(self.online, config.learning_rate, config.adam_eps)
        self.graph: CapturedStep | None = None
        self.steps = self.updates = self.owed = 0
        self.env: AtariVector | None = None
        self.replay: ReplayMemory | None = None
        self.mirror: Mirror | None = None
        self.frame_lives = np.zeros(config.envs, np.int64)
        self.returns = np.zeros(config.envs, np.float64)
        self.lengths = np.zeros(config.envs, np.int64)
        self.last: Decision | None = None
        self.history: deque[tuple[int, np.ndarray]] = deque(maxlen=600)
        self.restored = -1
        """The steps at which a stored run was taken up."""

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        env, replay = self.ready()
        metrics: dict[str, Any] = {"charts/epsilon": self.epsilon()}
        count = 0
        if self.steps >= self.config.learning_starts:
            self.owed += self.config.envs
            count, self.owed = divmod(self.owed, self.config.train_every)
        batch = self.draw(replay, count) if count else None
        actions, values, looked = self.act(replay, batch)
        env.send(actions)
        # The environments step in ALE's threads while the learner updates.
        if batch is not None:
            metrics["losses/td_loss"] = self.update(replay, batch, looked)
            metrics["losses/q_values"] = float(values.max(1).mean())
        metrics |= self.store(env, replay, actions, env.recv())
        self.steps += self.config.envs
        return metrics

    def epsilon(self) -> float:
        """The share of random actions now: linear from `epsilon_start` to `epsilon_end`."""
        c = self.config
        share = min(1.0, self.steps / c.epsilon_steps)
        return c.epsilon_start + share * (c.epsilon_end - c.epsilon_start)

    @torch.inference_mode()
    def act(self, replay: ReplayMemory, batch: Batch | None = None) -> tuple[np.ndarray, np.ndarray, Looked | None]:
        """Epsilon-greedy actions (E,) int64 for what the environments show, and the Q values (E, A) behind them.

        On a processor the first step of the coming update looks at its part of `batch` in the same pass, as eight stacks
        alone take half as long as forty: third comes what `differentiate` gave for it, else None.
        """
        rows, looked = replay.newest_rows(), None
        if batch is None or self.device.type != "cpu":
            blocks = replay.blocks(rows).to(self.device)
            q = self.online.compute(blocks).float()  # (E, A)
        else:
            size = self.config.batch_size
            both = replay.blocks(np.concatenate([batch.rows[:size], rows]))
            every, backward = self.network.differentiate(both)
            looked, blocks, q = (every[:size], backward), both[size:], every[size:]
        values = q.cpu().numpy()
        random = self.explore_rng.random(len(values)) < self.epsilon()
        anything = self.explore_rng.integers(len(self.action_names), size=len(values))
        actions = np.where(random, anything, values.argmax(1))
        self.last = Decision(blocks, values, actions, random)
        self.history.append((self.steps, values[0]))
        return actions, values, looked

    def draw(self, replay: ReplayMemory, count: int) -> Batch:
        """The transitions of `count` gradient steps, `batch_size` of them for each."""
        c = self.config
        beta = min(1.0, c.priority_beta + (1 - c.priority_beta) * self.steps / c.priority_beta_steps)
        return replay.sample(count * c.batch_size, self.replay_rng, beta, parts=count)

    @torch.inference_mode()
    def update(self, replay: ReplayMemory, batch: Batch, looked: Looked | None = None) -> Tensor:
        """A gradient step on each `batch_size` transitions of the batch; their mean loss, a 0-d tensor on the device.

        The target network looks at all of them in one pass. `looked` is what `differentiate` gave for the first step.
        """
        c, count = self.config, len(batch.actions) // self.config.batch_size
        next_blocks = replay.blocks(batch.next_rows).to(self.device).to(self.dtype)  # (count * B, 64, 21, 21)
        actions, returns, discounts, weights = self.to_device(batch)
        shares = weights / c.batch_size
        next_q = self.target.compute(next_blocks).float()  # (count * B, A)
        targets = returns + discounts * next_q.amax(1)  # (count * B,)
        errors, losses = [], []
        for i in range(count):
            part = slice(i * c.batch_size, (i + 1) * c.batch_size)
            if c.double:  # a' is the online network's choice, which changes from step to step.
                best = self.online.compute(next_blocks[part]).argmax(1, keepdim=True)
                targets[part] = returns[part] + discounts[part] * next_q[part].gather(1, best).squeeze(1)
            self.optimizer.set_learning_rate(self.learning_rate(self.updates + i))
            if i == 0 and looked is not None:
                error, loss = self.learn(looked, actions[part], targets[part], shares[part])
            else:
                blocks = replay.blocks(batch.rows[part]).to(self.device).to(self.dtype)  # (B, 64, 21, 21)
                error, loss = self.captured_step(blocks, actions[part], targets[part], shares[part])
            errors.append(error)
            losses.append(loss)
        if c.prioritised:
            replay.set_priorities(batch.leaves, torch.cat(errors).abs().cpu().numpy())
        before, self.updates = self.updates, self.updates + count
        if before // c.target_interval != self.updates // c.target_interval:
            self.target.copy_from(self.online)
        return torch.stack(losses).mean() if count > 1 else losses[0]

    def learning_rate(self, update: int) -> float:
        """Adam's step size at an update: it rises linearly over the warm-up and falls linearly with the agent's steps."""
        c = self.config
        fall = 1 + min(1.0, self.steps / c.learning_rate_steps) * (c.learning_rate_end - 1)
        return c.learning_rate * fall * min(1.0, (update + 1) / max(1, c.warmup_updates))

    @property
    def network(self) -> QNetwork:
        """The online network as it computes, in `dtype`."""
        assert isinstance(self.online.compute, QNetwork)
        return self.online.compute

    def captured_step(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """`gradient_step`, on a GPU as one CUDA graph."""
        if self.device.type != "cuda":
            return self.gradient_step(*inputs)
        if self.graph is None:
            adam = self.optimizer
            keep = [self.online.weights, self.online.compute_weights, adam.exp_avg, adam.exp_avg_sq, adam.count]
            self.graph = CapturedStep(self.gradient_step, inputs, keep)
        return self.graph(*inputs)

    def gradient_step(self, blocks: Tensor, actions: Tensor, target: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """`learn` from blocks (B, 64, 21, 21) that the network has not seen yet."""
        return self.learn(self.network.differentiate(blocks), actions, target, shares)

    def learn(self, looked: Looked, actions: Tensor, target: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """One step of Adam towards target (B,) for the actions (B,); the errors Q(s, a) - y (B,) and the weighted loss.

        `shares` (B,) is what each transition counts in the loss: its importance weight / B. The derivative of each loss in
        Q is simple enough to be written down: 2 (Q - y), or the error cut to [-1, 1].
        """
        q, backward = looked  # (B, A)
        chosen = actions[:, None]
        error = q.gather(1, chosen).squeeze(1) - target
        if self.config.loss == "huber":
            slope = error.clamp(-1, 1)
            loss = slope * (error - 0.5 * slope)  # 0.5 e^2 inside, |e| - 0.5 outside
        else:
            slope, loss = 2 * error, error.square()
        backward(torch.zeros_like(q).scatter_(1, chosen, (shares * slope)[:, None]), self.online.compute_gradient_views)
        scale = None
        if self.config.max_grad_norm:
            norm = torch.linalg.vector_norm(self.online.compute_gradient, dtype=torch.float32)
            scale = (self.config.max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        self.optimizer.step_and_sync(scale)
        return error, torch.dot(shares, loss)

    def to_device(self, batch: Batch) -> tuple[Tensor, ...]:
        arrays = (batch.actions, batch.returns, batch.discounts, batch.weights)
        return tuple(torch.from_numpy(array).to(self.device, non_blocking=True) for array in arrays)

    def store(self, env: AtariVector, replay: ReplayMemory, actions: np.ndarray, step: Step) -> Metrics:
        """Put a step into the replay memory, restart what ended; the returns and lengths of those episodes."""
        over = step.terminated | step.truncated
        cut = step.terminated.copy()
        if self.config.life_loss_terminal:
            cut |= step.lives < self.frame_lives
        self.frame_lives = step.lives.copy()
        replay.record(actions, step.rewards, cut, over)
        self.returns += step.rewards
        self.lengths += 1
        going = np.flatnonzero(~over)
        if len(going):
            replay.append(going, step.frames[going], first=False)
        if not over.any():
            return {}
        ended = np.flatnonzero(over)
        metrics = {"charts/episodic_return": self.returns[ended].tolist(), "charts/episodic_length": self.lengths[ended].tolist()}
        replay.end(ended, step.frames[ended])
        self.returns[ended] = self.lengths[ended] = 0
        replay.append(ended, env.restart(over), first=True)
        self.frame_lives[ended] = env.lives[ended]
        return metrics

    def ready(self) -> tuple[AtariVector, ReplayMemory]:
        """The environments and the memory, made at the first step: evaluation and live views need neither."""
        if self.env is None or self.replay is None:
            self.make()
            assert self.env is not None
            assert self.replay is not None
            self.replay.append(np.arange(self.config.envs), self.env.reset(), first=True)
            self.frame_lives = self.env.lives.copy()
        return self.env, self.replay

    def make(self) -> None:
        c = self.config
        self.env = AtariVector(
            c.game, c.envs, c.seed, sticky=c.sticky_actions, noop_max=c.noop_max, fire_reset=c.fire_reset, keep_seed=KEEP_SEED
        )  # fmt: skip
        self.replay = ReplayMemory(
            c.replay_capacity, c.envs, n_step=c.n_step, gamma=c.gamma, clip_rewards=c.clip_rewards,
            prioritised=c.prioritised, alpha=c.priority_alpha, device=self.replay_device(),
        )  # fmt: skip

    def replay_device(self) -> torch.device:
        """The GPU where the frames fit beside what training needs, else main memory."""
        if self.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self.device)
            if self.config.replay_capacity * PIXELS < 0.8 * free:
                return self.device
        return torch.device("cpu")

    # -- the rest of the contract ----------------------------------------------------------------------------------

    def progress(self) -> Progress:
        return Progress(self.steps, self.unit)

    def serving(self) -> nn.Module:
        return self.online.master

    def state(self) -> State:
        made = self.env is not None and self.replay is not None
        return {
            "online": serving_weights(self.online.master),
            "target": serving_weights(self.target.master),
            "adam": self.optimizer.state(),
            "counters": {"steps": self.steps, "updates": self.updates, "owed": self.owed},
            "generators": {"explore": self.explore_rng.bit_generator.state, "replay": self.replay_rng.bit_generator.state},
            "env": self.env.state() if made and self.env is not None else None,
            "replay": self.replay.state() if made and self.replay is not None else None,
            "episodes": {"returns": self.returns.copy(), "lengths": self.lengths.copy(), "lives": self.frame_lives.copy()},
            "decisions": self.decisions(),
        }

    def decisions(self) -> State | None:
        """What the agent decided lately, for views of a stored run."""
        if self.last is None:
            return None
        return {
            "blocks": self.last.blocks.clone(), "q": self.last.q.copy(), "actions": self.last.actions.copy(), "random": self.last.random.copy(),
            "steps": np.array([step for step, _ in self.history]), "values": np.array([q for _, q in self.history]),
        }  # fmt: skip

    def restore(self, state: State) -> None:
        self.online.master.load_state_dict(state["online"])
        self.target.master.load_state_dict(state["target"])
        self.online.sync()
        self.target.sync()
        self.optimizer.restore(state["adam"])
        for name, value in state["counters"].items():
            setattr(self, name, value)
        self.explore_rng.bit_generator.state = state["generators"]["explore"]
        self.replay_rng.bit_generator.state = state["generators"]["replay"]
        if state["env"] is not None:
            self.make()
            assert self.env is not None
            assert self.replay is not None
            self.env.restore(state["env"])
            self.replay.restore(state["replay"])
        self.returns[:], self.lengths[:] = state["episodes"]["returns"], state["episodes"]["lengths"]
        self.frame_lives[:] = state["episodes"]["lives"]
        self.restored = self.steps
        decisions = state.get("decisions")  # Runs of before this was stored have none.
        if decisions is not None:
            blocks = decisions["blocks"].to(self.device)
            self.last = Decision(blocks, *(decisions[name].copy() for name in ("q", "actions", "random")))
            self.history.extend(zip(decisions["steps"].tolist(), decisions["values"], strict=True))

    def evaluate(self, **options: Any) -> dict[str, Any]:
        from agents.evaluate import evaluate

        return evaluate(self.serving(), self.config, self.device, **options)

    def watch(self, **options: Any) -> dict[str, Any]:
        from agents.watch import watch

        return watch(self.serving(), self.config, **options)

    # -- views -----------------------------------------------------------------------------------------------------

    @view
    def screen(self) -> Images:
        """What every environment shows now, as the network sees it, with its score and the chosen action."""
        _, replay = self.ready()
        newest = replay.stacks(replay.newest_rows())[:, -1].cpu().numpy()
        actions = ["-"] * len(newest) if self.last is None else [self.action_names[a] for a in self.last.actions]
        return Images(newest, [f"{score:g}  {action}" for score, action in zip(self.returns, actions, strict=True)], columns=4, scale=2)

    @view
    def colours(self, env: int = 0) -> Images:
        """What one training environment shows now, in the game's own colours, as a person would see it."""
        source, _ = self.ready()
        env = max(0, min(env, source.envs - 1))
        if self.mirror is not None and (self.mirror.source is not source or self.mirror.index != env):
            self.mirror.close()
            self.mirror = None
        if self.mirror is None:
            self.mirror = Mirror(source, env)
        # A training is held up for a moment only; a stored run that nobody trains has time.
        pixels, behind = self.mirror.frame() if self.steps != self.restored else self.mirror.frame(len(source.taken[env]))
        score = f"score {self.returns[env]:g}"
        return Images(pixels[None], [f"{score}, {behind:,} actions to catch up" if behind else score], scale=2)

    @view
    def stack(self, env: int = 0) -> Images:
        """The four frames that the network sees at once in one environment, oldest first; movement is in their difference."""
        _, replay = self.ready()
        rows = replay.newest_rows()
        frames = replay.stacks(rows[max(0, min(env, len(rows) - 1))][None])[0].cpu().numpy()
        return Images(frames, ["t-3", "t-2", "t-1", "t"], columns=4, scale=2)

    @view
    def action_values(self, env: int = 0) -> Bars:
        """Q(s, a) of every action at one environment's last decision; the chosen action is in colour."""
        if self.last is None:
            return Bars(list(self.action_names), np.zeros(len(self.action_names)), title="no decision yet")
        env = max(0, min(env, len(self.last.actions) - 1))
        chosen = int(self.last.actions[env])
        why = "at random (epsilon)" if self.last.random[env] else "as the largest"
        title = f"environment {env} chose {self.action_names[chosen]} {why}"
        return Bars(list(self.action_names), self.last.q[env], chosen, title)

    @view
    def q_values(self) -> Curves:
        """Q(s, a) of every action in the first environment over its last decisions; the highest is the value of the state."""
        steps = np.array([step for step, _ in self.history])
        values = np.array([q for _, q in self.history]).reshape(len(steps), len(self.action_names))
        return Curves({name: (steps, values[:, i]) for i, name in enumerate(self.action_names)}, y_label="Q(s, a)", title="Q values")

    @view
    def replay_memory(self, n: int = 24, seed: int = 0) -> Images:
        """Transitions drawn as training draws them: the newest frame of s, the action, the n-step return, the priority."""
        _, replay = self.ready()
        rows, capacity = int(np.minimum(replay.count, replay.length).sum()), replay.length * replay.envs
        fill = f"{rows:,} of {capacity:,} frames ({100 * rows / capacity:.0f} %)"
        if len(replay) == 0:
            return Images(np.zeros((1, 84, 84), np.uint8), ["empty"], title=fill)
        batch = replay.sample(max(1, min(n, 256)), np.random.default_rng(seed))
        frames = replay.stacks(batch.rows)[:, -1].cpu().numpy()
        captions = [f"{self.action_names[a]}\nR {r:+.2f}" for a, r in zip(batch.actions, batch.returns, strict=True)]
        if replay.tree is not None:
            captions = [f"{c}  p {p:.3f}" for c, p in zip(captions, replay.tree.leaves[batch.leaves], strict=True)]
        return Images(frames, captions, columns=6, title=f"{fill}; {len(frames)} transitions drawn from it:")

    @view
    def priorities(self, bins: int = 40) -> Curves:
        """How the priorities (after the exponent alpha) of the stored transitions are spread."""
        _, replay = self.ready()
        stored = np.ones(len(replay)) if replay.tree is None else replay.tree.leaves[replay.tree.leaves > 0]
        counts, edges = np.histogram(stored if len(stored) else np.zeros(1), bins=max(2, min(bins, 500)))
        title = "Priorities" if replay.tree is not None else "Uniform replay: every transition has the same priority"
        middles = 0.5 * (edges[1:] + edges[:-1])
        return Curves({"transitions": (middles, counts)}, x_label="priority", y_label="transitions", title=title, filled=True)

    @view(live=True)
    def filters(self, net: QNetwork) -> Images:
        """The 32 filters of the first layer, for each of the four frames of the stack; grey is zero."""
        weights = net.filters().detach().float().cpu().numpy()  # (32, 4, 8, 8)
        pixels = 127.5 + 127.5 * weights / max(float(np.abs(weights).max()), 1e-12)
        side_by_side = np.concatenate(list(pixels.transpose(1, 0, 2, 3)), axis=2)  # (32, 8, 32)
        return Images(side_by_side.astype(np.uint8), columns=4, scale=4)

    @view(live=True)
    def activations(self, net: QNetwork, frames: int = 240) -> Images:
        """What the 32 maps of the first layer answer to the present stack (of a stored run: after that many frames of a game)."""
        maps = net.first_maps(self.example_stack(net, frames))[0].float().cpu().numpy()  # (32, 20, 20)
        top = maps.max(axis=(1, 2), keepdims=True)
        return Images((255 * maps / np.maximum(top, 1e-12)).astype(np.uint8), [f"{v:.2f}" for v in top.flatten()], columns=8, scale=3)

    @view(live=True)
    def saliency(self, net: QNetwork, frames: int = 240) -> Images:
        """Which pixels move the chosen action's Q value: |dQ/dpixel|, red over the frame that the network sees."""
        from agents.saliency import saliency
        from lab.atari.player import q_values

        stack = self.example_stack(net, frames)[0].cpu().numpy()
        heat = saliency(net, stack)[..., None]
        grey = np.repeat(stack[-1][..., None], 3, axis=2).astype(np.float32)
        pixels = (1 - 0.7 * heat) * grey + 0.7 * heat * np.array([255, 40, 20], np.float32)
        q = q_values(net, stack)
        return Images(pixels.astype(np.uint8)[None], [f"{self.action_names[q.argmax()]}  Q {q.max():.3f}"], scale=5)

    def example_stack(self, net: nn.Module, frames: int) -> Tensor:
        """What the first environment shows (1, 4, 84, 84); of a stored run, what its agent sees after `frames` frames."""
        if self.last is not None:
            return self.last.stacks[:1]
        from lab.atari.player import Player

        player = Player(self.config.game, sticky=self.config.sticky_actions, noop_max=0, fire_reset=self.config.fire_reset)
        for _ in range(max(1, min(frames, 20_000))):
            stack = player.tick(net).stack
        return torch.from_numpy(stack)[None].to(self.device)

    def close(self) -> None:
        for env in (self.env, self.mirror):
            if env is not None:
                env.close()
        self.env = self.mirror = None
