"""Words as tokens: how text is cut into them, and vocabularies of the commonest."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from lab.data.encoding import composed
from lab.data.record import RULES, Record

SPECIALS = ("<PAD>", "<SOS>", "<EOS>", "<UNK>")
PAD, SOS, EOS, UNK = range(4)
WORD = regex.compile(r"\w+(?:[-'\u2019]\w+)*|(?![\w\s])\X")
"""Letters with their marks (Unicode's \\w, which re's is not) and digits, or a single sign: an emoji with its modifiers is one."""
WORD_RULES_1 = re.compile(r"\w+(?:[-'\u2019]\w+)*|[^\w\s]")
LETTERS = regex.compile(r"[\p{L}\p{M}\p{Join_Control}]+(?:['\u2019][\p{L}\p{M}\p{Join_Control}]+)?")
LETTERS_RULES_1 = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")


def words(text: str, rules: int = RULES, *, lower: bool = True) -> list[str]:
    """Words and single punctuation marks, in normal form C; in lower case unless told otherwise."""
    if rules == 1:
        return WORD_RULES_1.findall(text.lower())
    return WORD.findall(readable(text, lower))


def letter_words(text: str, rules: int = RULES) -> list[str]:
    """Words of letters alone, in lower case, without digits and marks between them."""
    return LETTERS_RULES_1.findall(text.lower()) if rules == 1 else LETTERS.findall(readable(text, True))


def readable(text: str, lower: bool) -> str:
    """`text` in normal form C without soft hyphens, which no one sees."""
    text = composed(text).replace("\u00ad", "")
    return composed(text.lower()) if lower else text


@dataclass(frozen=True)
class Vocabulary:
    """Names by number; the first four are <PAD>, <SOS>, <EOS> and <UNK>."""

    names: tuple[str, ...]
    numbers: dict[str, int]

    @classmethod
    def of(cls, sequences: Iterable[Iterable[str]], least: int = 1, most: int = 1_000_000) -> "Vocabulary":
        """The names that occur at least `least` times, the commonest first, `most` in all."""
        counts = Counter(name for sequence in sequences for name in sequence)
        ordered = sorted((name for name, count in counts.items() if count >= least), key=lambda name: (-counts[name], name))
        return cls.from_names((*SPECIALS, *ordered[: max(0, most - len(SPECIALS))]))

    @classmethod
    def from_names(cls, names: Iterable[str]) -> "Vocabulary":
        """The vocabulary of these names, specials included, in this order."""
        names = tuple(names)
        return cls(names, {name: i for i, name in enumerate(names)})

    def as_remembered(self, remembered: Record | None, key: str) -> "Vocabulary":
        """The vocabulary that a stored run has in its data record, or this one where it has none."""
        names = (remembered or {}).get(key)
        return self if names is None else Vocabulary.from_names(names)

    def __len__(self) -> int:
        return len(self.names)

    def encode(self, sequence: Iterable[str]) -> list[int]:
        return [self.numbers.get(name, UNK) for name in sequence]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """Names up to <EOS>, without the other specials but <UNK>."""
        names = []
        for number in numbers:
            if number == EOS:
                break
            if number not in (PAD, SOS):
                names.append(self.names[number])
        return names
