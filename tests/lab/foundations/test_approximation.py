"""Universal approximation: parts add up, more units come closer, a drawn curve is met at its heights."""

from typing import Any

import numpy as np
import pytest
import torch

from lab.errors import UsageError
from lab.recipes.foundations.approximation import Approximation, frame_of, height
from lab.recipes.foundations.approximation_config import ApproximationConfig


def make(**fields: Any) -> Approximation:
    return Approximation(ApproximationConfig.parse(fields), torch.device("cpu"))


def test_the_parts_of_the_units_and_the_constant_add_up_to_the_curve() -> None:
    experiment = make(units=5)
    experiment.step()
    frame = frame_of(experiment)
    assert np.allclose(frame.parts.sum(0) + float(experiment.net.constant.detach()), frame.output, atol=1e-5)


def test_more_units_come_closer() -> None:
    errors = []
    for units in (1, 12):
        experiment = make(units=units, learning_rate=0.03)
        for _ in range(400):
            experiment.step()
        errors.append(experiment.evaluate()["loss"])
    assert errors[1] < 0.1 * errors[0]


def test_a_drawn_curve_is_met_at_its_heights_and_in_between() -> None:
    config = ApproximationConfig(curve="drawn", drawn="0 1 -1")
    assert height(config, torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0])).tolist() == pytest.approx([0, 0.5, 1, 0, -1])
    for text, reason in (("1", "two heights"), ("0 2", "between"), ("a b", "numbers")):
        with pytest.raises(UsageError, match=reason):
            make(curve="drawn", drawn=text)


def test_every_view_answers_and_can_be_drawn() -> None:
    for curve in ("sine", "steps", "bump", "saw"):
        experiment = make(units=1, curve=curve, batch_size=0)
        experiment.step()
        for name, spec in experiment.views().items():
            assert experiment.answer(name, experiment.serving(), spec.checked({})).picture().ndim == 3
