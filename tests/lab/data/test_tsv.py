"""Labelled texts and pairs of sentences: what the texts are, which are kept apart, and what is said of a file."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lab import api
from lab.data.pairs import load_pairs
from lab.data.sentences import held_out_rows, load_sentences
from lab.data.tsv import read_rows
from lab.errors import LabError

CPU = torch.device("cpu")


def rows(text: str | bytes, kind: str = "labelled") -> list[tuple[str, str]]:
    return read_rows(text if isinstance(text, bytes) else text.encode(), "t.tsv", kind).rows  # type: ignore[arg-type]


GOOD = [("pos", "a fine film"), ("neg", "a dull film")]


@pytest.mark.parametrize(
    "text",
    [
        "pos\ta fine film\nneg\ta dull film\n",
        "pos\ta fine film\nneg\ta dull film",
        "\ufeffpos\ta fine film\nneg\ta dull film\n",
        "pos\ta fine film\r\nneg\ta dull film\r\n",
        "pos\ta fine film\rneg\ta dull film\r",
        "label\ttext\npos\ta fine film\nneg\ta dull film\n",
        "\n pos \t a fine film \n\n\nneg\ta dull film\t\n\n",
        '"pos"\t"a fine film"\n"neg"\t"a dull film"\n',
        "pos;a fine film\nneg;a dull film\n",
        "label,text\npos,a fine film\nneg,a dull film\n",
        "text\tlabel\na fine film\tpos\na dull film\tneg\n",
        "id\tlabel\ttext\n1\tpos\ta fine film\n2\tneg\ta dull film\n",
        "id,text,class\n1,a fine film,pos\n2,a dull film,neg\n",
    ],
)
def test_every_way_to_write_two_rows_gives_the_same_two(text: str) -> None:
    assert rows(text) == GOOD
    assert rows(text.encode("utf-16")) == GOOD


def test_a_third_tab_belongs_to_the_text() -> None:
    assert rows("pos\tgood\tfilm and a fine cast\nneg\tbad film\n") == [("pos", "good\tfilm and a fine cast"), ("neg", "bad film")]


def test_a_third_column_of_every_pair_is_no_part_of_its_target() -> None:
    """Tatoeba's files name the licence there."""
    pairs = read_rows(b"Go.\tGeh.\tCC-BY 2.0\nHi.\tHallo!\tCC-BY 2.0\n", "t.tsv", "pairs")
    assert pairs.rows == [("Go.", "Geh."), ("Hi.", "Hallo!")]
    assert "columns after the second ignored" in pairs.assumed[0]


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\x0c", "\x0b", "\x1e"])
def test_a_separator_that_ends_no_line_stays_in_its_cell(sign: str) -> None:
    assert rows(f"pos\tone{sign}two\nneg\tthree\n") == [("pos", f"one{sign}two"), ("neg", "three")]


def test_a_quote_is_a_quote() -> None:
    assert rows('pos\t"never closed\nneg\tso "bad"\npos\t"Hm," he said\n') == [
        ("pos", '"never closed'), ("neg", 'so "bad"'), ("pos", '"Hm," he said'),
    ]  # fmt: skip


def test_cells_in_a_spreadsheets_quotes_are_read_as_it_wrote_them() -> None:
    assert rows('pos\t"he said ""hm"""\nneg\t"two\nlines"\npos\tplain\n') == [
        ("pos", 'he said "hm"'),
        ("neg", "two\nlines"),
        ("pos", "plain"),
    ]


def test_labels_that_mean_nothing_to_a_table_are_labels() -> None:
    assert rows("NA\tNamibia\nnull\tno value\n#tag\tx\n") == [("NA", "Namibia"), ("null", "no value"), ("#tag", "x")]


def test_a_first_line_that_is_a_row_stays_one() -> None:
    assert len(rows("label\ttext\nlabel\tother text\n")) == 2
    assert len(rows("text\ta word about texts\nclass\tand classes\n")) == 2


def test_a_line_without_a_text_is_refused_with_its_number() -> None:
    with pytest.raises(LabError, match=r"t.tsv, line 3: expected two columns with a tab between them, found 1 \('alone'\)"):
        rows("a\tb\n\nalone\n")
    with pytest.raises(LabError, match="has no lines"):
        rows("\n \n")


