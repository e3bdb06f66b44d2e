"""Pairs of sentences: generated ones, one's own, and their vocabularies."""

import datetime
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lab.data.generated_pairs import date_words, number_words, ordinal, year_words
from lab.data.long_pairs import ACTIONS, SAYINGS, TIMES, copies, one_copy, one_sum, sentence, sums
from lab.data.pairs import load_pairs
from lab.data.tsv import SentencePairs
from lab.data.words import UNK, Vocabulary, words
from lab.errors import LabError, UsageError

CPU = torch.device("cpu")


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return f"file:{path}"


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "zero"), (21, "twenty-one"), (312, "three hundred and twelve"), (1005, "one thousand and five"),
        (90_210, "ninety thousand two hundred and ten"),
    ],
)  # fmt: skip
def test_numbers_in_words(n: int, text: str) -> None:
    assert number_words(n) == text


def test_ordinals_and_years_in_words() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 12, 20, 21, 30)] == [
        "first",
        "second",
        "third",
        "twelfth",
        "twentieth",
        "twenty-first",
        "thirtieth",
    ]
    assert [year_words(y) for y in (1900, 1905, 1999, 2000, 2007, 2023)] == [
        "nineteen hundred", "nineteen oh five", "nineteen ninety-nine", "two thousand", "two thousand and seven", "twenty twenty-three",
    ]  # fmt: skip


def test_a_weekday_in_a_date_is_the_right_one() -> None:
    day = datetime.date(1999, 3, 3)
    texts = {date_words(day, random.Random(i)) for i in range(60)}
    weekdays = {text.split(",")[0] for text in texts if text.split(",")[0].endswith("day")}
    assert weekdays == {"wednesday"}
    assert len(texts) > 15


def test_no_day_is_in_training_and_in_validation() -> None:
    pairs = load_pairs("dates", "auto", 500, 80, 1, CPU)
    days = [{tuple(row) for row in part.target.tolist()} for part in (pairs.train, pairs.validation)]
    assert not days[0] & days[1]
    source, target = pairs.train.batch(torch.arange(3))
    assert pairs.join(pairs.target_vocabulary.decode(target[0].tolist())).count("-") == 2
    assert target[0, 0] == 1
    assert (target == 2).sum(1).tolist() == [1, 1, 1]
    assert source.shape[1] == int((source != 0).sum(1).max())


def test_pairs_of_one_source_are_refused_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "same.tsv"
    file.write_text("".join(f"hello\thallo {i}\n" for i in range(30)))
    with pytest.raises(LabError, match=r"all 30 pairs have the same source, so none can be held out"):
        load_pairs(f"file:{file}", "auto", 0, 80, 1, torch.device("cpu"))


def test_words_of_a_tsv_that_are_rare_are_unknown(tmp_path: Path) -> None:
    rows = "ein haus\ta house\nein hund\ta dog\n" * 10 + "ein unikum\ta oddity\n"
    pairs = load_pairs(write(tmp_path / "a.tsv", rows), "auto", 0, 10, 3, CPU)
    assert pairs.by_word
    assert pairs.encode_source("ein unikum")[1] == UNK


def test_more_words_than_16_bits_can_number_are_kept_apart(tmp_path: Path) -> None:
    pairs = load_pairs(write(tmp_path / "a.tsv", "".join(f"{i}\t{i}\n" for i in range(40_000))), "word", 0, 10, 1, CPU)
    assert int(pairs.train.source.max()) > 32_767
    assert int(pairs.train.source.min()) >= 0


def test_a_character_that_no_pair_has_is_named() -> None:
    pairs = load_pairs("numbers", "auto", 200, 80, 1, CPU)
    with pytest.raises(UsageError, match="The sentence has 'ß', which"):
        pairs.encode_source("one ß")


def test_words_keep_marks_apart() -> None:
    assert words("Don't stop, well-known!") == ["don't", "stop", ",", "well-known", "!"]
    vocabulary = Vocabulary.of([["b", "a", "b"]])
    assert vocabulary.names[4:] == ("b", "a")
    assert vocabulary.decode([4, 2, 5]) == ["b"]


def test_the_verb_of_a_german_subordinate_clause_comes_last() -> None:
    pairs = [sentence(random.Random(seed), 2) for seed in range(20)]
    for english, german in pairs:
        verb = next(word for word in english.split(" that ")[1].split() if word in ACTIONS)
        first, second = german.split(", dass ")
        assert second.split()[-1] == ACTIONS[verb]
        inverted = english.split()[0] in TIMES
        assert (first.split()[-1] in SAYINGS.values()) != inverted


def test_the_sum_is_of_the_marked_digits_and_a_copy_of_its_letters() -> None:
    for seed in range(20):
        digits, total = one_sum(random.Random(seed))
        assert int(total) == sum(int(piece[0]) for piece in digits.split("+")[1:])
        letters, again = one_copy(random.Random(seed))
        assert letters.rstrip(".") == again


@pytest.mark.parametrize("task", [copies, sums])
def test_no_source_of_a_task_of_memory_is_in_training_and_in_validation(task: Callable[..., SentencePairs]) -> None:
    pairs = task("", 300, 1)
    assert not {source for source, _ in pairs.train} & {source for source, _ in pairs.validation}


def test_every_sum_is_asked_for() -> None:
    pairs = sums("adding", 300, 1)
    assert {target for _, target in pairs.train} == {str(i) for i in range(19)}
