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
from models.kernels.cuda_graphs import CapturedStep
from tests.replayed import Replayed

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


def trained(experiment: PQN, steps: int) -> tuple[list[float], torch.Tensor, np.ndarray]:
    """The losses of some steps, the weights after them, and the stacks seen last."""
    try:
        metrics = [experiment.step() for _ in range(steps)]
        assert experiment.decisions.last is not None
        losses = [float(each["losses/td_loss"]) for each in metrics if "losses/td_loss" in each]
        return losses, experiment.online.weights.clone(), experiment.decisions.last.stacks
    finally:
        experiment.close()


@pytest.mark.parametrize("fields", [{}, {"centred": True, "minibatches": 2}])
def test_replayed_steps_are_those_of_a_processor(fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CapturedStep, "capture", lambda step: Replayed(step))
    plain, captured = (PQN(PQNConfig.parse({**SETTINGS, **fields}), torch.device("cpu")) for _ in range(2))
    for experiment in (plain, captured):
        experiment.optimizer.rate = torch.tensor(2.5e-4)  # As on a GPU, where no number in Python changes.
    captured.on_gpu = captured.captured.on_gpu = True
    (mine, weights, seen), (theirs, expected, stacks) = (trained(experiment, 14) for experiment in (captured, plain))
    assert mine == theirs
    assert torch.equal(weights, expected)
    assert np.array_equal(seen, stacks)
    assert {key[0][0] for key in captured.captured.made} == {"act", "update"}  # type: ignore[index]


@pytest.mark.gpu
@pytest.mark.parametrize("fields", [{}, {"precision": "bf16"}, {"max_grad_norm": 0.1}, {"centred": True}])
def test_captured_steps_equal_those_launched_one_by_one(fields: dict[str, Any]) -> None:
    settings = {**SETTINGS, "epsilon_start": 1.0, "epsilon_end": 1.0, **fields}
    captured, eager = (PQN(PQNConfig.parse(settings), torch.device("cuda")) for _ in range(2))
    eager.captured.on_gpu = False
    (mine, weights, seen), (theirs, expected, stacks) = (trained(experiment, 20) for experiment in (captured, eager))
    assert captured.captured.on_gpu, "it could not be captured"
    assert {key[0][0] for key in captured.captured.made} == {"act", "update"}  # type: ignore[index]
    assert mine[:4] == pytest.approx(theirs[:4], rel=1e-2, abs=1e-4)
    torch.testing.assert_close(weights, expected, rtol=1e-2, atol=2e-3)
    assert np.array_equal(seen, stacks)


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
