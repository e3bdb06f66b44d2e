"""Heads and parts that combine by config: each combination acts and learns, and parts do what they say beside a head."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from agents.c51 import C51
from agents.dqn import DQN
from agents.iqn import IQN
from agents.iqn_config import BeyondRainbowConfig
from agents.replay import Batch
from lab import registry
from lab.config import counting

PARTS: dict[str, dict[str, Any]] = {
    "dueling": {"dueling": True}, "noisy": {"noisy": True}, "munchausen": {"munchausen": True}, "double": {"double": True},
    "prioritised": {"prioritised": True, "n_step": 3}, "impala": {"trunk": "impala", "trunk_width": 1, "spectral_norm": True},
}  # fmt: skip
HEADS: dict[str, dict[str, Any]] = {
    "dqn": {"loss": "huber"}, "c51": {"atoms": 7}, "qr-dqn": {"quantiles": 5}, "iqn": {"fractions": 3, "acting_fractions": 4},
}  # fmt: skip
COMBINATIONS = [
    "dqn noisy", "dqn munchausen dueling", "dqn noisy munchausen prioritised", "c51", "c51 noisy munchausen dueling",
    "c51 noisy double dueling prioritised", "qr-dqn noisy", "qr-dqn munchausen", "qr-dqn noisy double dueling prioritised", "iqn",
    "iqn dueling double", "iqn noisy munchausen dueling prioritised", "c51 impala", "iqn impala noisy munchausen dueling prioritised",
]  # fmt: skip
TINY: dict[str, Any] = {
    "game": "breakout", "envs": 2, "replay_capacity": 200, "learning_starts": 16, "batch_size": 4, "hidden_units": 8, "precision": "fp32",
    "noop_max": 0, "target_interval": 2, "learning_rate": 1e-3,
}  # fmt: skip


@pytest.fixture
def make() -> Iterator[Callable[..., DQN]]:
    made: list[DQN] = []

    def make(combination: str, **fields: Any) -> DQN:
        name, *parts = combination.split()
        recipe = registry.recipe(name)
        values = {**TINY, **HEADS[name], **{key: value for part in parts for key, value in PARTS[part].items()}, **fields}
        made.append(recipe.experiment_class()(recipe.config_class().parse(values), torch.device("cpu")))
        return made[-1]

    yield make
    for experiment in made:
        experiment.close()


IN_BF16 = [combination for combination in COMBINATIONS if len(combination.split()) > 3]
"""Those of many parts: between them every head and part."""


@pytest.mark.parametrize(
    ("combination", "precision"), [*((one, "fp32") for one in COMBINATIONS), *((one, "bf16") for one in IN_BF16)]
)  # fmt: skip
def test_every_combination_acts_and_learns(combination: str, precision: str, make: Callable[..., DQN]) -> None:
    experiment = make(combination, precision=precision)
    before = experiment.online.weights.clone()
    while experiment.updates < 3:
        metrics = experiment.step()
    assert float(metrics["losses/td_loss"]) == pytest.approx(float(metrics["losses/td_loss"]))
    assert torch.isfinite(experiment.online.weights).all()
    layers = {name.split(".")[0] for name, _ in experiment.serving().named_parameters()}
    after = dict(zip((n for n, _ in experiment.serving().named_parameters()), moved(experiment, before), strict=True))
    assert {name.split(".")[0] for name, value in after.items() if value} == layers, "a layer that does not learn"
    assert experiment.decisions.last is not None
    assert experiment.decisions.last.q.shape == (2, 4)


def moved(experiment: DQN, before: Tensor) -> list[bool]:
    """Whether each of the network's parameters has changed."""
    sizes = [p.numel() for p in experiment.serving().parameters()]
    pairs = zip(experiment.online.weights.split(sizes), before.split(sizes), strict=True)
    return [not torch.equal(one, other) for one, other in pairs]


@pytest.mark.parametrize("combination", ["dqn", "qr-dqn", "c51"])
def test_a_policy_that_is_certain_has_the_greedy_target(combination: str, make: Callable[..., DQN]) -> None:
    experiment = make(combination)
    rng = torch.Generator().manual_seed(0)
    outputs = torch.randn({"dqn": (3, 4), "qr-dqn": (3, 4, 5), "c51": (3, 4, 7)}[combination], generator=rng)
    returns, discounts, best = torch.tensor([1.0, -0.5, 0.2]), torch.tensor([0.9, 0.0, 0.5]), torch.tensor([2, 0, 3])
    policy = torch.nn.functional.one_hot(best, 4).float()
    mixed = experiment.mixed_target(returns, discounts, outputs, policy, torch.zeros(3, 4))
    torch.testing.assert_close(mixed, experiment.target(returns, discounts, outputs[torch.arange(3), best]))


def test_munchausens_target_of_scalar_values_by_hand(make: Callable[..., DQN]) -> None:
    experiment = make("dqn munchausen")
    outputs, policy, bonus = torch.tensor([[1.0, 2, 3, 4]]), torch.tensor([[0.5, 0.5, 0, 0]]), torch.tensor([[0.2, 0.4, 9, 9]])
    mixed = experiment.mixed_target(torch.tensor([1.0]), torch.tensor([0.9]), outputs, policy, bonus)
    assert mixed.tolist() == pytest.approx([1 + 0.9 * (0.5 * 1.2 + 0.5 * 2.4)])


