import copy
import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from agents.dqn import DQN
from agents.dqn_config import DQNConfig, DQNFastConfig
from agents.replay import Batch
from agents.transitions import chosen, packed, spread, unpacked
from lab.checkpoint import flatten
from lab.errors import UsageError
from models.kernels.cuda_graphs import CapturedStep
from tests.replayed import Replayed


class FixedReplay:
    """A replay memory whose frames are all black."""

    def blocks(self, rows: np.ndarray) -> torch.Tensor:
        return torch.zeros(len(rows), 64, 21, 21, dtype=torch.uint8)


class FixedValues(nn.Module):
    """A Q network that gives the same values everywhere."""

    def __init__(self, values: list[float]):
        super().__init__()
        self.q = torch.tensor([values])

    draws = False

    def outputs(self, blocks: torch.Tensor, draw: tuple = ()) -> torch.Tensor:
        return self.q.expand(len(blocks), -1)

    def values(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs

    forward = outputs


def targets_of(experiment: DQN, returns: list[float], discounts: list[float], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The targets that one update hands to the gradient step, with Q_online = (1, 5, 2) and Q_target = (3, -1, 10)."""
    seen: list[torch.Tensor] = []

    def record(blocks: torch.Tensor, actions: torch.Tensor, target: torch.Tensor, weights: torch.Tensor):
        seen.append(target)
        return torch.zeros(len(target)), torch.zeros(())

    monkeypatch.setattr(experiment, "gradient_step", record)
    monkeypatch.setattr(experiment, "memory", FixedReplay)
    monkeypatch.setattr(experiment.online, "compute", FixedValues([1.0, 5.0, 2.0]))
    monkeypatch.setattr(experiment.target_network, "compute", FixedValues([3.0, -1.0, 10.0]))
    monkeypatch.setattr(DQN, "network", property(lambda self: self.online.compute))
    monkeypatch.setattr(
        DQN, "bootstrap_network", property(lambda self: (self.target_network if self.config.replay == "on" else self.online).compute)
    )
    n = len(returns)
    rows = np.zeros((n, 4), np.int64)
    batch = Batch(
        rows=rows, next_rows=rows + 1, actions=np.arange(n) % 2, returns=np.array(returns, np.float32),
        discounts=np.array(discounts, np.float32), weights=np.ones(n, np.float32), leaves=np.arange(n),
    )  # fmt: skip
    experiment.update(batch)
    return seen[0].tolist()


def test_target_is_the_return_plus_the_discounted_best_q_of_the_target_network(tiny, monkeypatch) -> None:
    targets = targets_of(tiny(batch_size=3), [1.0, -1.0, 0.5], [0.99, 0.0, 0.5], monkeypatch)
    assert targets == pytest.approx([1 + 0.99 * 10, -1.0, 0.5 + 0.5 * 10])


def test_double_dqn_values_the_online_networks_choice_by_the_target_network(tiny, monkeypatch) -> None:
    targets = targets_of(tiny(batch_size=3, double=True), [1.0, -1.0, 0.5], [0.99, 0.0, 0.5], monkeypatch)
    assert targets == pytest.approx([1 + 0.99 * -1, -1.0, 0.5 + 0.5 * -1])


def test_without_replay_the_online_network_itself_values_what_follows(tiny, monkeypatch) -> None:
    targets = targets_of(tiny(batch_size=3, replay="off"), [1.0, -1.0, 0.5], [0.99, 0.0, 0.5], monkeypatch)
    assert targets == pytest.approx([1 + 0.99 * 5, -1.0, 0.5 + 0.5 * 5])


def test_without_replay_an_update_learns_from_the_newest_transitions(tiny) -> None:
    experiment = tiny(replay="off")
    run(experiment, 40)
    replay = experiment.memory()
    newest = [experiment.draw(2).leaves[i * 8 : (i + 1) * 8] for i in range(2)]
    assert np.array_equal(newest[0], newest[1])
    assert sorted(newest[0]) == sorted(row for k in range(1, 5) for row in replay.base + replay.ready - k)


def test_only_the_actions_taken_get_a_gradient_each_times_its_share() -> None:
    outputs, actions = torch.arange(12.0).view(2, 3, 2), torch.tensor([2, 0])
    assert chosen(outputs, actions).tolist() == [[4, 5], [6, 7]]
    gradient = spread(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), actions, outputs)
    assert gradient.tolist() == [[[0, 0], [0, 0], [1, 2]], [[3, 4], [0, 0], [0, 0]]]
    assert chosen(outputs[:, :, 0], actions).tolist() == [4, 6]


@pytest.mark.parametrize(
    "fields", [{"loss": "squared"}, {"loss": "huber", "dueling": True}, {"loss": "squared", "max_grad_norm": 0.1}], ids=str
)
def test_gradient_step_equals_autograd_and_adam(fields: dict, tiny) -> None:
    experiment = tiny(**fields)
    reference = copy.deepcopy(experiment.online.master)
    optimizer = torch.optim.Adam(reference.parameters(), lr=1e-3, eps=1.5e-4)
    rng = torch.Generator().manual_seed(0)
    for _ in range(3):
        frames = torch.randint(0, 256, (8, 4, 84, 84), dtype=torch.uint8, generator=rng)
        actions, target = torch.randint(0, 6, (8,), generator=rng), 3 * torch.randn(8, generator=rng)
        weights = torch.rand(8, generator=rng)
        with torch.no_grad():
            _, loss = experiment.gradient_step(frames, actions, target, weights / 8)
        chosen = reference(frames)[torch.arange(8), actions]
        each = F.huber_loss(chosen, target, reduction="none") if fields["loss"] == "huber" else (chosen - target) ** 2
        expected = (weights * each).mean()
        optimizer.zero_grad()
        expected.backward()
        if "max_grad_norm" in fields:
            nn.utils.clip_grad_norm_(reference.parameters(), fields["max_grad_norm"])
        optimizer.step()
        assert float(loss) == pytest.approx(float(expected.detach()), rel=1e-5)
    for (name, mine), theirs in zip(experiment.online.master.named_parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=2e-6, rtol=1e-4, msg=name)


@pytest.mark.parametrize("double", [False, True])
def test_a_pass_shared_with_acting_gives_the_values_and_the_step_of_two(tiny, double: bool) -> None:
    """The states of an update's first batch, what the environments show and, for double, the next states are one pass."""
    experiments = [tiny(learning_starts=40, batch_size=8, double=double) for _ in range(2)]
    for experiment in experiments:
        run(experiment, 40)
    shared, apart = experiments
    draws = [experiment.draw(2) for experiment in experiments]
    decision, ahead = shared.act(draws[0])
    expected, nothing = apart.act()
    assert ahead is not None
    assert nothing is None
    assert (ahead.next_values is not None) == double
    np.testing.assert_allclose(decision.q, expected.q, atol=1e-6)
    losses = [shared.update(draws[0], ahead), apart.update(draws[1])]
    torch.testing.assert_close(losses[0], losses[1])
    torch.testing.assert_close(shared.online.weights, apart.online.weights)


def test_target_network_is_a_copy_of_the_online_one_at_the_last_multiple_of_the_interval(tiny) -> None:
    experiment = tiny(target_interval=3, train_every=2)
    weights = [experiment.online.weights.clone()]
    while experiment.updates < 8:
        experiment.step()
        if experiment.updates == len(weights):
            weights.append(experiment.online.weights.clone())
        copied = experiment.updates - experiment.updates % 3
        assert torch.equal(experiment.target_network.weights, weights[copied])


def test_epsilon_falls_linearly_and_then_stays(tiny) -> None:
    experiment = tiny(epsilon_start=0.9, epsilon_end=0.1, epsilon_steps=100)
    epsilons = []
    for steps in (0, 25, 50, 100, 1000):
        experiment.steps = steps
        epsilons.append(experiment.epsilon())
    assert epsilons == pytest.approx([0.9, 0.7, 0.5, 0.1, 0.1])


@pytest.mark.parametrize(
    ("steps", "update", "expected"),
    [
        # Warm-up over 10 updates to 0.01, and a fall to a fifth over 1,000 steps, multiplied.
        (0, 0, 0.001), (0, 4, 0.005), (0, 9, 0.01), (0, 10, 0.01), (0, 10_000, 0.01),
        (500, 10, 0.006), (1000, 10, 0.002), (5000, 10, 0.002), (500, 4, 0.003), (1000, 0, 0.0002),
    ],
)  # fmt: skip
def test_learning_rate_rises_over_the_warm_up_and_falls_with_the_steps(steps: int, update: int, expected: float, tiny) -> None:
    experiment = tiny(learning_rate=0.01, learning_rate_end=0.2, learning_rate_steps=1000, warmup_updates=10)
    experiment.steps = steps
    assert experiment.learning_rate(update) == pytest.approx(expected)


def test_learning_rate_is_constant_unless_asked_otherwise(tiny) -> None:
    experiment = tiny(learning_rate=0.01)
    for experiment.steps in (0, 10**6, 10**9):
        assert experiment.learning_rate(0) == experiment.learning_rate(10**6) == pytest.approx(0.01)


def test_each_update_takes_the_learning_rate_of_its_own_number(tiny, monkeypatch) -> None:
    experiment = tiny(learning_rate=0.01, warmup_updates=10, train_every=1, envs=2)
    seen: list[float] = []
    monkeypatch.setattr(experiment.optimizer, "set_learning_rate", seen.append)
    while experiment.updates < 6:
        experiment.step()
    assert seen == pytest.approx([0.001, 0.002, 0.003, 0.004, 0.005, 0.006])


@pytest.mark.parametrize(("envs", "train_every"), [(2, 4), (3, 4), (4, 1), (2, 7)])
def test_there_is_one_update_per_train_every_agent_steps(envs: int, train_every: int, tiny) -> None:
    experiment = tiny(envs=envs, train_every=train_every)
    while experiment.steps < 32:
        experiment.step()
    assert experiment.updates == 0
    begin = experiment.steps
    for _ in range(15):
        experiment.step()
    assert experiment.updates == (experiment.steps - begin) // train_every


def test_random_actions_come_at_the_rate_of_epsilon_and_the_others_are_greedy(tiny) -> None:
    experiment = tiny(epsilon_start=0.5, epsilon_end=0.5, learning_starts=400)
    random = []
    for _ in range(150):
        experiment.step()
        random += experiment.decisions.last.random.tolist()
        greedy = ~experiment.decisions.last.random
        assert np.array_equal(experiment.decisions.last.actions[greedy], experiment.decisions.last.q.argmax(1)[greedy])
    assert 0.4 < np.mean(random) < 0.6


def run(experiment: DQN, steps: int) -> tuple[dict, dict[str, torch.Tensor]]:
    for _ in range(steps):
        experiment.step()
    tree, tensors, _ = flatten(experiment.state())
    return tree, tensors


def test_one_seed_gives_one_run_and_another_seed_another(tiny) -> None:
    trees, tensors = zip(*(run(tiny(seed=seed), 40) for seed in (1, 1, 2)), strict=True)
    assert trees[0] == trees[1]
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])
    assert not torch.equal(tensors[0]["online.hidden.weight"], tensors[2]["online.hidden.weight"])
    assert trees[0]["env"] != trees[2]["env"] or not torch.equal(tensors[0]["env.seeds"], tensors[2]["env.seeds"])


