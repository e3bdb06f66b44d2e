import numpy as np
import pytest

from lab.time_lapse import FRAMES, TimeLapse


def lapse(steps: int, every: int, keep_first: bool) -> TimeLapse:
    made = TimeLapse(every, keep_first)
    for step in range(1, steps + 1):
        if made.is_due(step):
            made.add(step, np.full((1, 1), step % 256, np.uint8))
    return made


def test_pictures_are_kept_every_few_steps_and_the_first_where_it_is_wanted() -> None:
    assert lapse(35, 10, True).steps == [1, 10, 20, 30]
    assert lapse(5, 2, False).steps == [2, 4]


@pytest.mark.parametrize("keep_first", [True, False])
def test_the_interval_doubles_when_there_are_too_many(keep_first: bool) -> None:
    made = lapse(FRAMES + 10, 1, keep_first)
    assert made.every == 2
    assert made.steps == [*([1] if keep_first else []), *range(2, FRAMES + 11, 2)]
    assert len(made) < FRAMES


def test_an_index_beyond_the_ends_gives_the_first_or_the_last() -> None:
    made = lapse(30, 10, True)
    assert [made.at(index)[0] for index in (-1, -9, 0, 2, 99)] == [30, 1, 1, 20, 30]
