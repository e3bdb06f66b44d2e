"""The activation functions: each derivative against autograd, and the notes' maxima and identities."""

import pytest
import torch

from models.foundations.activations import ACTIVATIONS, RANDOM_SLOPES
from models.foundations.point_network import INITIALISATIONS, INPUTS, Layer, PointNetwork, features, initialise

PLACES = torch.linspace(-4, 4, 200, dtype=torch.float64)  # Not at 0, where some have no derivative.


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_derivative_is_that_of_its_function(name: str) -> None:
    one = ACTIVATIONS[name]
    x = PLACES.clone().requires_grad_()
    value = one.f(x, one.a)
    slope = torch.autograd.grad(value.sum(), x)[0] if value.requires_grad else torch.zeros_like(x)
    assert torch.allclose(one.derivative(PLACES, one.a), slope)


def test_the_largest_slopes_of_sigmoid_and_tanh_are_a_quarter_and_one() -> None:
    x = torch.linspace(-6, 6, 1201, dtype=torch.float64)
    assert float(ACTIVATIONS["sigmoid"].derivative(x, 0).max()) == pytest.approx(0.25)
    assert float(ACTIVATIONS["tanh"].derivative(x, 0).max()) == pytest.approx(1.0)


def test_tanh_is_a_sigmoid_of_twice_as_much() -> None:
    assert torch.allclose(ACTIVATIONS["tanh"].f(PLACES, 0), 2 * ACTIVATIONS["sigmoid"].f(2 * PLACES, 0) - 1)


def test_the_derivative_of_softplus_is_the_sigmoid() -> None:
    assert torch.equal(ACTIVATIONS["softplus"].derivative(PLACES, 0), ACTIVATIONS["sigmoid"].f(PLACES, 0))


def test_the_slopes_of_the_leaky_ones_are_those_of_the_notes() -> None:
    x = torch.tensor([-2.0])
    assert float(ACTIVATIONS["leaky relu"].f(x, 0.01)) == pytest.approx(-0.02)
    assert float(ACTIVATIONS["leaky relu"].f(x, 0.1)) == pytest.approx(-0.2)
    assert ACTIVATIONS["randomised relu"].a == pytest.approx((1 / 8 + 1 / 3) / 2)


def test_a_randomised_slope_is_drawn_in_training_and_is_the_mean_in_use() -> None:
    layer = Layer(1, 500, "randomised relu")
    layer.dropout.generator = torch.Generator().manual_seed(0)
    z = -torch.ones(1, 500)
    slopes = -layer.activate(z)
    assert float(slopes.min()) >= RANDOM_SLOPES[0]
    assert float(slopes.max()) <= RANDOM_SLOPES[1]
    assert float(slopes.std()) > 0.04
    layer.eval()
    assert torch.allclose(-layer.activate(z), torch.tensor(sum(RANDOM_SLOPES) / 2))


def test_a_network_by_hand() -> None:
    """relu(1 - 2 + .5) = 0 and relu(1 + 2 - 1) = 2, so 3 * 0 - 2 + .25."""
    net = PointNetwork(["x", "y"], [(2, "relu")])
    with torch.no_grad():
        net.hidden[0].linear.weight.copy_(torch.tensor([[1.0, -1.0], [1.0, 1.0]]))
        net.hidden[0].linear.bias.copy_(torch.tensor([0.5, -1.0]))
        net.output.weight.copy_(torch.tensor([[3.0, -1.0]]))
        net.output.bias.fill_(0.25)
        assert net(torch.tensor([[1.0, 2.0]])).tolist() == [pytest.approx(-1.75)]
        said = net.activations(torch.tensor([[1.0, 2.0]]))
    assert [layer.tolist() for layer in said] == [[[1.0, 2.0]], [[0.0, 2.0]], [[pytest.approx(-1.75)]]]


def test_the_absolute_value_of_one_unit_solves_xor() -> None:
    net = PointNetwork(["x", "y"], [(1, "absolute value")])
    with torch.no_grad():
        net.hidden[0].linear.weight.copy_(torch.tensor([[1.0, 1.0]]))
        net.output.weight.fill_(-1.0)
        net.output.bias.fill_(1.0)
        corners = torch.tensor([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])
        assert (net(corners) > 0).tolist() == [False, False, True, True]


def test_inputs_are_what_their_names_say() -> None:
    made = features(torch.tensor([[2.0, -1.0]], dtype=torch.float64), list(INPUTS))
    assert made[0].tolist() == pytest.approx([2.0, -1.0, 2.0, 0.5, -1.0, -0.7568025, -0.9092974])


@pytest.mark.parametrize(
    ("how", "deviation"), [("xavier", (2 / 300) ** 0.5), ("he", 0.1), ("1/n", 0.005**0.5), ("small", 0.01), ("large", 3.0), ("zeros", 0.0)]
)
def test_weights_have_the_deviation_of_their_initialisation(how: str, deviation: float) -> None:
    assert how in INITIALISATIONS
    linear = torch.nn.Linear(200, 100)
    torch.manual_seed(0)
    initialise(linear, how)
    assert float(linear.weight.detach().std()) == pytest.approx(deviation, rel=0.03)
    assert not linear.bias.any()