def test_munchausens_target_of_a_categorical_head_is_the_mixture_of_the_actions_distributions(make: Callable[..., C51]) -> None:
    experiment = make("c51 munchausen", atoms=3, v_min=-1.0, v_max=1.0)
    sure = 100 * torch.tensor([[[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0], [0, 1.0, 0]]])  # z = -1, 1, 0, 0
    policy, bonus = torch.tensor([[0.5, 0.25, 0.25, 0.0]]), torch.tensor([[1.0, 0.0, 0.5, 0.0]])
    mixed = experiment.mixed_target(torch.tensor([0.0]), torch.tensor([1.0]), sure, policy, bonus)
    assert mixed[0].tolist() == pytest.approx([0, 0.5 + 0.125, 0.25 + 0.125])  # at 0, at 1, half way between them


def test_with_noisy_layers_games_that_show_the_same_have_noise_of_their_own(make: Callable[..., DQN]) -> None:
    experiment = make("c51 noisy")
    blocks = experiment.collect().blocks()[:1].expand(3, -1, -1, -1)
    with torch.no_grad():
        assert len({tuple(q) for q in experiment.values_to_act(blocks).tolist()}) == 3


def test_beyond_rainbow_takes_random_actions_beside_its_noise() -> None:
    config = BeyondRainbowConfig.parse({"game": "pong", "envs": 2, "replay_capacity": 2_000, "learning_starts": 1_000})
    experiment = IQN(config, torch.device("cpu"))
    experiment.steps = 1_500_000
    assert experiment.epsilon() == pytest.approx(0.505)
    assert counting(BeyondRainbowConfig.model_fields, config.model_dump()).keys() >= {"epsilon_start", "epsilon_end", "epsilon_steps"}


def test_with_noisy_layers_no_action_is_random_and_two_passes_differ(make: Callable[..., DQN]) -> None:
    experiment = make("dqn noisy", epsilon_start=1.0)
    for _ in range(20):
        experiment.step()
        assert experiment.decisions.last is not None
        assert not experiment.decisions.last.random.any()
    blocks = experiment.collect().blocks()
    with torch.no_grad():
        assert not torch.equal(experiment.values_of(blocks), experiment.values_of(blocks))
        assert torch.equal(experiment.serving()(blocks), experiment.serving()(blocks)), "evaluation has no noise"


@pytest.mark.parametrize("combination", ["c51 dueling", "iqn", "qr-dqn impala"])
def test_views_show_the_distribution_the_filters_and_the_saliency(combination: str, make: Callable[..., DQN]) -> None:
    experiment = make(combination)
    experiment.step()
    view = experiment.answer("distribution", experiment.serving(), {"bins": 8})
    assert list(view.series) == list(experiment.action_names)
    assert all(np.sum(share) == pytest.approx(1, abs=1e-5) for _, share in view.series.values())
    for name in ("filters", "activations", "saliency"):
        assert experiment.answer(name, experiment.serving(), {}).pixels.size > 0


BRIGHT = 200


class TwoRooms:
    """A replay memory of two rooms, dark and bright: row r shows room r. Leaving the dark one leads to the bright one."""

    def blocks(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy((BRIGHT * rows[:, :1]).astype(np.uint8))[:, :, None, None].expand(-1, 64, 21, 21)


@pytest.mark.parametrize("combination", ["dqn dueling noisy", "c51 dueling double noisy", "qr-dqn", "iqn"])
def test_each_head_learns_the_values_of_a_small_problem(
    combination: str, make: Callable[..., DQN], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dark: action 0 earns 0.5 and ends, the others earn nothing and lead to the bright room. Bright: action 1 earns 1, the others -1, and all end.

    With a discount of 0.9 the values are (0.5, 0.9, 0.9, 0.9) and (-1, 1, -1, -1).
    """
    fields = {"atoms": 21, "v_min": -2.0, "v_max": 2.0} if combination.startswith("c51") else {}
    experiment = make(combination, batch_size=16, hidden_units=32, noisy_sigma=0.1, target_interval=10, learning_rate=1e-3, **fields)
    monkeypatch.setattr(experiment, "memory", TwoRooms)
    rng = np.random.default_rng(0)
    for _ in range(250):
        rooms, actions = rng.integers(2, size=16), rng.integers(4, size=16)
        ends = (rooms == 1) | (actions == 0)
        returns = np.where(rooms == 1, np.where(actions == 1, 1.0, -1.0), np.where(actions == 0, 0.5, 0.0)).astype(np.float32)
        rows = np.repeat(rooms[:, None], 4, axis=1)
        discounts = np.where(ends, 0, 0.9).astype(np.float32)
        experiment.update(Batch(rows, np.ones_like(rows), actions, returns, discounts, np.ones(16, np.float32), np.arange(16)))
    with torch.no_grad():
        q = experiment.serving()(TwoRooms().blocks(np.array([[0] * 4, [1] * 4])))
    torch.testing.assert_close(q, torch.tensor([[0.5, 0.9, 0.9, 0.9], [-1.0, 1.0, -1.0, -1.0]]), atol=0.2, rtol=0)


@torch.no_grad()
def test_exported_implicit_quantiles_take_batches_of_any_size(make: Callable[..., DQN]) -> None:
    exported = make("iqn").exported()
    program = torch.export.export(exported.module, tuple(exported.inputs.values()), dynamic_shapes=({0: torch.export.Dim("batch")},))
    frames = torch.randint(0, 256, (5, 4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(program.module()(frames), exported.module(frames))