def test_making_an_experiment_leaves_the_global_generator_alone(tiny) -> None:
    before = torch.get_rng_state()
    tiny(seed=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_two_experiments_made_at_once_have_the_weights_that_each_has_alone(tiny, monkeypatch) -> None:
    alone = {seed: tiny(seed=seed).online.weights.clone() for seed in (1, 2)}
    turn = threading.Barrier(2, timeout=60)
    uniform = torch.nn.init.kaiming_uniform_

    def in_turns(*args: Any, **kwargs: Any) -> torch.Tensor:
        turn.wait()  # Each layer of one network is drawn between two layers of the other.
        return uniform(*args, **kwargs)

    monkeypatch.setattr(torch.nn.init, "kaiming_uniform_", in_turns)
    made: dict[int, DQN] = {}
    threads = [threading.Thread(target=lambda seed=seed: made.update({seed: tiny(seed=seed)})) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(made[seed].online.weights, alone[seed]) for seed in (1, 2))


def test_state_is_a_copy_that_later_steps_leave_alone(tiny) -> None:
    experiment = tiny()
    run(experiment, 40)
    state = experiment.state()
    # Cloned by hand, as `flatten` would hide tensors that are shared with the experiment.
    before = {name: value.clone() for name, value in state["online"].items()}
    target = {name: value.clone() for name, value in state["target"].items()}
    adam = {name: value.clone() for name, value in state["adam"].items()}
    counts = state["replay"]["count"].copy()
    run(experiment, 30)
    assert all(torch.equal(state["online"][name], value) for name, value in before.items())
    assert all(torch.equal(state["target"][name], value) for name, value in target.items())
    assert all(torch.equal(state["adam"][name], value) for name, value in adam.items())
    assert np.array_equal(state["replay"]["count"], counts)


def test_bf16_run_keeps_its_master_weights_in_fp32(tiny) -> None:
    experiment = tiny(precision="bf16")
    run(experiment, 24)
    assert experiment.updates > 0
    assert all(p.dtype == torch.float32 for p in experiment.serving().parameters())
    assert torch.equal(experiment.online.compute_weights, experiment.online.weights.bfloat16())


def test_fast_recipe_keeps_the_bounds_and_descriptions_of_dqn() -> None:
    assert DQNFastConfig().n_step > 1
    assert DQNFastConfig().prioritised
    assert DQNFastConfig.model_fields["n_step"].description == DQNConfig.model_fields["n_step"].description
    with pytest.raises(UsageError, match=r"--n-step .*32, got 33"):
        DQNFastConfig.parse({"n_step": 33})


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"replay_capacity": 100, "envs": 64}, "--replay-capacity must be at least 576"),
        ({"learning_starts": 500, "replay_capacity": 400}, "--learning-starts .500. must not exceed --replay-capacity .400."),
        ({"learning_starts": 3, "envs": 2, "n_step": 5}, "--learning-starts must be at least 10"),
        ({"replay": "off", "prioritised": True}, "--prioritised draws from the replay memory"),
        ({"game": "pongg"}, "Did you mean .*pong"),
    ],
)
def test_settings_that_cannot_work_together_are_refused(fields: dict, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        DQNConfig.parse(fields)


def test_learning_can_start_as_early_as_the_config_allows(tiny) -> None:
    experiment = tiny(learning_starts=10, n_step=5, prioritised=True, train_every=1)
    run(experiment, 8)
    assert experiment.updates > 0


def learnt(experiment: DQN, steps: int, captured: bool) -> list[float]:
    """The losses of some steps on made-up transitions."""
    rng = torch.Generator().manual_seed(0)
    place, losses = experiment.device, []
    for k in range(steps):
        blocks = torch.randint(0, 256, (8, 64, 21, 21), dtype=torch.uint8, generator=rng).to(place).to(experiment.dtype)
        actions, target = torch.randint(0, 6, (8,), generator=rng).to(place), torch.randn(8, generator=rng).to(place)
        draw = experiment.drawn(8)
        experiment.optimizer.set_learning_rate(1e-3 / (1 + k))
        step = experiment.captured_step if captured else experiment.gradient_step
        losses.append(float(step(blocks, actions, target, torch.full((8,), 1 / 8, device=place), *draw)[1]))
    return losses


@pytest.mark.gpu
def test_one_update_on_the_gpu_equals_one_on_the_cpu(tiny) -> None:
    config = tiny(precision="fp32").config
    losses, gradients = [], []
    for name in ("cpu", "cuda"):
        experiment = DQN(config, torch.device(name))
        with torch.no_grad():
            losses += learnt(experiment, 1, captured=False)
        gradients.append(torch.cat([view.reshape(-1).cpu() for view in experiment.online.compute_gradient_views]))
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-3, atol=1e-5 * float(gradients[0].abs().max()))


