"""What recipes of word vectors share: the words of a text, and the views of their vectors."""

from typing import Any, Literal

import numpy as np
from torch import nn

from lab.answers import Scatter, Table
from lab.data.catalogue import Absent, file_of, missing, shown
from lab.data.record import Record, of_content, rules_of
from lab.data.text import decoded, read_bytes
from lab.data.words import SPECIALS, Vocabulary, letter_words, readable
from lab.errors import LabError, UsageError
from lab.experiment import view
from lab.parameters import Count, Index
from lab.recipes.sequence.language import layout
from models.sequence.word_vectors import WordVectors


class WordText:
    """The words of a text that are common enough, as `numbers` (N,) into `names`, the commonest first, and how often each occurs.

    Of a stored run whose text is not there, `counts` is None and the names are those that it has `remembered`.
    """

    counts: np.ndarray | None

    def __init__(self, data: str, min_count: int, most: int, window: int, remembered: Record | None):
        if remembered and missing(data) is not None:
            self.record = remembered
            self.vocabulary = Vocabulary.from_names(remembered["vocabulary"])
            self.names = self.vocabulary.names[len(SPECIALS) :]
            absent: Any = Absent(data)
            self.counts, self.numbers = None, absent
            return
        raw = read_bytes(data)
        rules = rules_of(file_of(data) is not None, remembered)
        text, assumed = decoded(raw, data, rules)
        text_words = letter_words(text, rules)
        vocabulary = Vocabulary.of([text_words], min_count, most + len(SPECIALS))
        self.record = {
            "data": data, **of_content(raw, "bytes", remembered), "vocabulary": list(vocabulary.names), "rules": rules, "assumed": assumed,
        }  # fmt: skip
        self.vocabulary = vocabulary.as_remembered(remembered, "vocabulary")
        known = self.vocabulary.numbers
        numbers = np.array([known[word] for word in text_words if word in known], np.int64) - len(SPECIALS)
        self.names = self.vocabulary.names[len(SPECIALS) :]
        if len(self.names) < 2 or len(numbers) < 20 * (2 * window + 1):
            raise LabError(
                f"{shown(data)} has {len(numbers):,} words that occur at least {min_count} times, too few for a window of {window}. "
                "Lower --min-count or use a longer text."
            )
        self.numbers, self.counts = numbers, np.bincount(numbers, minlength=len(self.names))

    def number(self, word: str) -> int:
        """The number of a word. Raises UsageError with the nearest spellings where it is unknown."""
        word = readable(word.strip(), lower=True)
        number = self.vocabulary.numbers.get(word, -1) - len(SPECIALS)
        if number < 0:
            import difflib

            near = difflib.get_close_matches(word, self.names, n=3)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise UsageError(f"{word!r} is not in the vocabulary.{hint}")
        return number

    def figures(self, net: nn.Module) -> dict[str, float]:
        """The share of the analogies of the generated text that the vectors answer, by relation; {} for other texts."""
        assert isinstance(net, WordVectors)
        if self.record["data"] != "analogies":
            return {}
        answers = {relation: answered(self, net, questions) for relation, questions in known_questions(self).items()}
        right = [right for row in answers.values() for right in row]
        return {"analogies": float(np.mean(right)), **{f"analogies {name}": float(np.mean(row)) for name, row in answers.items()}}


def known_questions(text: WordText) -> dict[str, list[tuple[str, str, str, str]]]:
    """The questions of the generated text whose words all have vectors."""
    from lab.data.analogies import QUESTIONS

    known = set(text.names)
    return {name: kept for name, rows in QUESTIONS.items() if (kept := [row for row in rows if known.issuperset(row)])}


def answered(text: WordText, net: WordVectors, questions: list[tuple[str, str, str, str]]) -> list[bool]:
    """Of every question a : b = c : d, whether d is the word nearest to b - a + c but for those three."""
    a, b, c, d = np.array([[text.number(word) for word in row] for row in questions]).T
    v = net.vectors()
    cosine = (v[b] - v[a] + v[c]) @ v.T
    for words in (a, b, c):
        cosine[np.arange(len(a)), words] = -9.0
    return [bool(right) for right in cosine.argmax(1).cpu().numpy() == d]


class WordVectorViews:
    """Neighbours, analogies and the plane."""

    def __init__(self, text: WordText):
        self.text = text

    @view(live=True)
    def neighbours(self, net: WordVectors, word: str = "", count: Count = 12) -> Table:
        """The words whose vectors point in the most similar direction (cosine)."""
        names = self.text.names
        number = self.text.number(word or self.examples()[2])
        cosine, nearest = net.nearest(net.table()[number], max(1, count), [number])
        counts = {} if self.text.counts is None else dict(enumerate(self.text.counts.tolist()))
        rows = [[names[i], value, counts.get(i, "")] for value, i in zip(cosine.tolist(), nearest.tolist(), strict=True)]
        return Table(["word", "cosine", "occurrences"], rows, f"nearest to {names[number]!r}")

    @view(live=True)
    def analogy(self, net: WordVectors, a: str = "", b: str = "", c: str = "", count: Count = 8) -> Table:
        """a is to b as c is to ... : the words nearest to b - a + c."""
        if not (a or b or c):
            a, b, c = self.examples()
        if not (a and b and c):
            raise UsageError("Give three words: a is to b as c is to ...")
        numbers = [self.text.number(word) for word in (a, b, c)]
        v = net.vectors()
        cosine, nearest = net.nearest(v[numbers[1]] - v[numbers[0]] + v[numbers[2]], max(1, count), numbers)
        rows = [[self.text.names[i], value] for value, i in zip(cosine.tolist(), nearest.tolist(), strict=True)]
        return Table(["word", "cosine"], rows, f"{a} is to {b} as {c} is to")

    def examples(self) -> tuple[str, str, str]:
        """Three words for a view that was given none: man, woman, king, where the text has them."""
        names = self.text.names
        known = (
            words for words in (("man", "woman", "king"), ("list", "lists", "string"), ("read", "write", "input")) if {*words} <= {*names}
        )
        some = [names[min(200 + i, len(names) - 1 - i)] for i in range(3)]
        return next(known, (some[0], some[1], some[2]))

    @view(live=True)
    def one_hot(self, net: WordVectors, words: str = "", count: Count = 10) -> Table:
        """How similar pairs of words are (cosine) as one-hot vectors, of which every two are at right angles, and as learned vectors."""
        names = self.text.names
        given = [word for word in words.replace(",", " ").split() if word]
        numbers = [self.text.number(word) for word in given or self.examples()]
        v = net.vectors()
        pairs = [(i, j) for n, i in enumerate(numbers) for j in numbers[n + 1 :]][:count]
        return Table(["word", "word", "one-hot", "learned"], [[names[i], names[j], float(i == j), float(v[i] @ v[j])] for i, j in pairs])

    @view(live=True)
    def words(self, net: WordVectors, count: Count = 150, skip: Index = 50, method: Literal["pca", "tsne"] = "pca") -> Scatter:
        """Common words in two dimensions: similar ones are close, the axes mean nothing by themselves. The `skip` most common
        ones, which say little, are left out."""
        skip = max(0, min(skip, len(self.text.names) - 2))
        part = slice(skip, skip + max(2, min(count, 1000)))
        return layout(net.vectors()[part], list(self.text.names[part]), method, "words")
