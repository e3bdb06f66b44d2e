"""The neural Turing machine: its addressing against values worked out by hand, and what its memory does."""

import math

import pytest
import torch

from models.sequence.ntm import NTM, Trace, content_address, interpolate, sharpen, shift, write
from models.sequence.transducers import LSTMTransducer, TransformerTransducer


def one(*values: float) -> torch.Tensor:
    """(1, 1, N)."""
    return torch.tensor(values)[None, None]


def test_content_addresses_are_a_softmax_of_cosines() -> None:
    memory = torch.tensor([[[2.0, 0.0], [0.0, 5.0], [3.0, 3.0]]])  # Cosines with (1, 0): 1, 0 and 1/sqrt 2.
    address = content_address(memory, one(1.0, 0.0), torch.tensor([[2.0]]))
    powers = [math.exp(2.0), 1.0, math.exp(2 / math.sqrt(2))]
    assert address[0, 0].tolist() == pytest.approx([power / sum(powers) for power in powers], rel=1e-5)


def test_a_strength_of_zero_looks_everywhere() -> None:
    memory = torch.tensor([[[2.0, 0.0], [0.0, 5.0]]])
    assert content_address(memory, one(1.0, 0.0), torch.zeros(1, 1))[0, 0].tolist() == pytest.approx([0.5, 0.5])


def test_the_gate_mixes_content_with_the_previous_address() -> None:
    mixed = interpolate(one(1.0, 0.0, 0.0), one(0.0, 0.2, 0.8), torch.tensor([[0.25]]))
    assert mixed[0, 0].tolist() == pytest.approx([0.25, 0.15, 0.6])


def test_a_shift_ahead_moves_around_the_end() -> None:
    assert shift(one(0.1, 0.2, 0.7), one(0.0, 0.0, 1.0))[0, 0].tolist() == pytest.approx([0.7, 0.1, 0.2])
    assert shift(one(0.1, 0.2, 0.7), one(1.0, 0.0, 0.0))[0, 0].tolist() == pytest.approx([0.2, 0.7, 0.1])


def test_a_shift_that_is_not_sure_blurs() -> None:
    assert shift(one(0.0, 1.0, 0.0, 0.0), one(0.1, 0.8, 0.1))[0, 0].tolist() == pytest.approx([0.1, 0.8, 0.1, 0.0])


def test_sharpening_raises_to_a_power_and_normalises() -> None:
    assert sharpen(one(0.1, 0.8, 0.1), torch.tensor([[2.0]]))[0, 0].tolist() == pytest.approx([1 / 66, 64 / 66, 1 / 66], rel=1e-5)


def test_a_write_erases_then_adds() -> None:
    memory = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    written = write(memory, one(0.0, 0.5), one(1.0, 0.0), one(10.0, 20.0))  # Erases half of the first number of location 1.
    assert written[0].tolist() == [[1.0, 2.0], [6.5, 14.0]]


def test_two_heads_erase_one_after_the_other() -> None:
    memory = torch.ones(1, 1, 1)
    address, erase, add = torch.ones(1, 2, 1), torch.full((1, 2, 1), 0.5), torch.zeros(1, 2, 1)
    assert write(memory, address, erase, add).item() == 0.25


@pytest.mark.parametrize("controller", ["feedforward", "lstm"])
def test_addresses_are_distributions_over_however_many_locations(controller: str) -> None:
    torch.manual_seed(0)
    net = NTM(4, 3, 6, 5, 8, read_heads=2, write_heads=1, controller=controller)  # type: ignore[arg-type]
    net.locations = 9
    kept: list[Trace] = []
    assert net(torch.randn(2, 7, 4), kept).shape == (2, 7, 3)
    assert kept[0].read.shape == (2, 7, 2, 9)
    assert kept[0].written.shape == (2, 7, 1, 9)
    assert torch.allclose(kept[0].read.sum(-1), torch.ones(2, 7, 2), atol=1e-5)


@pytest.mark.parametrize(
    "net", [NTM(3, 2, 4, 3, 5), LSTMTransducer(3, 2, 5, 1), TransformerTransducer(3, 2, 8, 1, 2)], ids=lambda net: type(net).__name__
)
def test_an_answer_does_not_depend_on_later_steps(net: torch.nn.Module) -> None:
    x = torch.randn(1, 6, 3, generator=torch.Generator().manual_seed(0))
    changed = x.clone()
    changed[:, 4:] += 1
    assert torch.allclose(net(x)[:, :4], net(changed)[:, :4], atol=1e-5)
