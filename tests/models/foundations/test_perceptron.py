"""One neuron: its update by hand, and the perceptron's bound on its mistakes."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.foundations.perceptron import (
    Neurons,
    extended,
    hebbian_update,
    hinge_update,
    logistic_update,
    mcculloch_pitts,
    perceptron_loss,
)


@pytest.mark.parametrize(("bias", "table"), [(-1.5, [0, 0, 0, 1]), (-0.5, [0, 1, 1, 1])])
def test_a_mcculloch_pitts_unit_is_and_or_or_by_its_threshold(bias: float, table: list[int]) -> None:
    inputs = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    assert [mcculloch_pitts(torch.ones(2), torch.tensor(pair), bias) for pair in inputs] == table


def test_an_update_is_eta_x_t_and_only_where_wrong() -> None:
    w, x = torch.tensor([0.5, -1.0, 0.0]), torch.tensor([1.0, 2.0, 3.0])
    assert hebbian_update(w, x, torch.tensor(1.0), 0.1)  # .5 - 2 is on the wrong side.
    assert w.tolist() == pytest.approx([0.6, -0.8, 0.3])
    assert not hebbian_update(w, x, torch.tensor(-1.0), 0.1)  # .6 - 1.6 + .9 = -.1
    assert w.tolist() == pytest.approx([0.6, -0.8, 0.3])


def test_the_logistic_neuron_learns_from_points_that_are_right_too() -> None:
    w, x = torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.0])
    assert not logistic_update(w, x, torch.tensor(1.0), 1.0)
    assert float(w[0]) == pytest.approx(1 + 1 / (1 + math.e))


def test_the_hinge_learns_within_its_margin_alone() -> None:
    near, far, x = torch.tensor([0.9]), torch.tensor([1.1]), torch.tensor([1.0])
    for w in (near, far):
        assert not hinge_update(w, x, torch.tensor(1.0), 0.5)
    assert (float(near), float(far)) == (pytest.approx(1.4), pytest.approx(1.1))


def test_d_is_the_sum_over_the_misclassified_points() -> None:
    x, t = extended(torch.tensor([[1.0, 0.0], [-2.0, 0.0], [3.0, 0.0]])), torch.tensor([1.0, 1.0, -1.0])
    w = torch.tensor([0.0, 1.0, 0.0])  # Right, wrong by 2, wrong by 3.
    assert float(perceptron_loss(w, x, t)) == pytest.approx(5.0)
    net = Neurons()
    net.weight.copy_(w.expand(3, 3))
    assert net(torch.tensor([[1.0, 0.0]])).tolist() == [[1.0, 1.0, 1.0]]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(4, 40), gap=st.floats(0.05, 1.0))
def test_on_separable_points_there_are_at_most_r_over_gamma_squared_mistakes(seed: int, count: int, gap: float) -> None:
    """Novikoff 1962: from weights of 0, in any order."""
    generator = torch.Generator().manual_seed(seed)
    best = torch.randn(3, generator=generator, dtype=torch.float64)
    best /= best.norm()
    x = extended(torch.randn(400, 2, generator=generator, dtype=torch.float64))
    x = x[(x @ best).abs() > gap * 0.5][:count]
    if len(x) < 2:
        return
    t = (x @ best).sign()
    bound = (float(x.norm(dim=1).max()) / float((t * (x @ best)).min())) ** 2
    w, mistakes = torch.zeros(3, dtype=torch.float64), 0
    while True:
        wrong = sum(hebbian_update(w, point, label, 1.0) for point, label in zip(x, t, strict=True))
        mistakes += wrong
        assert mistakes <= bound + 1e-9
        if not wrong:
            break
    assert bool((t * (x @ w) > 0).all())
