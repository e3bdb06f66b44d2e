"""The restricted Boltzmann machine against brute force over all its states, and the map's rule by hand."""

import itertools

import pytest
import torch

from models.foundations.rbm import RBM, DeepBelief, every_state
from models.foundations.som import SelfOrganisingMap


@pytest.fixture
def machine() -> RBM:
    """4 x 4 units."""
    generator = torch.Generator().manual_seed(0)
    made = RBM(4, 4)
    for part in (made.w, made.a, made.b):
        part.copy_(torch.randn(part.shape, generator=generator))
    return made


def brute(machine: RBM) -> tuple[float, dict[tuple[float, ...], float]]:
    """Z and the unnormalised probability of each v, by hand over all 256 states."""
    w, a, b = machine.w.tolist(), machine.a.tolist(), machine.b.tolist()
    total, of_v = 0.0, {}
    for v in itertools.product([0.0, 1.0], repeat=4):
        for h in itertools.product([0.0, 1.0], repeat=4):
            minus = sum(x * y for x, y in zip(a, v, strict=True)) + sum(x * y for x, y in zip(b, h, strict=True))
            minus += sum(v[i] * w[i][j] * h[j] for i in range(4) for j in range(4))
            weight = 2.718281828459045**minus
            total += weight
            of_v[v] = of_v.get(v, 0.0) + weight
    return total, of_v


def test_the_partition_function_is_that_of_brute_force(machine: RBM) -> None:
    assert float(machine.log_partition().exp()) == pytest.approx(brute(machine)[0], rel=1e-4)
    wide = RBM(5, 3)
    assert float(wide.log_partition().exp()) == pytest.approx(
        sum(float((-wide.energy(v.expand(8, 5), every_state(3))).exp().sum()) for v in every_state(5)), rel=1e-4
    )


def test_the_free_energy_sums_over_the_hidden_states(machine: RBM) -> None:
    _, of_v = brute(machine)
    weights = (-machine.free_energy(every_state(4))).exp()
    assert weights.tolist() == pytest.approx(list(of_v.values()), rel=1e-4)


def test_hidden_units_are_on_as_often_as_the_energies_say(machine: RBM) -> None:
    v, states = torch.tensor([[1.0, 0.0, 1.0, 1.0]]), every_state(4)
    weights = (-machine.energy(v.expand(16, 4), states)).softmax(0)
    assert machine.hidden_given(v)[0].tolist() == pytest.approx((weights[:, None] * states).sum(0).tolist(), rel=1e-4)


def test_contrastive_divergence_makes_the_data_likelier() -> None:
    generator, made = torch.Generator().manual_seed(0), RBM(4, 4)
    data = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]).repeat(8, 1)

    def likelihood() -> float:
        return float((-made.free_energy(data) - made.log_partition()).mean())

    before = likelihood()
    for _ in range(400):
        made.contrastive_divergence(data, 0.1, 1, 0.0, generator)
    assert before == pytest.approx(-4 * 0.6931, abs=0.3)
    assert likelihood() > -1.6  # Two states of equal probability have -0.69.


def test_a_stack_goes_up_and_down_through_its_machines() -> None:
    net = DeepBelief([6, 5, 3])
    v = torch.rand(2, 6)
    up = net.up(v, 1)
    assert torch.equal(up, net.machine(0).hidden_given(v))
    assert torch.equal(net.down(up, 1), net.machine(0).visible_given(up))
    assert net.machine(1).w.shape == (5, 3)


def test_the_winner_and_its_neighbours_move_by_the_rule() -> None:
    net = SelfOrganisingMap(1, 3, 1)
    net.units.copy_(torch.tensor([[[0.0], [1.0], [2.0]]]))
    assert net.pull(torch.tensor([0.2]), 0.5, 1.0) == (0, 0)
    expected = [0.1, 1 + 0.5 * 2.718281828 ** (-0.5) * -0.8, 2 + 0.5 * 2.718281828 ** (-2.0) * -1.8]
    assert net.units.flatten().tolist() == pytest.approx(expected)


def test_a_fold_is_where_the_two_nearest_units_are_no_neighbours() -> None:
    net = SelfOrganisingMap(1, 3, 1)
    net.units.copy_(torch.tensor([[[0.0], [5.0], [1.0]]]))
    assert net.errors(torch.tensor([[0.1], [4.0]])) == (pytest.approx(0.55), 0.5)
