"""Texts as sequences of words, on the training device; split at the same character as texts of characters are."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.data.catalogue import Absent, file_of, missing, shown
from lab.data.record import Record, of_content, rules_of
from lab.data.text import decoded, read_bytes
from lab.data.words import words
from lab.errors import LabError

UNKNOWN_WORD = "<UNK>"
BEFORE_NO_SPACE = re.compile(r" (?=[.,;:!?)\]}%])|(?<=[(\[{]) ")


@dataclass(frozen=True)
class WordCodec:
    """Text <-> tokens: `names` holds the words, the first of which stands for all others."""

    names: tuple[str, ...]
    rules: int
    numbers: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", {name: i for i, name in enumerate(self.names)})

    @property
    def vocabulary(self) -> np.ndarray:
        return np.arange(len(self.names), dtype=np.int32)

    def encode(self, text: str, what: str = "prompt", lenient: bool = False) -> np.ndarray:
        """Tokens (N,) int64; a word that is not known becomes <UNK>."""
        return np.array([self.numbers.get(word, 0) for word in words(text, self.rules)], np.int64)

    def decode(self, tokens: np.ndarray) -> str:
        return BEFORE_NO_SPACE.sub("", " ".join(self.names[token] for token in tokens))

    def label(self, token: int) -> str:
        return self.names[token]


@dataclass(frozen=True)
class WordCorpus:
    """A text on the device: the words of the first nine tenths for training, the rest for validation; (N,) int32 each."""

    train: Tensor
    validation: Tensor
    codec: WordCodec
    record: Record
    characters: int
    """How many characters the second part has."""


def load_words(data: str, most: int, device: torch.device, span: int, remembered: Record | None = None) -> WordCorpus:
    """The words of the text `data`, of which the `most` common have a number of their own; for windows of `span`.

    The words of a stored run's vocabulary, which it has `remembered`, are those of its text.
    """
    known: Sequence[str] | None = (remembered or {}).get("vocabulary")
    rules = rules_of(file_of(data) is not None, remembered)
    if remembered and known is not None and missing(data) is not None:
        absent: Any = Absent(data)
        return WordCorpus(absent, absent, WordCodec(tuple(known), rules), remembered, 0)
    raw = read_bytes(data)
    text, assumed = decoded(raw, data, rules)
    cut = int(0.9 * len(text))  # As texts of characters are cut.
    train, validation = words(text[:cut], rules), words(text[cut:], rules)
    if min(len(train), len(validation)) < span + 1:
        raise LabError(
            f"{shown(data)} has {len(train) + len(validation):,} words, too few: training and validation need {span + 1:,} each."
        )
    if known is None:
        counts = Counter(train)
        known = [UNKNOWN_WORD, *sorted(counts, key=lambda word: (-counts[word], word))[: most - 1]]
    codec = WordCodec(tuple(known), rules)
    parts = [torch.tensor([codec.numbers.get(word, 0) for word in part], dtype=torch.int32, device=device) for part in (train, validation)]
    record = {"data": data, **of_content(raw, "bytes", remembered), "vocabulary": list(known), "rules": rules, "assumed": assumed}
    return WordCorpus(parts[0], parts[1], codec, record, len(text) - cut)
