import logging

import pytest
import torch

from lab.recipes.generative.diagnosis import CHECK_EVERY, Diagnosis, spread


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


def told(*accuracies: float) -> list[set[str]]:
    """The signs told after each step of a D of these accuracies, on real and generated images alike."""
    diagnosis, signs = Diagnosis(torch.device("cpu")), []
    for accuracy in accuracies:
        diagnosis.see(d_accuracy=torch.tensor(accuracy), d_fake_accuracy=torch.tensor(accuracy))
        signs.append(set(diagnosis.warnings()))
    return signs


def test_a_d_that_is_ahead_at_the_beginning_has_not_won() -> None:
    assert not any(told(*[1.0] * 200, *[0.75] * 800))


def test_a_d_that_is_ahead_or_behind_for_some_dozen_steps_has_neither_won_nor_lost() -> None:
    assert not any(told(*[0.75] * 600, *[1.0] * 100, *[0.75] * 300, *[0.4] * 100))


def test_a_d_that_has_won_for_long_is_told_of_until_it_has_not() -> None:
    signs = told(*[1.0] * CHECK_EVERY, *[0.75] * 100)
    assert not any(signs[: CHECK_EVERY - 1])
    assert signs[CHECK_EVERY - 1] == {"dead_d"}
    assert not signs[-1]


def test_a_d_that_guesses_for_long_is_told_of() -> None:
    signs = told(*[0.8] * 200, *[0.5] * 3000)
    assert not any(signs[:1000])
    assert signs[-1] == {"weak_d"}


def test_an_average_begins_as_the_plain_mean() -> None:
    diagnosis = Diagnosis(torch.device("cpu"))
    for value in (9.0, 1.0, 2.0):
        diagnosis.see(d_accuracy=torch.tensor(value), kl=torch.tensor(value))
    assert diagnosis.read() == {"d_accuracy": pytest.approx(4), "kl": pytest.approx(4)}


def test_a_state_of_an_older_run_is_read() -> None:
    diagnosis = Diagnosis(torch.device("cpu"))
    diagnosis.restore({"averages": {"d_accuracy": torch.tensor(1.0), "d_fake_accuracy": torch.tensor(1.0)}, "seen": 700})
    assert set(diagnosis.warnings()) == {"dead_d"}


def test_a_warning_is_logged_when_it_appears_and_not_again(caplog: pytest.LogCaptureFixture) -> None:
    diagnosis = Diagnosis(torch.device("cpu"))
    with caplog.at_level(logging.WARNING, logger="lab.recipes"):
        for warnings in ({"collapse": "A"}, {"collapse": "A"}, {}, {"collapse": "A"}):
            diagnosis.tell(warnings, 7)
    assert [record.getMessage() for record in caplog.records] == ["step 7: A", "step 7: A"]


def test_the_spread_of_equal_images_is_zero() -> None:
    assert float(spread(torch.ones(4, 1, 2, 2))) == 0
    assert float(spread(torch.tensor([[0.0], [3.0]]))) == 3
