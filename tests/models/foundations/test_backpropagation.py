"""The worked example of the lectures comes out as printed there, and every network agrees with autograd."""

import itertools

import pytest
import torch

from models.foundations.activations import ACTIVATIONS
from models.foundations.backpropagation import BENDS, LAYERS, WEIGHTS, backpropagation, edges_of, nodes_of


def test_backpropagation_on_the_2_2_1_network() -> None:
    steps = backpropagation(LAYERS, (2, 3), (1,), WEIGHTS, 0.05)
    output = next(step.nodes["O"] for step in steps if "O" in step.nodes)
    assert round(output, 3) == 0.191
    assert round((1 - output) ** 2, 3) == 0.654
    slopes = {edge: round(slope, 2) for edge, slope in steps[-2].gradients.items()}
    assert slopes == {"H1O": -1.38, "H2O": -0.78, "I1H1": -0.45, "I2H1": -0.68, "I1H2": -0.49, "I2H2": -0.73}
    updated = {edge: round(weight, 2) for edge, weight in steps[-1].weights.items()}
    assert updated == {"H1O": 0.21, "H2O": 0.19, "I1H1": 0.13, "I2H1": 0.24, "I1H2": 0.14, "I2H2": 0.12}
    again = backpropagation(LAYERS, (2, 3), (1,), updated, 0.05)
    output = next(step.nodes["O"] for step in again if "O" in step.nodes)
    assert round(output, 3) == 0.327
    assert round((1 - round(output, 3)) ** 2, 3) == 0.453


@pytest.mark.parametrize(
    ("layers", "activation"), [(LAYERS, "linear"), ((1, 3, 2), "sigmoid"), ((2, 3, 2, 1), "tanh"), ((3, 2, 2, 2, 3), "relu")]
)
def test_its_gradients_are_autograds(layers: tuple[int, ...], activation: str) -> None:
    generator = torch.Generator().manual_seed(1)
    matrices = [torch.randn(b, a, generator=generator, dtype=torch.float64, requires_grad=True) for a, b in itertools.pairwise(layers)]
    inputs, targets = (torch.randn(n, generator=generator, dtype=torch.float64) for n in (layers[0], layers[-1]))
    h = inputs
    for i, matrix in enumerate(matrices):
        h = matrix @ h
        h = ACTIVATIONS[activation].f(h, 0.0) if i < len(matrices) - 1 else h
    (targets - h).square().sum().backward()  # type: ignore[no-untyped-call]
    flat = [value for matrix in matrices for value in matrix.flatten().tolist()]
    weights = dict(zip(edges_of(layers), flat, strict=True))
    step = backpropagation(layers, tuple(inputs.tolist()), tuple(targets.tolist()), weights, 0.05, activation)[-2]
    slopes = [value for matrix in matrices for value in matrix.grad.flatten().tolist()]  # type: ignore[union-attr]
    assert [step.gradients[edge] for edge in weights] == pytest.approx(slopes, abs=1e-12)


def test_nodes_and_edges_have_names_of_their_layers() -> None:
    assert nodes_of((2, 1, 2, 2)) == [["I1", "I2"], ["H1"], ["J1", "J2"], ["O1", "O2"]]
    assert list(edges_of((2, 1, 1))) == ["I1H1", "I2H1", "H1O"]


@pytest.mark.parametrize("name", BENDS)
def test_a_bend_and_its_slope_are_those_of_the_activations(name: str) -> None:
    f, slope = BENDS[name]
    one = ACTIVATIONS[name]
    for z in (-1.5, 0.3, 2.0):
        at = torch.tensor([z], dtype=torch.float64)
        assert (f(z), slope(z)) == pytest.approx((float(one.f(at, 0.0)[0]), float(one.derivative(at, 0.0)[0])))


def test_every_step_says_what_is_new_and_knows_what_came_before() -> None:
    steps = backpropagation((2, 3, 2), (2, 3), (1, 0), dict.fromkeys(edges_of((2, 3, 2)), 0.1), 0.05, "tanh")
    for before, after in itertools.pairwise(steps):
        assert set(before.nodes) <= set(after.nodes)
    assert all(set(step.new) <= {*step.nodes, *step.weights} for step in steps)
