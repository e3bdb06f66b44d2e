"""Texts: what is read, what is kept apart, and what is refused."""

import bz2
import lzma
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.data.catalogue import check, subject
from lab.data.text import UNKNOWN, Codec, by_character, load_text, read_bytes
from lab.errors import LabError, UsageError

CPU = torch.device("cpu")


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return f"file:{path}"


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


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (bz2.compress(b"some text " * 50), "compressed (bzip2)"),
        (lzma.compress(b"some text " * 50), "compressed (xz)"),
        (rb"{\rtf1\ansi Some text}" * 30, "rich text (RTF)"),
        (b"PAR1" + bytes(200), "Parquet"),
        (b"\x93NUMPY" + bytes(200), "an array of NumPy"),
    ],
)
def test_what_is_no_plain_text_is_said_to_be_what_it_is(tmp_path: Path, raw: bytes, kind: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(raw)
    with pytest.raises(LabError, match=re.escape(f"a.txt is {kind}")):
        load_text(f"file:{file}", "char", CPU, 8)
