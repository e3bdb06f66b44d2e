"""Sentences with tags: letters and their kinds, names that are held out, one's own file of two columns, and the F1 of spans."""

from pathlib import Path

import pytest
import torch

from lab.data.catalogue import check
from lab.data.tagged_text import Sentence, entities, letters, load_tagged_text
from lab.errors import LabError
from lab.recipes.sequence.tag import span_f1

CPU = torch.device("cpu")


def test_letters_have_their_words_kind_and_a_blank_within_a_name_too() -> None:
    text, kinds = letters(
        [[("Ada", "person"), ("Lo", "person"), ("is", "other"), ("in", "other"), ("Rome", "place")]], ("other", "person", "place")
    )
    assert text == "Ada Lo is in Rome\n"
    assert kinds.tolist() == [1] * 6 + [0] * 7 + [2] * 4 + [0]


def test_no_name_of_the_validation_part_is_in_the_training_part() -> None:
    made = entities()

    def names(sentences: list[Sentence]) -> set[str]:
        joined = set()
        for sentence in sentences:
            current: list[str] = []
            for word, tag in [*sentence, ("", "other")]:
                if tag == "other":
                    joined |= {" ".join(current)} if current else set()
                    current = []
                else:
                    current.append(word)
        return joined

    assert len(names(made.validation)) > 100
    assert not names(made.train) & names(made.validation)


def test_two_columns_of_ones_own_are_read_with_or_without_iob(tmp_path: Path) -> None:
    rows = "Ada\tB-PER\nLo\tI-PER\nsings\tO\n\nRome B-LOC\nsleeps O\n\n" * 30
    path = tmp_path / "a.tsv"
    path.write_text(rows + "Bern B-LOC\nis O\nquiet O\n\n")
    source = load_tagged_text(check(f"file:{path}", "tagged text"), 4, CPU, 2)
    assert source.kinds == ("other", "LOC", "PER")
    assert len(source.train) == len(source.train_kinds)
    path.write_text("Ada\n")
    with pytest.raises(LabError, match=r"line 1: expected a word and its tag, found 'Ada'"):
        load_tagged_text(f"file:{path}", 4, CPU, 2)


def test_the_f1_of_spans_by_hand() -> None:
    """True: two spans. Predicted: one of them, and one whose end is wrong: 1 of 2 right on both sides."""
    assert span_f1([1, 1, 0, 2, 0, 0], [1, 1, 0, 2, 2, 0]) == pytest.approx(0.5)
    assert span_f1([1, 2, 2], [1, 2, 2]) == 1.0
    assert span_f1([0, 0], [0, 0]) == 0.0
