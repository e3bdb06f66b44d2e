"""PQN: how its updates are spread over the steps, what it learns from, and what it shows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from agents.pqn import PQN
from agents.pqn_config import PQNConfig
from agents.rollout import lambda_returns
from lab.errors import UsageError

SETTINGS: dict[str, Any] = {
    "game": "breakout", "envs": 3, "rollout_steps": 4, "minibatches": 3, "epochs": 2, "hidden_units": 16, "precision": "fp32", "noop_max": 3,
}  # fmt: skip


@pytest.fixture
def experiment() -> Iterator[PQN]:
    made = PQN(PQNConfig.parse(SETTINGS), torch.device("cpu"))
    yield made
    made.close()


def advance(experiment: PQN, steps: int) -> list[int]:
    """The updates of each step."""
    counts = []
    for _ in range(steps):
        before = experiment.updates
        experiment.step()
        counts.append(experiment.updates - before)
    return counts


def test_the_updates_of_a_rollout_are_spread_over_the_steps_of_the_next(experiment: PQN) -> None:
    assert advance(experiment, 12) == [0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 1, 2]  # 2 epochs of 3 minibatches in 4 steps


def test_an_epoch_learns_from_each_transition_once(experiment: PQN) -> None:
    advance(experiment, 5)
    assert sorted(experiment.order) == list(range(12))


def test_a_rollout_learns_towards_its_lambda_returns(experiment: PQN) -> None:
    advance(experiment, 5)
    done = experiment.finished
    following = np.concatenate([done.values[1:], experiment.filling.values[:1]])
    nothing = np.zeros((4, 3), np.float32)
    expected = lambda_returns(done.rewards, following, done.terminated, done.truncated, nothing, 0.99, 0.65)
    assert np.array_equal(done.returns, expected)


def test_an_update_moves_the_value_of_the_action_taken_towards_its_return(experiment: PQN) -> None:
    blocks = torch.randint(0, 256, (6, 64, 21, 21), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    actions, returns = torch.arange(6) % 4, torch.full((6,), 3.0)
    with torch.inference_mode():
        errors = [float(experiment.update(blocks, actions, returns)) for _ in range(60)]
    assert errors[-1] < 0.2 * errors[0]


def test_a_last_layer_of_scale_0_begins_with_all_values_0(experiment: PQN) -> None:
    blocks = torch.randint(0, 256, (2, 64, 21, 21), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    alike = PQN(PQNConfig.parse({**SETTINGS, "head_scale": 0.0}), torch.device("cpu"))
    assert np.abs(experiment.q_values(blocks)).max() > 0
    assert np.abs(alike.q_values(blocks)).max() == 0


def test_centred_values_meet_the_mean_return_of_a_rollout_before_it_is_learnt_from() -> None:
    experiment = PQN(PQNConfig.parse({**SETTINGS, "centred": True, "learning_rate": 1e-9}), torch.device("cpu"))
    try:
        advance(experiment, 5)
        done = experiment.finished
        q = experiment.q_values(done.blocks(np.arange(12)))
        taken = q[np.arange(12), done.actions.ravel()]
        assert float(taken.mean()) == pytest.approx(float(done.returns.mean()), abs=1e-4)
    finally:
        experiment.close()


def test_centring_removes_the_error_of_the_values_as_they_are_now() -> None:
    """Not the one there was when the actions were taken: updates may have removed that since."""
    experiment = PQN(PQNConfig.parse({**SETTINGS, "learning_rate": 1e-9}), torch.device("cpu"))
    try:
        advance(experiment, 5)
        done = experiment.finished
        error = experiment.mean_error(done)
        experiment.shift(error - 0.5)
        assert experiment.mean_error(done) == pytest.approx(0.5, abs=1e-4)
    finally:
        experiment.close()


def test_a_large_offset_leaves_small_differences_of_actions_as_they_are() -> None:
    experiment = PQN(PQNConfig.parse({**SETTINGS, "centred": True, "precision": "bf16"}), torch.device("cpu"))
    blocks = torch.randint(0, 256, (2, 64, 21, 21), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    before = experiment.q_values(blocks)
    experiment.shift(-21.37)  # bfloat16 would make it -21.375
    np.testing.assert_allclose(experiment.q_values(blocks), before - 21.37, atol=1e-5)
    experiment.online.restore(experiment.online.state())
    np.testing.assert_allclose(experiment.q_values(blocks), before - 21.37, atol=1e-5)


def test_a_lost_life_ends_the_return_if_asked_for() -> None:
    made = PQN(PQNConfig.parse({**SETTINGS, "life_loss_terminal": True, "epsilon_end": 1.0, "rollout_steps": 200}), torch.device("cpu"))
    try:
        advance(made, 200)
        assert made.filling.terminated.any()
    finally:
        made.close()


def test_the_rollout_is_shown_with_its_rewards_values_and_returns(experiment: PQN) -> None:
    assert experiment.answer("lambda_returns", experiment.serving(), {}).series == {}  # type: ignore[attr-defined]
    advance(experiment, 5)
    answer = experiment.answer("lambda_returns", experiment.serving(), {"env": 2})
    assert list(answer.series) == ["reward", "max Q", "lambda return"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("view", ["screen", "stack", "action_values", "q_values", "filters", "activations", "saliency"])
def test_the_views_of_an_agent_show_this_one_too(experiment: PQN, view: str) -> None:
    advance(experiment, 2)
    assert experiment.answer(view, experiment.serving(), {}) is not None


def test_minibatches_must_divide_a_rollout() -> None:
    with pytest.raises(UsageError, match="--minibatches must divide"):
        PQNConfig.parse({**SETTINGS, "minibatches": 5})


@pytest.mark.gpu
@pytest.mark.parametrize("fields", [{}, {"precision": "bf16"}, {"max_grad_norm": 0.1}])
def test_captured_updates_equal_those_launched_one_by_one(fields: dict[str, Any]) -> None:
    captured, eager = (PQN(PQNConfig.parse({**SETTINGS, **fields}), torch.device("cuda")) for _ in range(2))
    losses: dict[PQN, list[float]] = {captured: [], eager: []}
    with torch.inference_mode():
        for experiment, each in losses.items():
            rng = torch.Generator("cuda").manual_seed(0)
            for k in range(8):  # The variance of the first five is not known.
                blocks = torch.randint(0, 256, (6, 64, 21, 21), dtype=torch.uint8, generator=rng, device="cuda")
                actions, returns = torch.arange(6, device="cuda") % 4, torch.randn(6, generator=rng, device="cuda")
                experiment.optimizer.set_learning_rate(1e-3 / (1 + k))
                step = experiment.captured_update if experiment is captured else experiment.update
                each.append(float(step(blocks, actions, returns)))
    assert captured.graph is not None
    assert captured.graph.graph is not None, "it could not be captured"
    assert losses[captured] == pytest.approx(losses[eager], rel=1e-3)
    mine, theirs = (experiment.optimizer.exp_avg for experiment in (captured, eager))
    torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4 * float(theirs.abs().max()))
    assert float(captured.optimizer.count) == 8


@pytest.mark.gpu
def test_a_training_on_the_gpu_learns_as_on_a_processor() -> None:
    """What the environments show is the same as long as the same actions are taken: here all are random."""
    losses = []
    for name in ("cpu", "cuda"):
        experiment = PQN(PQNConfig.parse({**SETTINGS, "epsilon_start": 1.0, "epsilon_end": 1.0}), torch.device(name))
        try:
            losses.append(
                [float(metrics["losses/td_loss"]) for metrics in (experiment.step() for _ in range(8)) if "losses/td_loss" in metrics]
            )
        finally:
            experiment.close()
    assert len(losses[0]) > 2
    assert losses[1] == pytest.approx(losses[0], rel=1e-2)
