"""BLEU and chrF against hand-worked values, and sources grouped by their length."""

import pytest

from lab.quality.sentences import bleu, by_length, chrf, exact


def test_bleu_by_hand() -> None:
    assert bleu([["a", "b", "c", "d"]], [["a", "b", "c", "d"]]) == pytest.approx(100.0)
    assert bleu([["a", "b"]], [["c", "d"]]) == 0.0
    # Precisions 4/5, 3/4, 2/3, 1/2; no penalty for length.
    made, wanted = [["a", "b", "c", "d", "x"]], [["a", "b", "c", "d", "e"]]
    assert bleu(made, wanted) == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)


def test_bleu_punishes_what_is_too_short() -> None:
    # Every group is right; the penalty is exp(1 - 5/4).
    assert bleu([["a", "b", "c", "d"]], [["a", "b", "c", "d", "e"]]) == pytest.approx(77.88, abs=0.01)


def test_a_space_is_a_token_of_bleu_like_any_other() -> None:
    assert bleu([list("a b c")], [list("a b c")]) == pytest.approx(100.0)


def test_chrf_by_hand() -> None:
    # One letter of "ab" in "ac": one half for groups of 1, nothing for groups of 2; sacrebleu's mean is over the orders that there are.
    assert chrf(["ab"], ["ac"]) == pytest.approx(25.0)
    assert chrf(["ab"], ["ab"]) == pytest.approx(100.0)


def test_a_reference_with_an_unknown_word_is_never_exact() -> None:
    made, wanted = [["a"], ["<UNK>"], ["b"]], [["a"], ["<UNK>"], ["c"]]
    assert exact(made, wanted) == pytest.approx(100 / 3)
    assert exact(made, wanted, None) == pytest.approx(200 / 3)


def test_sources_of_one_length_stay_in_one_group() -> None:
    lengths = [5, 1, 1, 1, 9, 5]
    assert [sorted(group.tolist()) for group in by_length(lengths, 3)] == [[1, 2, 3], [0, 4, 5]]
    assert [group.tolist() for group in by_length([7, 7], 5)] == [[0, 1]]
