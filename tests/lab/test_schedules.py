import math

import pytest

from lab import schedules


def test_warmup_rises_linearly_and_stays() -> None:
    assert [schedules.warmup(step, 4) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert schedules.warmup(0, 0) == 1


@pytest.mark.parametrize(
    ("kind", "shares"),
    [("constant", [1, 1, 1, 1, 1]), ("linear", [1, 0.75, 0.5, 0.25, 0]), ("step", [1, 1, 0.1, 0.01, 0.01]), ("cosine", [1, 0.5 + 0.25 * math.sqrt(2), 0.5, 0.5 - 0.25 * math.sqrt(2), 0])],
)  # fmt: skip
def test_a_decay_at_each_quarter_of_its_steps(kind: str, shares: list[float]) -> None:
    assert [schedules.decay(kind, step, 100) for step in (0, 25, 50, 75, 100)] == pytest.approx(shares)
    assert schedules.decay(kind, 1_000, 100) == pytest.approx(shares[-1])


def test_constant_then_linear() -> None:
    assert [schedules.constant_then_linear(step, 2, 4) for step in range(8)] == [1, 1, 1, 0.75, 0.5, 0.25, 0, 0]
    assert schedules.constant_then_linear(99, 2, 0) == 1


def test_warmup_cosine_by_hand() -> None:
    rates = [schedules.warmup_cosine(step, 1.0, 3, 13, 0.1) for step in (0, 2, 3, 8, 13, 50)]
    assert rates == pytest.approx([0.25, 0.75, 1.0, 0.55, 0.1, 0.1])
