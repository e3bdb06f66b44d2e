"""The worked example of the lectures comes out as printed there, and agrees with autograd."""

import itertools

import pytest
import torch
from torch.nn import functional as F

from models.foundations.backpropagation import WEIGHTS, backpropagation


def test_backpropagation_on_the_2_2_1_network() -> None:
    steps = backpropagation((2, 3), 1, WEIGHTS, 0.05)
    output = next(step.nodes["O"] for step in steps if "O" in step.nodes)
    assert round(output, 3) == 0.191
    assert round((1 - output) ** 2, 3) == 0.654
    updated = {edge: round(weight, 2) for edge, weight in steps[-1].weights.items()}
    assert updated == {"H1O": 0.21, "H2O": 0.19, "I1H1": 0.13, "I2H1": 0.24, "I1H2": 0.14, "I2H2": 0.12}
    again = backpropagation((2, 3), 1, updated, 0.05)
    output = next(step.nodes["O"] for step in again if "O" in step.nodes)
    assert round(output, 3) == 0.327
    assert round((1 - round(output, 3)) ** 2, 3) == 0.453


def test_its_gradients_are_autograds() -> None:
    first = torch.tensor([[0.11, 0.21], [0.12, 0.08]], requires_grad=True)  # (hidden, inputs)
    second = torch.tensor([[0.14, 0.15]], requires_grad=True)
    output = F.linear(F.linear(torch.tensor([[2.0, 3.0]]), first), second)
    (1 - output).square().sum().backward()
    gradients = backpropagation((2, 3), 1, WEIGHTS, 0.05)[-2].gradients
    values = [gradients[edge] for edge in ("I1H1", "I2H1", "I1H2", "I2H2", "H1O", "H2O")]
    assert values == pytest.approx([*first.grad.flatten().tolist(), *second.grad.flatten().tolist()], abs=1e-5)


def test_every_step_says_what_is_new_and_knows_what_came_before() -> None:
    steps = backpropagation((2, 3), 1, WEIGHTS, 0.05)
    for before, after in itertools.pairwise(steps):
        assert set(before.nodes) <= set(after.nodes)
    assert all(set(step.new) <= {*step.nodes, *step.weights} for step in steps)
