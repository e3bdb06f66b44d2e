import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.seeding import seeded


def network() -> list[Tensor]:
    parts = (nn.Conv2d(3, 4, 3), nn.Linear(4, 5), nn.LSTM(3, 4), nn.MultiheadAttention(8, 2), nn.Embedding(7, 8), nn.BatchNorm2d(3))
    return [parameter.detach() for part in parts for parameter in part.parameters()]


DRAWS: dict[str, Callable[[], Tensor]] = {
    "rand": lambda: torch.rand(3), "randn": lambda: torch.randn(3), "randn_like": lambda: torch.randn_like(torch.ones(3)),
    "randint": lambda: torch.randint(9, (5,)), "randint from": lambda: torch.randint(3, 9, (5,)), "randperm": lambda: torch.randperm(9),
    "normal": lambda: torch.normal(torch.zeros(3), torch.ones(3)), "bernoulli": lambda: torch.bernoulli(torch.full((20,), 0.5)),
    "multinomial": lambda: torch.multinomial(torch.ones(9), 4), "dropout": lambda: F.dropout(torch.ones(20)),
    "exponential_": lambda: torch.empty(3).exponential_(), "orthogonal_": lambda: nn.init.orthogonal_(torch.empty(4, 4)),
    "trunc_normal_": lambda: nn.init.trunc_normal_(torch.empty(9)), "sparse_": lambda: nn.init.sparse_(torch.empty(5, 5), 0.4),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWS)
def test_every_kind_of_draw_equals_that_after_manual_seed_and_leaves_the_global_generator_alone(name: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = [DRAWS[name](), DRAWS[name]()]
    before = torch.get_rng_state()
    with seeded(5):
        drawn = [DRAWS[name](), DRAWS[name]()]
    assert all(torch.equal(a, b) for a, b in zip(drawn, expected, strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_equal_those_after_manual_seed() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        expected = network()
    with seeded(7):
        weights = network()
    assert all(torch.equal(a, b) for a, b in zip(weights, expected, strict=True))


def test_a_draw_that_names_a_generator_keeps_it() -> None:
    own = torch.Generator().manual_seed(1)
    expected = torch.randn(3, generator=torch.Generator().manual_seed(1))
    with seeded(2) as generator:
        assert torch.equal(torch.randn(3, generator=own), expected)
        assert torch.equal(generator.get_state(), torch.Generator().manual_seed(2).get_state())


def test_networks_built_in_turns_by_two_threads_are_those_of_one_alone() -> None:
    with seeded(3):
        expected = [torch.randn(2) for _ in range(20)]
    turn = threading.Barrier(2, timeout=30)
    drawn: dict[int, list[Tensor]] = {}

    def build(seed: int) -> None:
        with seeded(seed):
            drawn[seed] = []
            for _ in range(20):
                turn.wait()  # Each draw falls between two of the other thread's.
                drawn[seed].append(torch.randn(2))

    threads = [threading.Thread(target=build, args=(seed,)) for seed in (3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(a, b) for a, b in zip(drawn[3], expected, strict=True))
    assert not torch.equal(drawn[4][0], expected[0])
