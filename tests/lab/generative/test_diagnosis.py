import logging

import pytest
import torch

from lab.recipes.generative.diagnosis import Diagnosis, spread


def seen(steps: int = 500, **values: float) -> Diagnosis:
    diagnosis = Diagnosis(torch.device("cpu"))
    for _ in range(steps):
        diagnosis.see(**{name: torch.tensor(value) for name, value in values.items()})
    return diagnosis


@pytest.mark.parametrize(
    ("values", "diversity", "sign"),
    [
        ({"d_accuracy": 1.0, "d_fake_accuracy": 1.0}, 1.0, "dead_d"),
        ({"d_accuracy": 0.5, "d_fake_accuracy": 0.4}, 1.0, "weak_d"),
        ({"d_loss": 1.0, "d_accuracy": 0.8, "d_fake_accuracy": 0.8}, 0.2, "collapse"),
        ({"d_accuracy": 0.8, "d_fake_accuracy": 0.8, "g_gradient": 1e-9}, 1.0, "no_gradient"),
        ({"kl": 0.01}, 1.0, "posterior_collapse"),
        ({"code_deviation": 1e-5}, 1.0, "dead_code"),
        ({"kl": float("nan")}, 1.0, "not_finite"),
    ],
)
def test_a_sign_of_trouble_is_told_with_what_to_try(values: dict[str, float], diversity: float, sign: str) -> None:
    warnings = seen(**values).warnings(diversity)
    assert list(warnings) == [sign]
    assert "ry a" in warnings[sign] or "Try" in warnings[sign] or "Lower" in warnings[sign]


def test_a_healthy_training_is_left_in_peace() -> None:
    assert not seen(d_accuracy=0.75, d_fake_accuracy=0.75, g_gradient=0.3, kl=15.0).warnings(0.9)


def test_samples_of_a_vae_that_are_alike_are_no_mode_collapse() -> None:
    assert not seen(kl=2.0, reconstruction=100.0).warnings(0.1)


def test_the_first_steps_are_left_in_peace() -> None:
    assert not seen(steps=20, d_accuracy=1.0, d_fake_accuracy=1.0).warnings(0.1)


def test_a_warning_is_logged_when_it_appears_and_not_again(caplog: pytest.LogCaptureFixture) -> None:
    diagnosis = Diagnosis(torch.device("cpu"))
    with caplog.at_level(logging.WARNING, logger="lab.recipes"):
        for warnings in ({"collapse": "A"}, {"collapse": "A"}, {}, {"collapse": "A"}):
            diagnosis.tell(warnings, 7)
    assert [record.getMessage() for record in caplog.records] == ["step 7: A", "step 7: A"]


def test_the_spread_of_equal_images_is_zero() -> None:
    assert float(spread(torch.ones(4, 1, 2, 2))) == 0
    assert float(spread(torch.tensor([[0.0], [3.0]]))) == 3
