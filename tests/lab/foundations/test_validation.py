"""Splits, estimates and early stopping: what they promise, by counting and by an ordinary loop."""

import numpy as np
import pytest
import torch

from lab.recipes.foundations.splits import (
    METHODS,
    MOMENTS,
    VALIDATION,
    draw,
    early_stopping,
    error,
    fit,
    splits,
    terms,
)
from lab.recipes.foundations.validation import Validation
from lab.recipes.foundations.validation_config import ValidationConfig

LABELS = np.array([1.0] * 6 + [-1.0] * 24)


def made(method: str, **fields: object) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(splits(method, LABELS, ValidationConfig.parse(fields), np.random.default_rng(0)))


@pytest.mark.parametrize(("method", "count"), [("k-fold", 5), ("stratified", 5), ("leave one out", 30)])
def test_every_point_is_tested_once_and_never_trained_on_then(method: str, count: int) -> None:
    all_splits = made(method)
    assert len(all_splits) == count
    assert sorted(np.concatenate([test for _, test in all_splits]).tolist()) == list(range(30))
    assert all(not set(train) & set(test) and len(train) + len(test) == 30 for train, test in all_splits)


def test_stratified_folds_have_each_class_in_its_share() -> None:
    ones = [int((LABELS[test] > 0).sum()) for _, test in made("stratified", folds=3)]
    assert ones == [2, 2, 2]


def test_a_hold_out_keeps_its_share() -> None:
    ((train, test),) = made("hold-out", held_out=0.3)
    assert (len(train), len(test)) == (21, 9)
    assert not set(train) & set(test)


def test_a_bootstrap_draws_two_thirds_and_tests_on_the_rest() -> None:
    shares = [len(set(train.tolist())) / 30 for train, _ in made("bootstrap", draws=300)]
    assert np.mean(shares) == pytest.approx(1 - (1 - 1 / 30) ** 30, abs=0.01)
    assert all(not set(train) & set(test) for train, test in made("bootstrap"))


def test_terms_and_fit_by_hand() -> None:
    assert terms(np.array([[3.0, -1.5]]), 2)[0].tolist() == [1.0, -0.5, 0.25, 1.0, -0.5, 1.0]
    inputs = terms(np.array([[-1.0, 0.0], [1.0, 0.0], [2.0, 0.0]]), 1)
    w = fit(inputs, np.array([-1.0, 1.0, 1.0]))
    assert error(inputs, np.array([-1.0, 1.0, -1.0]), w) == pytest.approx(1 / 3)


def test_classes_have_the_wanted_share() -> None:
    points, t = draw(ValidationConfig(share=0.1), 60, 0)
    assert points.shape == (60, 2)
    assert (t > 0).sum() == 6


def test_leave_one_out_has_no_spread_and_the_hold_out_the_widest() -> None:
    validating = Validation(ValidationConfig(count=30, draws=5), torch.device("cpu"))
    for _ in range(25):
        validating.step()
    shown = validating.shown()
    spread = {method: float(values.std()) for method, values in shown.estimates.items()}
    assert set(spread) == set(METHODS)
    assert spread["leave one out"] == 0.0
    assert spread["hold-out"] == max(spread.values())
    assert shown.estimates["leave one out"][0] == pytest.approx(shown.truths[0], abs=0.15)


def test_new_points_have_truths_of_their_own() -> None:
    validating = Validation(ValidationConfig(count=20, draws=2, fresh=True), torch.device("cpu"))
    validating.step()
    validating.step()
    assert len(set(validating.truths.tolist())) > 1


def test_early_stopping_is_gradient_descent() -> None:
    points, t = draw(ValidationConfig(), 40, 1)
    inputs = terms(points, 3)
    stopping = early_stopping(inputs, t, np.random.default_rng(2))
    order = np.random.default_rng(2).permutation(40)
    kept = round(VALIDATION * 40)
    test, train = order[:kept], order[kept:]
    rate = 1 / np.linalg.eigvalsh(inputs[train].T @ inputs[train] / len(train)).max()
    w = np.zeros(inputs.shape[1])
    for step in range(1, 51):
        w -= rate * inputs[train].T @ (inputs[train] @ w - t[train]) / len(train)
        at = np.flatnonzero(step == MOMENTS)
        if len(at):
            assert stopping.validation[at[0]] == pytest.approx(((inputs[test] @ w - t[test]) ** 2).mean())
    assert (np.diff(stopping.train) <= 1e-12).all()
    assert stopping.best in MOMENTS
