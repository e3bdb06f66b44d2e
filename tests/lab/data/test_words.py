"""Words and letters of every script: what belongs together stays together."""

import numpy as np
import pytest
import torch

from lab.data.encoding import composed, decode
from lab.data.text import Codec, load_text
from lab.data.words import letter_words, words
from lab.errors import LabError

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop, well-known!", ["don't", "stop", ",", "well-known", "!"]),
        ("\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e", ["\u0939\u093f\u0928\u094d\u0926\u0940", "\u092d\u093e\u0937\u093e"]),  # Hindi
        ("\u0ba4\u0bae\u0bbf\u0bb4\u0bcd.", ["\u0ba4\u0bae\u0bbf\u0bb4\u0bcd", "."]),  # Tamil
        ("\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22", ["\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22"]),  # Thai
        ("U\u0308ber Ko\u0308ln", ["\u00fcber", "k\u00f6ln"]),  # decomposed umlauts
        ("\u0130stanbul", ["i\u0307stanbul"]),  # dotted I
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"]),  # Persian with a joiner
        ("W\u00f6r\u00adter", ["w\u00f6rter"]),  # a soft hyphen
        ("ok \U0001f44d\U0001f3fd\U0001f1e9\U0001f1ea", ["ok", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea"]),
        ("a\u2028b\x85c\x0cd", ["a", "b", "c", "d"]),
    ],
)  # fmt: skip
def test_words_are_cut_where_a_reader_would(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_case_is_kept_where_it_is_asked_for() -> None:
    assert words("The U\u0308bung", lower=False) == ["The", "\u00dcbung"]


def test_letter_words_have_their_marks_but_no_digits() -> None:
    assert letter_words("x2 can't \u0939\u093f\u0928\u094d\u0926\u0940 e\u0301t\u00e9_1") == [
        "x",
        "can't",
        "\u0939\u093f\u0928\u094d\u0926\u0940",
        "\u00e9t\u00e9",
    ]


def test_the_first_rules_cut_as_they_did() -> None:
    """Runs that were trained by them are opened by them."""
    assert words("u\u0308b", rules=1) == ["u", "\u0308", "b"]
    assert letter_words("u\u0308b", rules=1) == ["u", "b"]


# -- bytes to text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_text_is_the_same_in_every_encoding_of_unicode(encoding: str) -> None:
    assert decode("good \u00e4\r\nb\rc\n".encode(encoding), "a.txt")[0] == "good \u00e4\nb\nc\n"


def test_lines_end_where_an_editor_ends_them() -> None:
    text = "a\x0cb\x85c\u2028d\x1ce"
    assert decode(text.encode(), "a.txt")[0] == text


def test_other_encodings_are_refused_or_said() -> None:
    with pytest.raises(LabError, match=r"a.txt is not UTF-8 text: byte 0xe4 at position 1\. Save it as UTF-8\."):
        decode(b"B\xe4r", "a.txt")
    assert decode(b"B\xe4r", "a.txt", latin=True) == ("B\u00e4r", ["encoding Windows-1252"])
    with pytest.raises(LabError, match=r"NUL characters \(first at position 1\)"):
        decode(b"a\0b\n", "a.txt")


def test_characters_of_a_text_are_composed_and_so_is_a_prompt(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "a.txt"
    file.write_bytes(("\ufeffKo\u0308ln\r\n" * 40).encode())
    corpus = load_text(f"file:{file}", "char", CPU, 8)
    assert "".join(map(chr, corpus.codec.vocabulary)) == "\nKln\u00f6"
    assert corpus.codec.decode(corpus.codec.encode("Ko\u0308ln")) == "K\u00f6ln"
    assert "byte-order mark" in corpus.record["assumed"][0]
    assert "(NFC)" in corpus.record["assumed"][0]
    raw = load_text(f"file:{file}", "byte", CPU, 8)
    assert len(raw.train) + len(raw.validation) == file.stat().st_size


def test_a_codec_without_composed_letters_takes_a_prompt_as_it_is() -> None:
    codec = Codec(np.array([ord("a"), ord("b")], np.int32))
    assert codec.encode("ab").tolist() == [0, 1]
    assert composed("e\u0301") == "\u00e9"
