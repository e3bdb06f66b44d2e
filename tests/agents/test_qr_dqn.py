"""QR-DQN: its loss against values worked by hand, what its quantiles converge to, and the distribution that it shows."""

from typing import Any

import numpy as np
import pytest
import torch

from agents.losses import quantile_huber
from agents.qr_dqn import QRDQN
from agents.qr_dqn_config import QRDQNConfig
from models.quantile_network import QuantileNetwork


@pytest.fixture
def experiment(tiny: Any) -> QRDQN:
    config = QRDQNConfig.parse({**tiny().config.model_dump(exclude={"loss"}), "quantiles": 5, "n_step": 2, "double": True})
    return QRDQN(config, torch.device("cpu"))


def test_the_loss_by_hand() -> None:
    # Fractions 1/4 and 3/4. u = y - theta: (0.5, 3) for theta = 0 and (-0.5, 2) for theta = 1.
    result = quantile_huber(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 3.0]]))
    first = (0.25 * 0.125 + 0.25 * 2.5) / 2  # 0.5 u^2 inside, |u| - 0.5 outside
    second = (0.25 * 0.125 + 0.75 * 1.5) / 2
    assert result.each.tolist() == pytest.approx([first + second])
    assert result.slope[0].tolist() == pytest.approx([-(0.25 * 0.5 + 0.25 * 1) / 2, -(0.25 * -0.5 + 0.75 * 1) / 2])
    assert torch.equal(result.error, result.each)


@pytest.mark.parametrize("kappa", [0.5, 1.0, 3.0])
def test_the_slope_is_the_derivative_whatever_kappa_is(kappa: float) -> None:
    rng = torch.Generator().manual_seed(0)
    predicted, target = 2 * torch.randn(4, 7, generator=rng), 2 * torch.randn(4, 9, generator=rng)
    u = target[:, None] - predicted.requires_grad_()[:, :, None]
    fractions = (torch.arange(7) + 0.5)[:, None] / 7
    huber = torch.nn.functional.huber_loss(u, torch.zeros_like(u), delta=kappa, reduction="none")
    each = ((fractions - (u < 0).float()).abs() * huber / kappa).mean(2).sum(1)
    (expected,) = torch.autograd.grad(each.sum(), predicted)
    result = quantile_huber(predicted.detach(), target, kappa)
    torch.testing.assert_close(result.each, each.detach())
    torch.testing.assert_close(result.slope, expected)


def test_descending_the_loss_finds_the_quantiles_of_the_targets() -> None:
    theta, target = torch.zeros(1, 4), torch.arange(0.0, 100.0)[None]
    for _ in range(4000):
        theta -= 0.5 * quantile_huber(theta, target, kappa=0.01).slope
    assert theta[0].tolist() == pytest.approx([12.5, 37.5, 62.5, 87.5], abs=1)


@pytest.mark.parametrize("dueling", [False, True])
def test_q_is_the_mean_of_the_quantiles(dueling: bool) -> None:
    net = QuantileNetwork(3, quantiles=5, dueling=dueling, hidden=8)
    frames = torch.randint(0, 256, (2, 4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        outputs = net.outputs(frames)
        assert outputs.shape == (2, 3, 5)
        torch.testing.assert_close(net(frames), outputs.mean(2))
        if dueling:
            units = net.hidden_units(net.features(frames))
            torch.testing.assert_close(outputs.mean(1), net.value(units[:, :8]))


def test_the_target_moves_every_quantile_by_the_return_and_shrinks_it_by_the_discount(experiment: QRDQN) -> None:
    quantiles = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    target = experiment.target(torch.tensor([10.0, -1.0]), torch.tensor([0.5, 0.0]), quantiles)
    assert target.tolist() == [[10.5, 11.0], [-1.0, -1.0]]


def test_one_update_is_one_of_adam_on_the_papers_loss_by_autograd(experiment: QRDQN) -> None:
    rng = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (8, 4, 84, 84), dtype=torch.uint8, generator=rng)
    actions, target = torch.randint(0, 6, (8,), generator=rng), torch.randn(8, 5, generator=rng)
    reference = QuantileNetwork(6, 5, hidden=16)
    reference.load_state_dict(experiment.serving().state_dict())
    optimizer = torch.optim.Adam(reference.parameters(), lr=experiment.config.learning_rate, eps=experiment.config.adam_eps)
    with torch.inference_mode():
        _, loss = experiment.gradient_step(frames, actions, target, torch.full((8,), 1 / 8))
    u = target[:, None] - reference.outputs(frames)[torch.arange(8), actions][:, :, None]
    huber = torch.nn.functional.huber_loss(u, torch.zeros_like(u), reduction="none")
    expected = (((torch.arange(5) + 0.5)[:, None] / 5 - (u < 0).float()).abs() * huber).mean(2).sum(1).mean()
    expected.backward()
    optimizer.step()
    assert float(loss) == pytest.approx(float(expected.detach()), rel=1e-5)
    for (name, mine), theirs in zip(experiment.serving().named_parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs.detach(), atol=2e-6, rtol=1e-4, msg=name)


def test_the_distribution_is_the_share_of_each_actions_quantiles_in_each_bin(experiment: QRDQN) -> None:
    while experiment.updates < 5:
        experiment.step()
    view = experiment.answer("distribution", experiment.serving(), {"bins": 8})
    assert list(view.series) == list(experiment.action_names)
    with torch.no_grad():
        quantiles = experiment.serving().outputs(torch.from_numpy(experiment.decisions.last.stacks[:1]))[0].numpy()  # type: ignore[operator, union-attr]
    middles, shares = view.series["FIRE"]
    assert len(middles) == 8
    assert shares.sum() == pytest.approx(1)
    assert (shares * 5).tolist() == pytest.approx(np.histogram(quantiles[1], bins=8, range=(quantiles.min(), quantiles.max()))[0].tolist())
    best = quantiles.mean(1).argmax()
    assert view.title == f"best action {experiment.action_names[best]}: mean {quantiles[best].mean():.3f}"
    experiment.close()


def test_quantiles_pass_into_every_view_of_dqn(experiment: QRDQN) -> None:
    while experiment.updates < 2:
        experiment.step()
    for name in experiment.views():
        experiment.answer(name, experiment.serving(), {})
    assert experiment.decisions.last.q.shape == (2, 6)  # type: ignore[union-attr]
    experiment.close()
