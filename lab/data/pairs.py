"""Pairs of a source and a target sentence: generated dates and number words, Multi30k, any TSV.

Read first: `load_pairs`.
"""

import gzip
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from lab.data.catalogue import Absent, file_of, loader, missing, shown
from lab.data.record import Record, of_content, rules_of
from lab.data.sentences import held_out_rows, own_rows
from lab.data.tsv import SentencePairs
from lab.data.words import EOS, SOS, Vocabulary, readable, words
from lab.errors import LabError, UsageError
from lab.registry import load

Tokens = Literal["auto", "char", "word"]
BY_CHARACTER = ("dates", "numbers", "recall", "adding")
"""The data whose tokens are characters unless told otherwise."""


@dataclass(frozen=True)
class Part:
    """source (N, S) and target (N, T) int32 on the device, 0 after their ends; a target begins with <SOS> and ends with <EOS>."""

    source: Tensor
    target: Tensor
    lengths: Tensor
    """(N, 2) int64 on the CPU: how long each source and target is, so that no step has to ask the device."""

    def __len__(self) -> int:
        return len(self.source)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S') and (B, T') int64, cut to the longest of the `rows` (B,), which are on the CPU."""
        source, target = self.lengths[rows].amax(0).tolist()
        rows = rows.to(self.source.device, non_blocking=True)
        return self.source[rows, :source].long(), self.target[rows, :target].long()


@dataclass(frozen=True)
class Pairs:
    """Both parts, both vocabularies, and whether tokens are characters or words."""

    train: Part
    validation: Part
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary
    by_word: bool
    record: Record

    def split(self, text: str) -> list[str]:
        return tokens_of(text, self.by_word, self.record["rules"])

    def join(self, names: list[str]) -> str:
        return (" " if self.by_word else "").join(names)

    def known_form(self, name: str) -> str:
        """A source token as the vocabulary has it: a word at the beginning of a sentence may be known in lower case only."""
        known = self.source_vocabulary.numbers
        return next((form for form in (name, name.lower(), name.capitalize()) if form in known), name)

    def encode_source(self, text: str) -> list[int]:
        """The numbers of a user's sentence. Raises UsageError where it is empty, or has a character that is unknown."""
        names = [self.known_form(name) for name in self.split(text)]
        if not names:
            raise UsageError("The sentence is empty: enter some words to translate.")
        unknown = [name for name in dict.fromkeys(names) if name not in self.source_vocabulary.numbers]
        if unknown and not self.by_word:
            known = "".join(sorted(self.source_vocabulary.names[4:]))
            raise UsageError(
                f"The sentence has {' '.join(map(repr, unknown[:5]))}, which the training data does not. The network knows: {known}"
            )
        return self.source_vocabulary.encode(names)


def tokens_of(text: str, by_word: bool, rules: int) -> list[str]:
    """A text as words or characters: in lower case by the first rules, else with its case, and a letter with its accents as one."""
    if by_word:
        return words(text, rules, lower=rules == 1)
    return list(text.lower() if rules == 1 else readable(text, lower=False))


def load_pairs(
    data: str, tokens: Tokens, count: int, longest: int, least: int, device: torch.device, remembered: Record | None = None
) -> Pairs:
    """The pairs of a data set. `count` is how many dates or numbers are generated; `least` how often a word must occur.

    Pairs with a side of more than `longest` tokens are left out. The vocabularies are those that a stored run has `remembered`.
    """
    by_word = tokens == "word" or (tokens == "auto" and data not in BY_CHARACTER)
    if remembered and missing(data) is not None:
        absent: Any = Absent(data)
        known = [Vocabulary.from_names(remembered[key]) for key in ("source_vocabulary", "target_vocabulary")]
        return Pairs(absent, absent, known[0], known[1], by_word, {"rules": 1, **remembered})
    rules = rules_of(file_of(data) is not None, remembered)
    pairs: SentencePairs = load(loader(data, "sentence pairs"))(data, count, rules)
    train, validation, assumed = pairs.train, pairs.validation, pairs.assumed
    sides = [[tuple(tokens_of(text, by_word, rules) for text in row) for row in part] for part in (train, validation)]
    kept = [[(a, b) for a, b in part if 0 < len(a) <= longest and 0 < len(b) < longest] for part in sides]
    if kept[0] and not sides[1]:
        raise LabError(
            f"{shown(data)}: all {len(sides[0])} pairs have the same source, so none can be held out for validation. Check that the source "
            "stands in the first column."
        )
    if not kept[0] or not kept[1]:
        raise LabError(
            f"{shown(data)} has {sum(map(len, sides))} pairs, too few of them within --max-length {longest}. At least 10 are needed."
        )
    if (left_out := sum(map(len, sides)) - sum(map(len, kept))) and rules > 1:
        assumed = [*assumed, f"{shown(data)}: {left_out:,} pairs ignored: a side has more than {longest} tokens (--max-length)"]
    least = least if by_word else 1
    source, target = Vocabulary.of((a for a, _ in kept[0]), least), Vocabulary.of((b for _, b in kept[0]), least)
    content = [f"{a}\t{b}" for a, b in pairs.rows]
    record: Record = {
        "data": data, **of_content(content, "rows", remembered), "source_vocabulary": list(source.names),
        "target_vocabulary": list(target.names), "length": max(len(b) for _, b in kept[0]) + 2, "rules": rules, "assumed": assumed,
    }  # fmt: skip
    source, target = source.as_remembered(remembered, "source_vocabulary"), target.as_remembered(remembered, "target_vocabulary")
    made = []
    for part in kept:
        sources, targets = [source.encode(a) for a, _ in part], [[SOS, *target.encode(b), EOS] for _, b in part]
        lengths = torch.tensor([list(map(len, sources)), list(map(len, targets))]).T.contiguous()
        made.append(Part(padded(sources).to(device), padded(targets).to(device), lengths))
    return Pairs(made[0], made[1], source, target, by_word, record)


def padded(sequences: list[list[int]]) -> Tensor:
    """(N, longest) int32 with 0 after each end."""
    rows = np.zeros((len(sequences), max(map(len, sequences))), np.int32)
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = sequence
    return torch.from_numpy(rows)


def own_pairs(data: str, count: int, rules: int) -> SentencePairs:
    """The pairs of one's own TSV, of which about a tenth of the sources is for validation."""
    pairs = own_rows(data, "pairs", rules)
    if rules > 1:
        held_out = held_out_rows([source for source, _ in pairs.rows], [0] * len(pairs.rows), 10)
    else:
        held_out = np.random.default_rng(0).permutation(len(pairs.rows)) % 10 == 0
    train, validation = ([row for row, out in zip(pairs.rows, held_out, strict=True) if out == wanted] for wanted in (False, True))
    return SentencePairs(train, validation, pairs.rows, pairs.assumed)


def multi30k(data: str, count: int, rules: int) -> SentencePairs:
    """German and English captions: 29,000 for training, 1,014 for validation."""
    from lab.data.downloads import fetched

    parts = []
    for part in ("train", "val"):
        try:
            german, english = (
                gzip.decompress(fetched("multi30k", f"{part}.{language}.gz").read_bytes()).decode("utf-8").strip().split("\n")
                for language in ("de", "en")
            )
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise LabError(f"Multi30k cannot be read ({error}). Delete its files and try again.") from None
        parts.append(list(zip(german, english, strict=True)))
    return SentencePairs(parts[0], parts[1], [*parts[0], *parts[1]])
