"""An MLP and a CNN on shifted and permuted digits."""

import numpy as np
import pytest
import torch

from lab.recipes.vision.mlp_and_cnn import MLPAndCNN


@pytest.fixture(scope="module")
def pairs() -> dict[bool, MLPAndCNN]:
    return {permuted: MLPAndCNN(permuted, steps=150) for permuted in (False, True)}


def test_a_shift_confuses_the_mlp_more_than_the_cnn(pairs: dict[bool, MLPAndCNN]) -> None:
    centred, shifted = (pairs[False].answers(0, *shift).accuracy for shift in ((0, 0), (2, 1)))
    assert min(centred.values()) > 0.8
    assert shifted["MLP"] < 0.3
    assert shifted["CNN"] > shifted["MLP"] + 0.2


def test_permuted_pixels_cost_the_cnn_more(pairs: dict[bool, MLPAndCNN]) -> None:
    plain, permuted = (pairs[permuted].answers(0).accuracy for permuted in (False, True))
    assert permuted["MLP"] > plain["MLP"] - 0.04
    assert permuted["CNN"] < plain["CNN"] - 0.04


def test_the_cnn_hardly_sees_a_shift_by_whole_steps_of_its_pooling(pairs: dict[bool, MLPAndCNN]) -> None:
    centred, shifted = pairs[False].answers(7), pairs[False].answers(7, 2, -2)
    change = {name: float(np.abs(centred.probabilities[name] - shifted.probabilities[name]).max()) for name in ("MLP", "CNN")}
    assert change["CNN"] < 0.03  # What is left comes from the border.
    assert change["MLP"] > 0.1


def test_pixels_that_leave_do_not_come_back_at_the_other_side(pairs: dict[bool, MLPAndCNN]) -> None:
    images = torch.ones(1, 1, 16, 16)
    moved = pairs[False].moved(images, 3, -2)[0, 0]
    assert moved[:, :3].sum() == moved[-2:].sum() == 0
    assert moved[:-2, 3:].min() == 1
