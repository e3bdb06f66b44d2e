from itertools import chain

import pytest
import torch

from lab.epochs import EpochOrder


def order(**settings) -> EpochOrder:
    return EpochOrder(torch.Generator().manual_seed(0), **settings)


def epochs(made: EpochOrder, size: int, count: int, batches: int) -> list[list[int]]:
    return [made.take(size, count).tolist() for _ in range(batches)]


def test_each_row_comes_once_an_epoch_and_what_makes_no_whole_batch_is_dropped() -> None:
    batches = epochs(order(), 3, 7, 4)
    assert [len(batch) for batch in batches] == [3, 3, 3, 3]
    assert len({*batches[0], *batches[1]}) == 6


def test_with_partial_batches_an_epoch_has_every_row() -> None:
    batches = epochs(order(partial=True), 3, 7, 6)
    assert [len(batch) for batch in batches] == [3, 3, 1, 3, 3, 1]
    assert sorted(chain(*batches[:3])) == sorted(chain(*batches[3:])) == list(range(7))


def test_a_rest_of_fewer_than_the_least_is_dropped() -> None:
    assert [len(batch) for batch in epochs(order(partial=True, least=2), 3, 7, 3)] == [3, 3, 3]


@pytest.mark.parametrize("settings", [{}, {"partial": True}, {"partial": True, "least": 2}])
def test_a_batch_larger_than_the_data_is_all_of_them(settings) -> None:
    assert [sorted(batch) for batch in epochs(order(**settings), 10, 4, 3)] == [[0, 1, 2, 3]] * 3


def test_one_row_and_batches_of_one() -> None:
    assert epochs(order(partial=True, least=2), 1, 1, 3) == [[0], [0], [0]]
    assert sorted(chain(*epochs(order(partial=True, least=2), 1, 3, 3))) == [0, 1, 2]


def test_it_goes_on_from_a_stored_state() -> None:
    one, other = order(), EpochOrder(torch.Generator().manual_seed(9))
    one.take(3, 7)
    other.restore(one.state())
    assert epochs(one, 3, 7, 5) == epochs(other, 3, 7, 5)
