"""Words as tokens: how text is cut into them, and vocabularies of the commonest."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from lab.data.record import Record

SPECIALS = ("<PAD>", "<SOS>", "<EOS>", "<UNK>")
PAD, SOS, EOS, UNK = range(4)
WORD = re.compile(r"\w+(?:[-'\u2019]\w+)*|[^\w\s]")


def words(text: str) -> list[str]:
    """Lower-case words and single punctuation marks."""
    return WORD.findall(text.lower())


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
        found = []
        for number in numbers:
            if number == EOS:
                break
            if number not in (PAD, SOS):
                found.append(self.names[number])
        return found
