import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.sum_tree import SumTree


def test_hand_worked_tree_of_four() -> None:
    tree = SumTree(4)
    tree.set(np.array([0, 1, 2, 3]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert tree.nodes.tolist() == [10, 3, 7, 1, 2, 3, 4]
    assert tree.draw(np.array([0.0, 0.99, 1.0, 2.99, 3.0, 5.99, 6.0, 9.99])).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_of_a_repeated_index_the_last_priority_stays() -> None:
    tree = SumTree(3)
    tree.set(np.array([1, 1, 1]), np.array([5.0, 6.0, 7.0]))
    assert tree.leaves.tolist() == [0, 7, 0]
    assert tree.total == 7


def test_an_empty_tree_refuses_to_draw() -> None:
    with pytest.raises(ValueError, match=r"empty"):
        SumTree(4).draw(np.zeros(1))


def test_a_mass_equal_to_the_total_draws_the_last_leaf_above_zero() -> None:
    tree = SumTree(6)
    tree.set(np.array([1, 3]), np.array([0.1, 0.2]))
    assert tree.draw(np.array([tree.total])).tolist() == [3]


def test_draws_are_proportional_to_priorities() -> None:
    tree = SumTree(5)
    priorities = np.array([1.0, 0.0, 2.0, 3.0, 4.0])
    tree.fill(priorities)
    mass = (np.arange(10_000) + 0.5) / 10_000 * tree.total
    share = np.bincount(tree.draw(mass), minlength=5) / 10_000
    np.testing.assert_allclose(share, priorities / priorities.sum(), atol=1e-3)


def test_fill_equals_setting_each() -> None:
    priorities = np.random.default_rng(0).random(37)
    one, other = SumTree(37), SumTree(37)
    one.fill(priorities)
    other.set(np.arange(37), priorities)
    assert np.array_equal(one.nodes, other.nodes)


writes = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 1000)), max_size=40)


@given(size=st.integers(1, 33), writes=writes, masses=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_tree_agrees_with_a_list(size: int, writes: list[tuple[int, int]], masses: list[float]) -> None:
    tree, naive = SumTree(size), [0] * size
    for index, priority in writes:
        tree.set(np.array([index % size]), np.array([priority]))
        naive[index % size] = priority
    assert tree.leaves.tolist() == naive
    assert tree.total == sum(naive)
    if sum(naive) == 0:
        return
    for mass in masses:
        wanted = mass * sum(naive)
        expected = next(i for i in range(size) if sum(naive[: i + 1]) > wanted)
        assert tree.draw(np.array([wanted])).tolist() == [expected]
