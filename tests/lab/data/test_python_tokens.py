"""Python source: the kind of every character, and which files are kept apart."""

from pathlib import Path

import pytest
import torch

from lab.data.python_tokens import KINDS, kinds_of, load_tagged
from lab.errors import LabError

CPU = torch.device("cpu")


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return f"file:{path}"


def test_every_character_of_source_has_the_kind_that_tokenize_gives_it() -> None:
    source = "def f(x):  # why\n    return len('é\t') + 1\n"
    kinds = [KINDS[k] for k in kinds_of(source)]
    kinds_of_parts = {
        source[i : i + n]: set(kinds[i : i + n]) for i, n in ((0, 3), (4, 1), (5, 1), (11, 5), (21, 6), (28, 3), (32, 4), (38, 1), (40, 1))
    }
    assert kinds_of_parts == {
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
    with pytest.raises(LabError, match="not valid Python"):
        load_tagged(write(tmp_path / "a.py", "x = '''" * 99), 10_000, 16, 0, CPU)


def test_labels_of_source_stay_in_place_after_a_form_feed(tmp_path: Path) -> None:
    source = "a = 1  # one\x0ctwo\u2028three\x85four\n\x0c\ndef f(): pass\n"
    kinds = [KINDS[k] for k in kinds_of(source)]
    start = source.index("def")
    assert kinds[start : start + 5] == ["keyword"] * 3 + ["space", "name"]
    assert set(kinds[source.index("#") : source.index("\n")]) == {"comment"}
    file = tmp_path / "a.py"
    file.write_bytes(b"\xef\xbb\xbf" + b"x = 1\r\ndef f():\r\n    pass\r\n" * 20)
    tagged = load_tagged(f"file:{file}", 10_000, 16, 0, CPU)
    assert len(tagged.train) + len(tagged.validation) == len("x = 1\ndef f():\n    pass\n") * 20
    file.write_bytes("# -*- coding: latin-1 -*-\ns = '\u00e4'\n".encode("latin-1") * 20)
    assert len(load_tagged(f"file:{file}", 10_000, 16, 0, CPU).train) > 16


def test_a_notebook_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Its JSON would pass for Python."""
    file = tmp_path / "mine.ipynb"
    file.write_text('{"cells": [{"cell_type": "code", "source": ["x = 1"]}], "metadata": {}, "nbformat": 4}' + " " * 400)
    with pytest.raises(LabError, match=r"mine\.ipynb is a Jupyter notebook, not Python source: save it as a script"):
        load_tagged(f"file:{file}", 1000, 16, 0, torch.device("cpu"))
