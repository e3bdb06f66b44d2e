"""The language model of 2003: its equation, what it sees, and what a prediction costs."""

import pytest
import torch

from models.sequence.neural_lm import NeuralLM, generate, multiplications


def test_the_scores_are_those_of_the_papers_equation() -> None:
    """y = b + W x + U tanh(d + H x), x the vectors of the last three words side by side."""
    torch.manual_seed(0)
    net = NeuralLM(7, 3, 2, 4, direct=True)
    tokens = torch.tensor([[5, 1, 6, 2]])
    c = net.embedding.weight
    x = torch.cat([c[1], c[6], c[2]])
    assert net.direct is not None
    expected = net.out.bias + net.direct.weight @ x + net.out.weight @ torch.tanh(net.hidden.bias + net.hidden.weight @ x)
    torch.testing.assert_close(net(tokens)[0][0, -1], expected)


def test_it_sees_the_last_tokens_alone() -> None:
    net = NeuralLM(9, 2, 3, 4)
    one, other = net(torch.tensor([[1, 2, 3, 4]]))[0], net(torch.tensor([[8, 2, 3, 4]]))[0]
    assert (one != other).any(-1)[0].tolist() == [True, True, False, False]


def test_what_it_writes_is_drawn_from_its_last_context() -> None:
    torch.manual_seed(1)
    net = NeuralLM(9, 2, 3, 4).eval()
    text = generate(net, torch.tensor([1, 2, 3]), 3, temperature=0.0)
    assert text[:3].tolist() == [1, 2, 3]
    for i in range(3, 6):
        assert int(text[i]) == int(net(text[None, i - 2 : i])[0][0, -1].argmax())


def test_the_cost_of_a_prediction_by_hand() -> None:
    """n = 4, m = 60, h = 100, V = 5,000: 240 + 24,000 + 500,000, as many as the weights of the two layers."""
    counts = multiplications(5_000, 4, 60, 100)
    assert list(counts.values()) == [240, 24_000, 500_000]
    net = NeuralLM(5_000, 4, 60, 100)
    assert counts["tanh layer (n m h)"] == net.hidden.weight.numel()
    assert counts["softmax (h V)"] == net.out.weight.numel()
    assert sum(counts.values()) == pytest.approx(524_240)
