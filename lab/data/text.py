"""Texts as sequences of characters or bytes, on the training device: pydocs, stdlib, tiny Shakespeare, any text file.

Read first: `load_text`. `Codec` turns text into tokens and back; it is made from a network's own vocabulary.
"""

import logging
import sysconfig
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from lab.data.catalogue import Absent, check_there, file_of, loader, missing, shown
from lab.data.encoding import composed, decode
from lab.data.record import RULES, Record, of_content, rules_of
from lab.errors import LabError, UsageError
from lab.readable import size_text
from lab.registry import load

log = logging.getLogger("lab.data")

LARGE = 30 * 2**20
"""Bytes from which on it is said that a file is being read."""
Level = Literal["char", "byte"]
UNKNOWN = "\ufffd"
"""Stands for the characters beyond the 255 commonest of a text."""


@dataclass(frozen=True)
class Codec:
    """Text <-> tokens: `vocabulary` (V,) int32 holds the tokens' code points, or the 256 bytes."""

    vocabulary: np.ndarray
    level: Level = "char"

    def encode(self, text: str, what: str = "prompt", lenient: bool = False) -> np.ndarray:
        """Tokens (N,) int64. Raises UsageError for a character that the network does not know.

        Where `lenient`, such a character becomes the unknown one if there is one, and is left out otherwise.
        """
        if self.level == "byte":
            return np.frombuffer(text.encode("utf-8", "surrogateescape"), np.uint8).astype(np.int64)
        numbers = {int(point): i for i, point in enumerate(self.vocabulary)}
        if any(ord(c) not in numbers for c in text):
            text = composed(text)  # As texts are read; it may have been typed otherwise.
        unknown = numbers.get(ord(UNKNOWN))
        missing = [c for c in dict.fromkeys(text) if ord(c) not in numbers]
        if missing and not lenient:
            shown = " ".join(repr(c) for c in missing[:5])
            known = "".join(chr(c) for c in self.vocabulary if chr(c).isprintable())
            raise UsageError(f"The {what} has {shown}, which the training text does not. The network knows: {known}")
        tokens = [numbers.get(ord(c), unknown) for c in text]
        return np.array([token for token in tokens if token is not None], np.int64)

    def decode(self, tokens: np.ndarray) -> str:
        """The text of tokens (N,); bytes that are no UTF-8 become U+FFFD."""
        if self.level == "byte":
            return np.asarray(tokens, np.uint8).tobytes().decode("utf-8", "replace")
        return "".join(map(chr, self.vocabulary[tokens].tolist()))

    def label(self, token: int) -> str:
        """One token as a short visible label."""
        point = int(self.vocabulary[token])
        if self.level == "byte":
            return chr(point) if 33 <= point < 127 else {10: "⏎", 32: "␣"}.get(point, f"{point:02x}")
        return visible(chr(point))


def visible(character: str) -> str:
    """A character with blanks made visible."""
    return {"\n": "⏎", " ": "␣", "\t": "⇥"}.get(character, character if character.isprintable() else f"{ord(character):x}")


@dataclass(frozen=True)
class Corpus:
    """A text on the device: the first nine tenths for training, the rest for validation; (N,) uint8 each."""

    train: Tensor
    validation: Tensor
    codec: Codec
    record: Record


