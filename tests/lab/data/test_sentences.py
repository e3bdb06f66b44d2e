"""Labelled sentences: what is kept apart, and what is refused."""

from pathlib import Path

import pytest
import torch

from lab.data.sentences import load_sentences
from lab.errors import LabError

CPU = torch.device("cpu")


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return f"file:{path}"


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
    with pytest.raises(LabError, match="has 1 label with"):
        load_sentences(write(tmp_path / "a.tsv", "good\tvery nice\n" * 9), 1)