@pytest.mark.gpu
@pytest.mark.parametrize("fields", [{}, {"precision": "bf16"}, {"noisy": True}, {"max_grad_norm": 0.1}])
def test_captured_updates_equal_those_launched_one_by_one(tiny, fields: dict) -> None:
    config = tiny(**fields).config
    captured, eager = (DQN(config, torch.device("cuda")) for _ in range(2))
    eager.captured.on_gpu = False
    with torch.inference_mode():
        losses = [learnt(experiment, 5, captured=experiment is captured) for experiment in (captured, eager)]
    assert captured.captured.made
    assert captured.captured.on_gpu, "it could not be captured"
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    mine, theirs = (experiment.optimizer.exp_avg for experiment in (captured, eager))
    torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4 * float(theirs.abs().max()))
    assert float(captured.optimizer.count) == 5


def test_a_batch_put_into_one_row_comes_out_as_it_was() -> None:
    rows = np.arange(16).reshape(4, 4) + 10**6
    floats = [np.array(values, np.float32) for values in ([1.5, -1.0, 0.0, 0.25], [0.99, 0.0, 0.9, 0.5], [1.0, 0.5, 0.1, 1e-8])]
    batch = Batch(rows, rows + 1, np.array([3, 0, 17, 2]), *floats, np.arange(4))
    numbers = packed(batch, [1e-3, 2e-3])
    assert numbers.dtype == np.int32
    out = unpacked(torch.from_numpy(numbers), 2, 2)
    for value, expected in zip(out[:6], (rows, rows + 1, batch.actions, *floats), strict=True):
        np.testing.assert_array_equal(value.numpy(), expected)
    assert [float(rate) for rate in out[6]] == pytest.approx([1e-3, 2e-3], rel=1e-7)


