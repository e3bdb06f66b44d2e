"""Stateful parts: what is copied, what comes back, and what a state of another device does."""

import logging
from collections import deque
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lab import checkpoint
from lab.state import Attribute, attributes, restore, state_of


class Owner:
    def __init__(self) -> None:
        self.count, self.pair = 3, (torch.ones(2), torch.zeros(1))
        self.history: list[list[float]] = [[1.0, 2.0]]
        self.recent = deque([torch.ones(1)], maxlen=4)
        self.nothing: Any = None


def through_disk(state: Any, folder: Any) -> Any:
    return checkpoint.read(checkpoint.write(folder, 1, {"state": state}, {}))["state"]


def test_attributes_come_back_as_the_kind_they_are_and_share_nothing(tmp_path) -> None:
    one, other = Owner(), Owner()
    state = state_of(attributes(one, "count", "pair", "history", "recent", "nothing"))
    one.count, one.history[0][0] = 9, 9.0
    one.pair[0].fill_(9)
    one.recent[0].fill_(9)
    restore(attributes(other, "count", "pair", "history", "recent", "nothing"), through_disk(state, tmp_path))
    assert (other.count, other.history, other.nothing) == (3, [[1.0, 2.0]], None)
    assert isinstance(other.pair, tuple)
    assert other.pair[0].tolist() == [1, 1]
    assert isinstance(other.recent, deque)
    assert (other.recent.maxlen, other.recent[0].tolist()) == (4, [1])


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam, torch.optim.Rprop])
@pytest.mark.parametrize("net", [nn.Linear(2, 1), nn.Linear(1, 1, bias=False), nn.BatchNorm1d(2, affine=False)], ids=["two", "one", "none"])
def test_a_network_and_its_optimiser_take_the_same_steps_again(kind: Any, net: nn.Module, tmp_path) -> None:
    import copy

    def made(source: nn.Module) -> tuple[nn.Module, Any]:
        module = copy.deepcopy(source)
        parameters = list(module.parameters())
        return module, kind(parameters, lr=0.1, **({"momentum": 0.9} if kind is torch.optim.SGD else {})) if parameters else {}

    def step(module: nn.Module, optimizer: Any) -> None:
        width = 1 if isinstance(module, nn.Linear) and module.in_features == 1 else 2
        loss = module(torch.arange(4.0 * width).view(4, width)).square().mean()
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    one, other = made(net), made(net)
    step(*one)
    restore(dict(enumerate(other)), dict(enumerate(through_disk(state_of(list(one)), tmp_path))))
    for pair in (one, other):
        step(*pair)
    for name, value in one[0].state_dict().items():
        assert torch.equal(value, other[0].state_dict()[name])


def test_generators_of_pytorch_and_numpy_draw_on(tmp_path) -> None:
    parts = {"torch": torch.Generator().manual_seed(1), "numpy": np.random.default_rng(1)}
    state = through_disk(state_of(parts), tmp_path)
    first = torch.rand(3, generator=parts["torch"]).tolist(), parts["numpy"].random(3).tolist()
    others = {"torch": torch.Generator(), "numpy": np.random.default_rng(5)}
    restore(others, state)
    assert (torch.rand(3, generator=others["torch"]).tolist(), others["numpy"].random(3).tolist()) == first


def test_the_generator_of_another_device_keeps_its_seed_and_the_log_says_so(caplog) -> None:
    generator = torch.Generator().manual_seed(4)
    with caplog.at_level(logging.WARNING):
        restore({"noise": generator}, {"noise": torch.zeros(16, dtype=torch.uint8)})  # The size of a CUDA generator's.
    assert "another kind of device" in caplog.text
    assert torch.rand(1, generator=generator) == torch.rand(1, generator=torch.Generator().manual_seed(4))


def test_a_missing_part_is_an_error_not_a_silence() -> None:
    with pytest.raises(KeyError):
        restore({"count": Attribute(Owner(), "count")}, {})
