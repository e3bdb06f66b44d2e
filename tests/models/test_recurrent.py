"""The unfused cells against torch.nn's, and what a recurrent network does at the ends of its sequences."""

import itertools
import math

import pytest
import torch
from torch import nn

from models.sequence.cells import GATE_NAMES, UnrolledLayer, flow, gru_before_step, gru_step, lstm_step
from models.sequence.recurrent import FUSED, Recurrent, RecurrentLM, gradient_norms
from models.sequence.seq2seq import Seq2Seq
from models.sequence.tagger import Forecaster, Tagger, TextClassifier

KINDS = ("rnn", "lstm", "gru")


def pair(kind: str, layers: int, bidirectional: bool) -> tuple[Recurrent, nn.RNNBase]:
    """The unfused network and torch.nn's stacked one with the same weights."""
    torch.manual_seed(0)
    mine = Recurrent(kind, 5, 7, layers, bidirectional=bidirectional, unfused=True)  # type: ignore[arg-type]
    theirs = FUSED[kind](5, 7, layers, batch_first=True, bidirectional=bidirectional)
    with torch.no_grad():
        for i, layer in enumerate(mine.layers):
            for name, parameter in layer.named_parameters():
                getattr(theirs, name.replace("_l0", f"_l{i}")).copy_(parameter)
    return mine, theirs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_unfused_layers_equal_torchs_with_the_same_weights(kind: str, bidirectional: bool, layers: int) -> None:
    mine, theirs = pair(kind, layers, bidirectional)
    x = torch.randn(3, 11, 5)
    directions = 2 if bidirectional else 1
    state = tuple(torch.randn(layers * directions, 3, 7) for _ in range(2 if kind == "lstm" else 1))
    out, last = mine(x, state)
    expected, end = theirs(x, state if kind == "lstm" else state[0])
    torch.testing.assert_close(out, expected, atol=1e-6, rtol=0)
    for got, want in zip(last, end if kind == "lstm" else (end,), strict=True):
        torch.testing.assert_close(got, want, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_their_gradients_are_equal_too(kind: str) -> None:
    mine, theirs = pair(kind, 1, True)
    x = torch.randn(2, 6, 5)
    mine(x)[0].square().sum().backward()
    theirs(x)[0].square().sum().backward()
    for name, parameter in mine.layers[0].named_parameters():
        torch.testing.assert_close(parameter.grad, getattr(theirs, name).grad, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_unfused_and_fused_agree_on_sequences_of_their_own_lengths(kind: str) -> None:
    torch.manual_seed(1)
    unfused = Recurrent(kind, 4, 6, 2, bidirectional=True, unfused=True)  # type: ignore[arg-type]
    fused = Recurrent(kind, 4, 6, 2, bidirectional=True)  # type: ignore[arg-type]
    fused.load_state_dict(unfused.state_dict())
    x, lengths = torch.randn(3, 9, 4), torch.tensor([9, 4, 1])
    (a, last_a), (b, last_b) = unfused(x, lengths=lengths), fused(x, lengths=lengths)
    torch.testing.assert_close(a, b, atol=1e-6, rtol=0)
    for got, want in zip(last_a, last_b, strict=True):
        torch.testing.assert_close(got, want, atol=1e-6, rtol=0)
    assert not a[1, 4:].any()


def test_padding_changes_nothing_before_the_end() -> None:
    torch.manual_seed(2)
    net = Recurrent("gru", 4, 6, bidirectional=True)
    x = torch.randn(1, 9, 4)
    alone, _ = net(x[:, :5])
    padded, _ = net(x, lengths=torch.tensor([5]))
    torch.testing.assert_close(padded[:, :5], alone)


def test_one_step_of_an_lstm_by_hand() -> None:
    """All weights 0 but the candidate's: i = f = o = 1/2, g = tanh(x), c = c/2 + g/2, h = tanh(c)/2."""
    w = torch.zeros(4, 1)
    w[2] = 1.0
    zero = torch.zeros(4)
    (h, c), gates = lstm_step(torch.tensor([[0.3]]), (torch.zeros(1, 1), torch.tensor([[0.8]])), (w, torch.zeros(4, 1), zero, zero))
    expected = 0.4 + 0.5 * torch.tanh(torch.tensor(0.3))
    assert float(c) == pytest.approx(float(expected))
    assert float(h) == pytest.approx(0.5 * float(torch.tanh(expected)))
    assert float(gates["forget f"]) == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_trace_ends_where_the_network_ends(kind: str) -> None:
    torch.manual_seed(3)
    net = Recurrent(kind, 4, 6, 2)  # type: ignore[arg-type]
    x = torch.randn(2, 5, 4)
    out, last = net(x)
    layers = net.trace(x)
    assert set(layers[0][0]) == set(GATE_NAMES[kind])
    torch.testing.assert_close(layers[1][-1]["hidden h"], out[:, -1])
    torch.testing.assert_close(layers[0][-1]["hidden h"], last[0][0])


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_norms_are_those_of_autograd_through_the_whole(kind: str) -> None:
    """|dL / d h_0| from a state that is an input, by torch.nn's own layer; k = T - 1 steps back."""
    torch.manual_seed(4)
    layer = FUSED[kind](3, 5, batch_first=True)
    x, readout = torch.randn(1, 8, 3), torch.randn(5)
    norms = gradient_norms(layer, kind, x, readout)
    _, first = layer(x[:, :1])
    start = [part.detach().requires_grad_() for part in (first if kind == "lstm" else (first,))]
    out, _ = layer(x[:, 1:], tuple(start) if kind == "lstm" else start[0])
    grads = torch.autograd.grad((out[0, -1] * readout).sum(), start)
    expected = torch.stack([g.square().sum() for g in grads]).sum().sqrt()
    torch.testing.assert_close(norms[-1].float(), expected)
    assert float(norms[0]) == pytest.approx(float(readout.norm()))


def test_the_gradient_of_a_linear_recurrence_falls_by_its_largest_factor() -> None:
    """h' = tanh(0.5 h) near 0: each step back halves the gradient (the bound of CURRICULUM: gamma_v * gamma_g')."""
    layer = UnrolledLayer("rnn", 1, 1)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        layer.weight_hh_l0.fill_(0.5)
    norms = gradient_norms(layer, "rnn", torch.zeros(1, 6, 1), torch.ones(1))
    torch.testing.assert_close(norms, 0.5 ** torch.arange(6.0, dtype=torch.float64))


def test_the_learned_state_is_where_reading_begins() -> None:
    torch.manual_seed(5)
    net = RecurrentLM(torch.arange(9, dtype=torch.int32), "lstm", 4, 6, 1)
    tokens = torch.randint(9, (2, 5))
    before = net(tokens)[0]
    with torch.no_grad():
        net.core.initial += 1.0
    assert not torch.allclose(before, net(tokens)[0])
    net(tokens)[0].sum().backward()
    assert net.core.initial.grad is not None
    assert float(net.core.initial.grad.abs().sum()) > 0


def test_reading_in_two_parts_with_the_state_carried_on_is_reading_at_once() -> None:
    torch.manual_seed(6)
    net = RecurrentLM(torch.arange(9, dtype=torch.int32), "gru", 4, 6, 2)
    tokens = torch.randint(9, (2, 10))
    whole, _ = net(tokens)
    first, state = net(tokens[:, :4])
    second, _ = net(tokens[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)


def test_relus_that_begin_as_the_identity_add_up_and_pass_the_gradient_unchanged() -> None:
    """The constant error carousel: h is the sum of what came in, and |dL / dh| is the same at every distance."""
    net = Recurrent("relu", 2, 2)
    with torch.no_grad():
        net.layers[0].weight_ih_l0.copy_(torch.eye(2))
    x = torch.rand(1, 30, 2, generator=torch.Generator().manual_seed(0)) + 0.1
    out, _ = net(x)
    torch.testing.assert_close(out, x.cumsum(1))
    norms = gradient_norms(net.layers[0], "relu", x, torch.tensor([3.0, 4.0]))
    torch.testing.assert_close(norms, torch.full((30,), 5.0, dtype=torch.float64))


def test_relus_fused_and_unfused_agree() -> None:
    unfused, fused = Recurrent("relu", 3, 4, 2, bidirectional=True, unfused=True), Recurrent("relu", 3, 4, 2, bidirectional=True)
    fused.load_state_dict(unfused.state_dict())
    x = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(unfused(x)[0], fused(x)[0], atol=1e-6, rtol=0)


def test_the_gru_with_its_reset_before_the_product_by_hand() -> None:
    # One unit, weights 1, no biases: x = 1, h = 0.5.
    weights = (torch.ones(3, 1), torch.ones(3, 1), torch.zeros(3), torch.zeros(3))
    x, state = torch.ones(1, 1), (torch.full((1, 1), 0.5),)
    gate = 1 / (1 + math.exp(-1.5))
    for step in (gru_step, gru_before_step):  # A single weight commutes with r: both are the same here.
        (h,), gates = step(x, state, weights)
        assert float(gates["candidate n"]) == pytest.approx(math.tanh(1 + gate * 0.5))
        assert float(h) == pytest.approx((1 - gate) * math.tanh(1 + gate * 0.5) + gate * 0.5)


def test_the_two_grus_differ_in_what_the_reset_gate_multiplies() -> None:
    torch.manual_seed(2)
    weights = tuple(torch.randn(shape) for shape in ((9, 2), (9, 3), (9,), (9,)))
    x, h = torch.randn(1, 2), torch.randn(1, 3)
    after, before = gru_step(x, (h,), weights)[1], gru_before_step(x, (h,), weights)[1]  # type: ignore[arg-type]
    w_ih, w_hh, b_ih, b_hh = (part[6:] for part in weights)
    torch.testing.assert_close(after["reset r"], before["reset r"])
    torch.testing.assert_close(after["candidate n"], torch.tanh(w_ih @ x[0] + b_ih + after["reset r"][0] * (w_hh @ h[0] + b_hh))[None])
    torch.testing.assert_close(before["candidate n"], torch.tanh(w_ih @ x[0] + b_ih + w_hh @ (after["reset r"][0] * h[0]) + b_hh)[None])


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru", "gru-before"])
def test_what_flows_through_a_cell_adds_up_to_its_state(kind: str) -> None:
    torch.manual_seed(3)
    core = Recurrent(kind, 2, 3, learned_state=True)  # type: ignore[arg-type]
    assert core.initial is not None
    torch.nn.init.normal_(core.initial)
    steps = flow(kind, core.trace(torch.randn(1, 4, 2))[0], tuple(part[0] for part in core.first_state(1)))
    torch.testing.assert_close(steps[0]["h before"], core.initial[0, 0])
    for before, after in itertools.pairwise(steps):
        torch.testing.assert_close(after["h before"], before["hidden h"])
    last = steps[-1]
    if kind == "lstm":
        torch.testing.assert_close(last["f · c"] + last["i · g"], last["cell c"])
        torch.testing.assert_close(last["output o"] * last["tanh c"], last["hidden h"])
    elif kind != "rnn":
        torch.testing.assert_close(last["z · h"] + last["(1 - z) · n"], last["hidden h"])


def test_a_tagger_a_classifier_a_forecaster_and_a_translator_may_learn_their_first_state() -> None:
    tokens = torch.tensor([[4, 5, 6]])
    nets = (
        (Tagger(torch.arange(9), 2, learned_state=True, width=3, hidden=4), tokens),
        (TextClassifier(9, 2, learned_state=True, width=3, hidden=4, above=2), tokens),
        (Forecaster(2, hidden=4, learned_state=True), torch.randn(1, 3, 2)),
        (Seq2Seq(9, 7, width=3, hidden=4, learned_state=True).start, tokens),
    )
    for net, x in nets:
        out = net(x)
        out = out.state[0] if hasattr(out, "state") else out[0]
        out.sum().backward()
        owner = net if isinstance(net, torch.nn.Module) else net.__self__
        initial = [parameter for name, parameter in owner.named_parameters() if name.endswith("initial")]
        assert initial
        assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in initial)