def load_text(
    data: str, level: Level, device: torch.device, span: int, setting: str = "context", remembered: Record | None = None
) -> Corpus:
    """The text `data`, to be read in windows of `span` tokens, which the setting of that name says.

    The characters of a stored run's vocabulary, which it has `remembered`, are those of its text.
    Raises LabError where it cannot be read, or where a part is shorter than `span` + 1 tokens.
    """
    if remembered and missing(data) is not None:
        absent: Any = Absent(data)
        points = map(ord, remembered["vocabulary"]) if level == "char" else range(256)
        return Corpus(absent, absent, Codec(np.array(list(points), np.int32), level), remembered)
    raw = read_bytes(data)
    rules = rules_of(file_of(data) is not None, remembered)
    record: Record = {"data": data, **of_content(raw, "bytes", remembered), "rules": rules, "assumed": []}
    if level == "byte":
        tokens, vocabulary = np.frombuffer(raw, np.uint8), np.arange(256, dtype=np.int32)
    else:
        text, record["assumed"] = decoded(raw, data, rules, " Or train on its bytes with --level byte.")
        tokens, vocabulary = by_character(text)
        characters = "".join(map(chr, vocabulary.tolist()))
        record["vocabulary"] = characters
        stored = (remembered or {}).get("vocabulary", characters)
        if stored != characters:
            vocabulary = np.array([ord(c) for c in stored], np.int32)
            tokens = Codec(vocabulary).encode(text, lenient=True).astype(np.uint8)
            if len(tokens) < len(text):
                log.warning("%s: %d characters that the network does not know are ignored", shown(data), len(text) - len(tokens))
    split = int(0.9 * len(tokens))
    if len(tokens) - split < span + 1:
        raise LabError(
            f"{shown(data)} has {len(tokens):,} {'characters' if level == 'char' else 'bytes'}, of which a tenth is kept for validation; "
            f"--{setting} {span} needs at least {10 * (span + 1):,}. Take a longer text, or lower --{setting}."
        )
    both = torch.from_numpy(tokens.copy()).to(device)
    return Corpus(both[:split], both[split:], Codec(vocabulary, level), record)


def by_character(text: str) -> tuple[np.ndarray, np.ndarray]:
    """(tokens (N,) uint8, vocabulary (V,) int32 in order of code points, at most 256 of them)."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    known, inverse = np.unique(points, return_inverse=True)
    if len(known) <= 256:
        return inverse.astype(np.uint8), known.astype(np.int32)
    common = np.sort([point for point, _ in Counter(points.tolist()).most_common(255)])
    vocabulary = np.append(common[common != ord(UNKNOWN)], ord(UNKNOWN)).astype(np.int32)
    place = np.full(int(known.max()) + 1, len(vocabulary) - 1, np.uint8)
    place[vocabulary[:-1]] = np.arange(len(vocabulary) - 1)
    return place[points], vocabulary


def read_bytes(data: str) -> bytes:
    """The raw text of a data set. Raises UsageError where it is not one of text, LabError where it cannot be read."""
    return load(loader(data, "text"))(data)


def own_file(data: str) -> bytes:
    check_there(data)
    path = file_of(data)
    assert path is not None
    try:
        if (size := path.stat().st_size) > LARGE:
            log.info("%s: reading %s, which takes a moment", shown(data), size_text(size))
        return path.read_bytes()
    except OSError as error:
        raise LabError(f"{shown(data)} cannot be read ({error.strerror}).") from None


def pydocs(data: str = "pydocs") -> bytes:
    """Every topic of Python's own documentation, one after another."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name].strip() for name in sorted(topics)).encode()


def stdlib(data: str = "stdlib") -> bytes:
    return b"\n".join(file.read_bytes() for file in stdlib_files())


def tinyshakespeare(data: str = "tinyshakespeare") -> bytes:
    from lab.data.downloads import fetched

    return fetched("tinyshakespeare", "tinyshakespeare.txt").read_bytes()


def decoded(raw: bytes, data: str, rules: int = RULES, advice: str = "") -> tuple[str, list[str]]:
    """(text, what was assumed) of a data set's bytes: in normal form C and with \n at line ends, but as they are by the first rules.

    Raises LabError that names the first byte that is not UTF-8, with what else to do than to save the file as that.
    """
    if rules > 1:
        text, assumed = decode(raw, shown(data), advice)
        if not unicodedata.is_normalized("NFC", text):
            assumed.append("combining characters composed (NFC)")
        return composed(text), [f"{shown(data)}: {', '.join(assumed)}"] if assumed else []
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError as error:
        raise LabError(
            f"{shown(data)} is not UTF-8 text: byte 0x{raw[error.start]:02x} at position {error.start:,}. Save it as UTF-8.{advice}"
        ) from None


def stdlib_files() -> list[Path]:
    """The top-level modules of the standard library, by name."""
    return sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
