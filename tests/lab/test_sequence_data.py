"""Texts, tagged source, sentences, pairs and series: what is read, what is kept apart, and what is refused."""

import datetime
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.data.catalogue import check, subject
from lab.data.generated_pairs import date_words, number_words, ordinal, year_words
from lab.data.pairs import load_pairs
from lab.data.sentences import load_sentences
from lab.data.series import ram_series
from lab.data.tags import KINDS, kinds_of, load_tagged
from lab.data.text import UNKNOWN, Codec, by_character, load_text, read_bytes
from lab.data.words import UNK, Vocabulary, words
from lab.errors import LabError, UsageError

CPU = torch.device("cpu")


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return f"file:{path}"


# -- texts ---------------------------------------------------------------------------------------------------------


def test_a_text_comes_back_as_it_was_and_its_last_tenth_is_kept_apart(tmp_path: Path) -> None:
    text = "To be, or not to be: that is the question.\nÄ €" * 20
    corpus = load_text(write(tmp_path / "a.txt", text), "char", CPU, 8)
    both = torch.cat([corpus.train, corpus.validation]).numpy()
    assert corpus.codec.decode(both) == text
    assert len(corpus.train) == int(0.9 * len(text))
    np.testing.assert_array_equal(corpus.codec.encode(text), both)


def test_bytes_are_256_tokens_and_come_back_as_text(tmp_path: Path) -> None:
    corpus = load_text(write(tmp_path / "a.txt", "Straße " * 40), "byte", CPU, 8)
    assert len(corpus.codec.vocabulary) == 256
    assert corpus.codec.decode(corpus.codec.encode("Straße")) == "Straße"


def test_bytes_that_are_no_text_are_refused_with_their_place(tmp_path: Path) -> None:
    data = write(tmp_path / "a.bin", b"good" * 100 + b"\xff" + b"good" * 100)
    with pytest.raises(LabError, match=r"not UTF-8 text: byte 0xff at position 400\. Save it as UTF-8\. Or .* --level byte\."):
        load_text(data, "char", CPU, 8)
    assert len(load_text(data, "byte", CPU, 8).train) == 720


def test_a_text_shorter_than_the_context_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"has 100 characters.*--unroll 64 needs at least 650.*lower --unroll"):
        load_text(write(tmp_path / "a.txt", "a" * 100), "char", CPU, 64, "unroll")


def test_rare_characters_beyond_255_become_one_sign() -> None:
    text = "".join(chr(0x4E00 + i) for i in range(300)) + "ab" * 50
    tokens, vocabulary = by_character(text)
    decoded = Codec(vocabulary).decode(tokens)
    assert len(vocabulary) == 256
    assert decoded.endswith("ab" * 50)
    assert decoded.count(UNKNOWN) == 300 - 253


def test_an_unknown_character_of_a_prompt_is_named() -> None:
    codec = Codec(np.array([ord(c) for c in "abc"], np.int32))
    with pytest.raises(UsageError, match=r"The prompt has 'x', .*The network knows: abc"):
        codec.encode("axb")
    assert codec.encode("axb", lenient=True).tolist() == [0, 1]


def test_embedded_texts_are_there() -> None:
    assert b"Operator precedence" in read_bytes("pydocs")
    assert b"def " in read_bytes("stdlib")


def test_only_known_texts_and_files_that_exist_are_taken(tmp_path: Path) -> None:
    assert check("pydocs", "text") == "pydocs"
    for wrong in ("file:PATH", "shakespear", f"file:{tmp_path}/none.txt"):
        with pytest.raises(ValueError, match="must"):
            check(wrong, "text")
    assert subject(write(tmp_path / "my text.txt", "a")) == "my-text"


# -- tags ----------------------------------------------------------------------------------------------------------


def test_every_character_of_source_has_the_kind_that_tokenize_gives_it() -> None:
    source = "def f(x):  # why\n    return len('é\t') + 1\n"
    kinds = [KINDS[k] for k in kinds_of(source)]
    found = {
        source[i : i + n]: set(kinds[i : i + n]) for i, n in ((0, 3), (4, 1), (5, 1), (11, 5), (21, 6), (28, 3), (32, 4), (38, 1), (40, 1))
    }
    assert found == {
        "def": {"keyword"}, "f": {"name"}, "(": {"operator"}, "# why": {"comment"}, "return": {"keyword"}, "len": {"builtin"},
        "'é\t'": {"string"}, "+": {"operator"}, "1": {"number"},
    }  # fmt: skip
    assert kinds[3] == "space"


def test_a_string_over_several_lines_is_one_string() -> None:
    source = 'x = """a\nb"""\ny = 1\n'
    kinds = kinds_of(source)
    assert {KINDS[k] for k in kinds[4:13]} == {"string"}
    assert KINDS[kinds[14]] == "name"


def test_training_and_validation_are_of_different_files() -> None:
    source = load_tagged("stdlib", 60_000, 64, 0, CPU)
    assert len(source.train) == len(source.train_kinds)
    head = bytes(source.validation[:400].tolist())
    assert head not in bytes(source.train.tolist())


def test_source_that_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="is no Python"):
        load_tagged(write(tmp_path / "a.py", "x = '''" * 99), 10_000, 16, 0, CPU)


# -- sentences -----------------------------------------------------------------------------------------------------


def test_no_sentence_of_the_documentation_is_in_both_parts() -> None:
    data = load_sentences("pydocs", 20)
    assert len(set(data.texts)) == len(data.texts)
    assert 0.1 < data.held_out.mean() < 0.2
    assert len(data.classes) > 20


def test_a_tsv_row_with_one_column_is_refused_with_its_line(tmp_path: Path) -> None:
    data = write(tmp_path / "a.tsv", "good\tvery nice\nbad\tnot nice\nonly one column\n")
    with pytest.raises(LabError, match=r"line 3: expected two columns with a tab between them, found 1 \('only one column'\)"):
        load_sentences(data, 1)


def test_one_label_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="1 labels"):
        load_sentences(write(tmp_path / "a.tsv", "good\tvery nice\n" * 9), 1)


# -- pairs ---------------------------------------------------------------------------------------------------------


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


# -- series --------------------------------------------------------------------------------------------------------


def test_the_memory_of_a_game_changes_and_is_the_same_for_the_same_seed() -> None:
    values, names = ram_series("pong", 60, 4, "random", 1)
    ram_series.cache_clear()
    again, _ = ram_series("pong", 60, 4, "random", 1)
    np.testing.assert_array_equal(values, again)
    assert values.shape == (60, 4)
    assert len(set(names)) == 4
    assert (np.diff(values, axis=0) != 0).any(0).all()
