"""n-grams: smoothing by hand and against the formulas written out with dictionaries, and that every context's probabilities add up to 1."""

from collections import Counter, defaultdict

import pytest
import torch

from models.sequence.ngram import NGram, Smoothing, discounts_of, generate, good_turing

TEXT = "abracadabra abracadabra bar cad abba dab cab" * 3
LETTERS = [*sorted(set(TEXT)), "z"]
SMOOTHINGS: tuple[Smoothing, ...] = ("kneser-ney", "modified-kneser-ney", "katz")


def tokens(text: str) -> torch.Tensor:
    return torch.tensor([LETTERS.index(c) for c in text], dtype=torch.uint8)


def model(order: int, smoothing: Smoothing, text: str = TEXT) -> NGram:
    net = NGram(tokens(text), 1, len(LETTERS), order, smoothing)
    net.read.fill_(True)
    return net


def kneser_ney(text: str, context: str, letter: str, order: int) -> float:
    """Interpolated Kneser-Ney with one discount an order, from dictionaries of strings (Chen & Goodman 1999, eq. 23)."""
    return level(text, context[len(context) - (order - 1) :], letter, order, order)


def level(text: str, context: str, letter: str, length: int, highest: int) -> float:
    if length == 0:
        return 1 / len(LETTERS)
    grams = Counter(text[i : i + length] for i in range(len(text) - length + 1))
    if length < highest:
        before = defaultdict(set)
        for i in range(1, len(text) - length + 1):
            before[text[i : i + length]].add(text[i - 1])
        grams = Counter({gram: len(seen) for gram, seen in before.items()})
    n1, n2 = (sum(1 for c in grams.values() if c == n) for n in (1, 2))
    discount = n1 / (n1 + 2 * n2) if n1 and n2 else 0.5
    followers = {gram[-1]: c for gram, c in grams.items() if gram[:-1] == context}
    total = sum(followers.values())
    shorter = level(text, context[1:], letter, length - 1, highest)
    if not total:
        return shorter
    return max(followers.get(letter, 0) - discount, 0) / total + discount * len(followers) / total * shorter


@pytest.mark.parametrize("context", ["abr", "dab", " ba", "zzz", "zab", "b c"])
def test_kneser_ney_equals_its_formula_with_dictionaries(context: str) -> None:
    got = model(4, "kneser-ney").next(tokens(context))[-1]
    assert got.tolist() == pytest.approx([kneser_ney(TEXT, context, letter, 4) for letter in LETTERS], abs=1e-12)


def test_katz_by_hand() -> None:
    """aabcab, with d never seen. Of single letters Good and Turing's estimates give no discount, so one count more is kept for d."""
    net = NGram(torch.tensor([0, 0, 1, 2, 0, 1]), 1, 4, 2, "katz")
    net.read.fill_(True)
    none, one = net.next(torch.tensor([0]))[1:]
    assert none.tolist() == pytest.approx([3 / 7, 2 / 7, 1 / 7, 1 / 7])
    # Of pairs n1 = 3 and n2 = 1, so d1 = 2/3 and d2 = 1. After a: a once, b twice; the ninth that is left is shared out by 1/7 : 1/7.
    assert one.tolist() == pytest.approx([2 / 9, 2 / 3, 1 / 18, 1 / 18])


def test_good_turing_by_hand() -> None:
    """n1..n6 = 40, 12, 6, 4, 3, 1: r* = (r+1) n_{r+1} / n_r and d_r = (r*/r - 6 n6/n1) / (1 - 6 n6/n1) with 6 n6/n1 = 0.15."""
    times = torch.tensor([1] * 40 + [2] * 12 + [3] * 6 + [4] * 4 + [5] * 3 + [6] * 1)
    expected = [1, (0.6 - 0.15) / 0.85, (0.75 - 0.15) / 0.85, (8 / 9 - 0.15) / 0.85, (15 / 16 - 0.15) / 0.85, (0.4 - 0.15) / 0.85, 1]
    assert good_turing(times).tolist() == pytest.approx(expected)


def test_modified_discounts_by_hand() -> None:
    """n1..n4 = 10, 4, 2, 1: Y = 10/18; D1 = 1 - 2Y 4/10, D2 = 2 - 3Y 2/4, D3 = 3 - 4Y 1/2."""
    times = torch.tensor([1] * 10 + [2] * 4 + [3] * 2 + [4])
    y = 10 / 18
    assert discounts_of(times, 3).tolist() == pytest.approx([0, 1 - 0.8 * y, 2 - 1.5 * y, 3 - 2 * y])
    assert discounts_of(times, 1).tolist() == pytest.approx([0, y, y, y])


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("context", ["abra", "z", "abz", "cadabra", "b"])
def test_probabilities_after_any_context_add_up_to_1(smoothing: Smoothing, context: str) -> None:
    for p in model(5, smoothing).next(tokens(context)):
        assert float(p.sum()) == pytest.approx(1.0, abs=1e-9)
        assert float(p.min()) > 0


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_the_loss_of_a_text_is_that_of_its_tokens_one_by_one(smoothing: Smoothing) -> None:
    net, text = model(4, smoothing), tokens("abra zab cadb")
    one_by_one = [float(net.next(text[:i])[-1][text[i].long()].log()) for i in range(len(text))]
    assert net.log_probabilities(text).tolist() == pytest.approx(one_by_one, abs=1e-9)


def test_only_what_was_read_counts() -> None:
    net = NGram(tokens("aaaabbbb"), 2, len(LETTERS), 2, "kneser-ney")
    net.read[0] = True
    assert len(net.orders()[0].keys) == 1
    net.read[1] = True
    assert [len(order.keys) for order in net.orders()] == [2, 3]  # a, b; aa, ab, bb


def test_what_it_writes_is_drawn_from_what_it_says() -> None:
    net = model(5, "kneser-ney")
    text = generate(net, tokens("abrac").long(), 6, temperature=0.0)
    assert "".join(LETTERS[i] for i in text.tolist()) == "abracadabra"
