"""The bookkeeping of `lab bench two`; how fast anything is, is no test's business."""

import pytest

from lab import bench_two


class Fake:
    """A training that comes 3 units further in each second in which nobody else trains, 2 otherwise."""

    def __init__(self, trains: list["Fake"]):
        self.trains = trains

    def resume(self, i: int) -> None:
        self.trains.append(self)

    def pause(self, i: int) -> None:
        self.trains.remove(self)


def test_a_share_is_the_work_of_both_over_the_mean_of_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    trains: list[Fake] = []
    monkeypatch.setattr(bench_two, "pace", lambda asked, seconds: sum((2.0 if len(trains) > 1 else 3.0) for _ in asked))
    one, other = Fake(trains), Fake(trains)
    shares, paces = bench_two.measured([(one, 0), (other, 1)], rounds=2, seconds=1.0)  # type: ignore[list-item]
    assert shares == [pytest.approx(4 / 3)] * 2
    assert paces == [3.0, 3.0]
    assert not trains