def test_columns_in_the_wrong_order_get_the_right_advice(tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("".join(f"a fine film number {i}\tpos\na dull film number {i}\tneg\n" for i in range(30)))
    with pytest.raises(
        LabError, match=r"looks like the text \(60 distinct values in 60 lines\) .* like the label \(2\)\. Swap the columns"
    ):
        load_sentences(f"file:{file}", 20)


def test_line_numbers_are_no_labels(tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("".join(f"{i}\t{'ab'[i % 2]}\tword {i}\n" for i in range(60)))
    with pytest.raises(LabError, match=r"all 60 lines have a different one \('0', '1', ...\)\. Put the label first"):
        load_sentences(f"file:{file}", 1)


def test_commas_within_texts_need_quotes() -> None:
    with pytest.raises(LabError, match=r"line 1: .* separator seems to be the comma, but some lines have more than two columns"):
        rows("a,one, two\nb,three\n")
    assert rows('a,"one, two"\nb,three\n') == [("a", "one, two"), ("b", "three")]


# -- what is kept apart --------------------------------------------------------------------------------------------


def test_equal_rows_are_on_one_side_and_later_rows_move_none() -> None:
    texts = [f"row {i % 40}" for i in range(80)]
    held = held_out_rows(texts, [0] * 80, 7)
    assert (held[:40] == held[40:]).all()
    assert 0.05 < held.mean() < 0.3
    assert (held_out_rows([*texts, "another"], [0] * 81, 7)[:80] == held).all()


def test_every_class_is_on_both_sides_where_it_has_two_texts() -> None:
    texts = [f"{group}{i}" for group in range(20) for i in range(2)]
    groups = np.repeat(np.arange(20), 2).tolist()
    held = held_out_rows(texts, groups, 7).reshape(20, 2)
    assert (held.sum(1) == 1).all()


def test_a_class_with_one_text_is_learned_and_not_only_asked_for(tmp_path: Path) -> None:
    assert held_out_rows(["a", "a", "b", "b"], [0, 0, 1, 1], 1).tolist() == [False] * 4
    file = tmp_path / "a.tsv"
    file.write_text("a\tx\nb\ty\n" * 30)
    data = load_sentences(f"file:{file}", 1)
    assert 0 < data.held_out.sum() < 60
    assert data.record["assumed"][-1] == f"{file}: validation repeats training texts, as only 2 are distinct"


# -- pairs ---------------------------------------------------------------------------------------------------------


def test_targets_keep_their_case_and_words_their_accents(tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("".join(f"ein Haus {i}\tDas U\u0308bel {i}\n" for i in range(30)))
    by_word = load_pairs(f"file:{file}", "word", 0, 20, 1, CPU)
    assert by_word.target_vocabulary.names[4:6] == ("Das", "\u00dcbel")
    by_character = load_pairs(f"file:{file}", "char", 0, 40, 1, CPU)
    assert by_character.join(by_character.target_vocabulary.decode(by_character.train.target[0].tolist())).startswith("Das \u00dcbel ")
    assert by_word.source_vocabulary.decode(by_word.encode_source("Ein haus 1"))[:2] == ["ein", "Haus"]


def test_what_is_compared_is_said_and_an_unknown_word_is_never_exact(tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("".join(f"say {i}\tWord{i}\n" for i in range(60)))
    run = api.train(
        "seq2seq", steps=1, run=tmp_path / "run", device="cpu", data=f"file:{file}", hidden=8, width=8, min_count=2, validate_every=0
    )
    figures = run.evaluate("cpu")
    assert figures["compared"] == "words of held-out pairs, with their case"
    assert figures["exact"] == 0.0
    dates = api.train(
        "seq2seq", steps=1, run=tmp_path / "dates", device="cpu", data="numbers", pairs=100, hidden=8, width=8, validate_every=0
    )
    assert dates.evaluate("cpu")["compared"] == "characters of held-out pairs, in lower case"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"label": "a", "text": "one"}\n{"label": "b", "text": "two"}\n', "t is JSON, not TSV"),
        ('[\n {"label": "a"},\n {"label": "b"}\n]\n', "t is JSON, not TSV"),
        ("<!DOCTYPE html>\n<table><tr><td>a</td></tr></table>\n", "t is a web page or XML, not TSV"),
    ],
)
def test_what_has_no_lines_of_cells_is_said_to_be_what_it_is(text: str, sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        read_rows(text.encode(), "t", "labelled")
    assert read_rows(b"{a}\tone [1]\n<b>\ttwo\n", "t", "labelled").rows == [("{a}", "one [1]"), ("<b>", "two")]
