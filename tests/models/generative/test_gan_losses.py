import math

import pytest
import torch
from torch import Tensor

from models.generative.gan_losses import Loss, boundary, discriminator_loss, generator_loss, gradient_penalty, r1_penalty, threshold

REAL, FAKE = torch.tensor([math.log(3.0), 0.0]), torch.tensor([-math.log(3.0), 0.0])
"""Scores whose sigmoids are 3/4 and 1/2, and 1/4 and 1/2."""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("non-saturating", -(math.log(3 / 4) + math.log(1 / 2))),  # mean over the batch of -log D(x) - log(1 - D(G(z)))
        ("minimax", -(math.log(3 / 4) + math.log(1 / 2))),
        ("hinge", ((0 + 1) + (0 + 1)) / 2),  # log 3 > 1, so the first pair costs nothing
        ("lsgan", ((math.log(3) - 1) ** 2 + 1) / 2 + math.log(3) ** 2 / 2),
        ("wasserstein", -math.log(3)),
    ],
)
def test_discriminator_losses_by_hand(kind: Loss, expected: float) -> None:
    assert float(discriminator_loss(kind, REAL, FAKE)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("non-saturating", -(math.log(1 / 4) + math.log(1 / 2)) / 2),
        ("minimax", (math.log(3 / 4) + math.log(1 / 2)) / 2),  # log(1 - D(G(z)))
        ("hinge", math.log(3) / 2),
        ("lsgan", ((math.log(3) + 1) ** 2 + 1) / 2),
        ("wasserstein", math.log(3) / 2),
    ],
)
def test_generator_losses_by_hand(kind: Loss, expected: float) -> None:
    assert float(generator_loss(kind, FAKE)) == pytest.approx(expected, rel=1e-6)


def test_label_smoothing_is_cross_entropy_with_a_softer_target() -> None:
    d = torch.sigmoid(REAL)
    by_hand = -(0.9 * d.log() + 0.1 * (1 - d).log()).mean() - (1 - torch.sigmoid(FAKE)).log().mean()
    assert float(discriminator_loss("non-saturating", REAL, FAKE, smoothing=0.1)) == pytest.approx(float(by_hand), rel=1e-6)


def test_minimax_gives_g_almost_no_gradient_where_d_is_sure_and_non_saturating_does() -> None:
    slopes = {}
    for kind in ("minimax", "non-saturating"):
        score = torch.tensor([-20.0], requires_grad=True)
        generator_loss(kind, score).backward()
        slopes[kind] = abs(float(score.grad))  # type: ignore[arg-type]
    assert slopes["minimax"] < 1e-8
    assert slopes["non-saturating"] == pytest.approx(1, abs=1e-6)


def test_the_boundary_of_lsgan_lies_between_its_targets() -> None:
    assert boundary("lsgan") == 0.5
    assert boundary("hinge") == 0


def test_gradient_penalty_of_a_linear_critic_is_its_slope() -> None:
    weight = torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1)  # Its gradient has norm 5 everywhere.

    def critic(x: Tensor) -> Tensor:
        return (weight * x).flatten(1).sum(1)

    real, fake = torch.randn(6, 2, 1, 1), torch.randn(6, 2, 1, 1)
    assert float(gradient_penalty(critic, real, fake, torch.rand(6, 1, 1, 1))) == pytest.approx((5 - 1) ** 2, rel=1e-5)


def test_gradient_penalty_is_taken_between_real_and_fake_and_can_be_trained_through() -> None:
    a = torch.tensor(2.0, requires_grad=True)  # critic a * x^2 / 2, gradient a * x
    real, fake, share = torch.full((1, 1, 1, 1), 4.0), torch.zeros(1, 1, 1, 1), torch.full((1, 1, 1, 1), 0.25)
    penalty = gradient_penalty(lambda x: a * x.flatten(1).square().sum(1) / 2, real, fake, share)
    assert float(penalty.detach()) == pytest.approx((2 * 1 - 1) ** 2)  # at x^ = 1
    penalty.backward()
    assert float(a.grad) == pytest.approx(2 * (2 * 1 - 1) * 1)  # type: ignore[arg-type]


def test_r1_is_half_the_mean_squared_gradient_norm_at_real_images() -> None:
    real = torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1)
    penalty = r1_penalty(lambda x: x.flatten(1).square().sum(1), real)  # gradient 2x: norms 2 and 6
    assert float(penalty.detach()) == pytest.approx(0.5 * (4 + 36) / 2)


def test_the_relativistic_loss_compares_pairs_and_the_generators_is_its_mirror() -> None:
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([1.0, 0.0])
    assert float(discriminator_loss("relativistic", real, fake)) == pytest.approx((math.log(1 + math.exp(-1)) + math.log(2)) / 2)
    assert float(generator_loss("relativistic", fake, real)) == pytest.approx((math.log(1 + math.exp(1)) + math.log(2)) / 2)
    assert float(threshold("relativistic", real, fake)) == 0.75
    assert threshold("lsgan", real, fake) == 0.5
