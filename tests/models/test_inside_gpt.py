"""A GPT taken apart against the whole, and against the same done to its weights by hand."""

import copy
import math

import pytest
import torch
from torch import Tensor

from models.sequence.gpt import GPT
from models.sequence.inside_gpt import Patch, attention_steps, head_effects, patching, trace, unembed

TOKENS = torch.tensor([3, 1, 4, 1, 5])


@pytest.fixture(scope="module")
def net() -> GPT:
    torch.manual_seed(0)
    net = GPT(7, context=8, layers=2, heads=2, width=8)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() == 2:
                parameter.mul_(10)
    return net.eval()


@torch.no_grad()
def logits(net: GPT, tokens: Tensor = TOKENS) -> Tensor:
    return net(tokens[None])[0][0]


@torch.no_grad()
def test_a_trace_ends_in_the_networks_own_logits(net: GPT) -> None:
    traced = trace(net, TOKENS)
    torch.testing.assert_close(traced.logits, logits(net))
    torch.testing.assert_close(unembed(net, traced.streams[-1]), logits(net))
    torch.testing.assert_close(traced.streams[0], net.embedding.weight[TOKENS] + net.positions.table[:5])


@torch.no_grad()
def test_a_head_that_is_off_is_one_whose_columns_of_the_output_matrix_are_zero(net: GPT) -> None:
    cut = copy.deepcopy(net)
    cut.stack.blocks[1].attention.out_proj.weight[:, :4] = 0  # Layer 2, head 1: the first half of the width.
    torch.testing.assert_close(trace(net, TOKENS, [(1, 0)]).logits, logits(cut))
    assert not torch.allclose(logits(cut), logits(net))
    rise = torch.nn.functional.cross_entropy(logits(cut)[:-1], TOKENS[1:]) - torch.nn.functional.cross_entropy(logits(net)[:-1], TOKENS[1:])
    torch.testing.assert_close(head_effects(net, TOKENS)[1, 0], rise)


@torch.no_grad()
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_six_steps_are_the_head(norm: str) -> None:
    torch.manual_seed(1)
    net = GPT(7, context=8, layers=2, heads=2, width=8, norm=norm).eval()  # type: ignore[arg-type]
    kept: list[Tensor] = []
    net(TOKENS[None], keep=kept)
    steps = attention_steps(net, TOKENS, 1, 1, 3)
    torch.testing.assert_close(steps.weights, kept[1][0, 1, 3, :4])
    by_hand = [math.exp(float(steps.q @ k) / 2) for k in steps.k]  # d is 4.
    torch.testing.assert_close(steps.weights, torch.tensor(by_hand) / sum(by_hand))
    torch.testing.assert_close(steps.z, steps.weights @ steps.v)


@torch.no_grad()
def test_a_text_patched_with_itself_is_unchanged_and_with_all_of_another_becomes_it(net: GPT) -> None:
    other = torch.tensor([3, 1, 2, 1, 5])
    mine, theirs = trace(net, TOKENS), trace(net, other)
    torch.testing.assert_close(trace(net, TOKENS, patch=Patch(1, 2, mine.streams[1][2])).logits, mine.logits)
    # The texts differ at one token: its embedding put in is the whole difference.
    torch.testing.assert_close(trace(net, other, patch=Patch(0, 2, mine.streams[0][2])).logits, mine.logits)
    grid, whole, broken = patching(net, TOKENS, other, 6)
    assert float(grid[0, 2]) == pytest.approx(whole, abs=1e-5)
    assert float(grid[-1, -1]) == pytest.approx(whole, abs=1e-5)  # The last vector is all that the output layer reads there.
    assert float(grid[-1, 0]) == pytest.approx(broken, abs=1e-5)
    assert broken == pytest.approx(float(theirs.logits[-1].log_softmax(-1)[6]), abs=1e-5)