def trained(experiment: DQN, steps: int) -> tuple[list[float], Tensor]:
    """The losses of some steps in the game, and the weights after them."""
    metrics = [experiment.step() for _ in range(steps)]
    return [float(each["losses/td_loss"]) for each in metrics if "losses/td_loss" in each], experiment.online.weights.clone()


WHOLE = ({}, {"prioritised": True, "double": True, "train_every": 3, "n_step": 3}, {"noisy": True, "munchausen": True})


@pytest.mark.parametrize("fields", WHOLE)
def test_whole_updates_replayed_are_those_of_a_processor(tiny, fields: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = trained(tiny(**fields), 24)
    monkeypatch.setattr(DQN, "all_on_gpu", True)
    eager, captured = tiny(**fields), tiny(**fields)
    expected = trained(eager, 24)
    monkeypatch.setattr(CapturedStep, "capture", lambda step: Replayed(step))
    captured.collect()
    captured.captured.on_gpu = captured.memory().late = True
    losses, weights = trained(captured, 24)
    assert losses == expected[0]
    assert torch.equal(weights, expected[1])
    assert {key[0] for key in captured.captured.made} == {"act", "update"}
    if not fields.get("noisy"):  # There a processor acts and learns in one pass, and draws in another order.
        assert losses == pytest.approx(plain[0], rel=1e-3, abs=1e-5)


@pytest.mark.gpu
@pytest.mark.parametrize("fields", [*WHOLE, {"precision": "bf16"}, {"trunk": "impala", "spectral_norm": True, "trunk_width": 1}])
def test_whole_updates_captured_equal_those_launched_one_by_one(tiny, fields: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DETERMINISTIC", "1")
    config = tiny(**{"epsilon_start": 1.0, "epsilon_end": 1.0, **fields}).config
    captured, eager = (DQN(config, torch.device("cuda")) for _ in range(2))
    try:
        assert captured.all_on_gpu
        eager.collect()
        eager.captured.on_gpu = False
        (mine, _), (theirs, _) = (trained(experiment, 30) for experiment in (captured, eager))
        assert captured.captured.on_gpu, "it could not be captured"
        assert {key[0] for key in captured.captured.made} == {"act", "update"}
        assert mine[:4] == pytest.approx(theirs[:4], rel=1e-2, abs=1e-4)
        assert torch.equal(captured.draw_rng.get_state(), eager.draw_rng.get_state())
    finally:
        captured.close()
        eager.close()
