"""Through many layers: what vanishes, explodes or saturates, against the formula and against an ordinary backward pass."""

from typing import Any

import pytest
import torch

from lab.recipes.foundations.activation_profile import profile
from lab.recipes.foundations.activations import Activations
from lab.recipes.foundations.activations_config import ActivationsConfig


def make(**fields: Any) -> Activations:
    return Activations(ActivationsConfig.parse(fields), torch.device("cpu"))


def test_gradients_vanish_through_sigmoids_and_pass_relus() -> None:
    assert make(activation="sigmoid").through().gradients[0] < 0.25**9 * 2
    assert 0.05 < make(activation="relu", initialisation="he").through().gradients[0] < 20


def test_activations_keep_their_size_with_he_shrink_with_small_weights_and_saturate_with_large_ones() -> None:
    kept = make(activation="relu", initialisation="he", depth=20).through().deviations
    assert 0.2 < kept[-1] / kept[0] < 5
    assert make(activation="tanh", initialisation="small").through().deviations[-1] < 1e-6
    saturated = make(activation="tanh", initialisation="large").through().dots[-1]
    assert (abs(saturated) > 0.99).mean() > 0.8


def test_gradients_are_those_of_backpropagation_through_the_loss() -> None:
    one = make(activation="tanh", depth=2, width=4)
    x, y = one.x[:8], one.y[:8]
    said, slopes = one.net.gradients(x, one.loss, y)
    error = (one.net(x).sigmoid() - y) / 8  # dL/do of the mean cross-entropy, (N,)
    last = error[:, None] * one.net.layers[2].weight  # (N, width)
    before = (last * (1 - said[1].square())) @ one.net.layers[1].weight
    assert torch.allclose(slopes[1], last, atol=1e-7)
    assert torch.allclose(slopes[0], before, atol=1e-7)


def test_it_learns() -> None:
    one = make(activation="relu", initialisation="he", depth=3, width=16, learning_rate=0.2)
    before = one.evaluate()["loss"]
    for _ in range(150):
        one.step()
    assert one.evaluate()["loss"] < 0.8 * before


def test_a_profile_has_the_notes_numbers() -> None:
    assert profile("sigmoid", 0).largest_slope == pytest.approx(0.25)
    assert profile("tanh", 0).largest_slope == pytest.approx(1.0)
    assert profile("leaky relu", 0.1, probe=-1.0).probe == (-1.0, pytest.approx(-0.1), pytest.approx(0.1))
