"""word2vec: skip-gram and CBOW with negative sampling (Mikolov et al. 2013), on the words of any text.

The text is subsampled once (frequent words are dropped at random); every step draws random positions in it.
"""

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from lab.answers import Scatter, Table
from lab.data.catalogue import Absent, file_of, missing, shown
from lab.data.record import Record, of_content, rules_of
from lab.data.text import decoded, read_bytes
from lab.data.words import SPECIALS, Vocabulary, letter_words, readable
from lab.errors import LabError, UsageError
from lab.experiment import Metrics, view
from lab.parameters import Count, Index
from lab.recipes.sequence.language import layout
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.recipes.sequence.word2vec_config import Word2VecConfig
from models.sequence.word2vec import Word2Vec as Word2VecNetwork


class Word2Vec(SequenceExperiment):
    """One step is one batch of (word, neighbours) pairs."""

    log_every = 100

    config: Word2VecConfig
    train_words: Tensor
    test_words: Tensor
    noise: Tensor
    counts: np.ndarray | None
    """How often each word occurs; None where the text is not there."""

    def __init__(self, config: Word2VecConfig, device: torch.device):
        super().__init__(config, device)
        if self.remembered and missing(config.data) is not None:
            self.take_no_text(self.remembered)
        else:
            self.take_text()
        self.install(lambda: Word2VecNetwork(len(self.names), config.width, config.dropout))

    def take_no_text(self, remembered: Record) -> None:
        """What a stored run can do without its data: compare words."""
        self.record = remembered
        self.vocabulary = Vocabulary.from_names(remembered["vocabulary"])
        self.names = self.vocabulary.names[len(SPECIALS) :]
        self.counts = None
        absent: Any = Absent(self.config.data)
        self.train_words = self.test_words = self.noise = absent

    def take_text(self) -> None:
        """The words of the text that are common enough, as numbers on the device, in two parts."""
        c = self.config
        raw = read_bytes(c.data)
        rules = rules_of(file_of(c.data) is not None, self.remembered)
        text, assumed = decoded(raw, c.data, rules)
        text_words = letter_words(text, rules)
        vocabulary = Vocabulary.of([text_words], c.min_count, c.words + len(SPECIALS))
        self.record = {
            "data": c.data, **of_content(raw, "bytes", self.remembered), "vocabulary": list(vocabulary.names), "rules": rules,
            "assumed": assumed,
        }  # fmt: skip
        self.vocabulary = vocabulary.as_remembered(self.remembered, "vocabulary")
        numbers = np.array([self.vocabulary.numbers[word] for word in text_words if word in self.vocabulary.numbers], np.int64) - len(
            SPECIALS
        )
        self.names = self.vocabulary.names[len(SPECIALS) :]
        if len(self.names) < 2 or len(numbers) < 20 * (2 * c.window + 1):
            raise LabError(
                f"{shown(c.data)} has {len(numbers):,} words that occur at least {c.min_count} times, too few for a window of {c.window}. "
                "Lower --min-count or use a longer text."
            )
        counts = np.bincount(numbers, minlength=len(self.names))
        frequency = counts / counts.sum()
        # Section 2.3: a word is kept with probability sqrt(t / f).
        kept = np.random.default_rng(c.seed).random(len(numbers)) < np.sqrt(c.subsample / frequency[numbers])
        numbers = numbers[kept]
        cut = len(numbers) * 9 // 10
        self.train_words, self.test_words = (torch.from_numpy(part).to(self.device) for part in (numbers[:cut], numbers[cut:]))
        if len(self.test_words) <= 2 * c.window:
            raise LabError(f"{shown(c.data)} is too short after subsampling its frequent words. Raise --subsample.")
        self.noise = torch.from_numpy(counts**0.75)  # The distribution of the negative samples (section 2.2).
        self.counts = counts

    def data_record(self) -> Record:
        return self.record

    def batch(self, words: Tensor, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """given (B, W), present (B, W), true (B,), noise (B, K) at `size` random places of a text (N,)."""
        c = self.config
        middle = torch.randint(c.window, len(words) - c.window, (size,), generator=generator)
        reach = torch.randint(1, c.window + 1, (size,), generator=generator)  # Nearer words are drawn more often.
        noise = (
            torch.multinomial(self.noise, size * c.negatives, replacement=True, generator=generator)
            .view(size, -1)
            .to(self.device, non_blocking=True)
        )
        if c.method == "cbow":
            offsets = torch.cat([torch.arange(-c.window, 0), torch.arange(1, c.window + 1)])
            given = words[(middle[:, None] + offsets).to(self.device, non_blocking=True)]
            present = (offsets.abs() <= reach[:, None]).to(self.device, non_blocking=True)
            return given, present, words[middle.to(self.device, non_blocking=True)], noise
        distance = (torch.rand(size, generator=generator) * reach).long() + 1  # 1 to reach
        side = 2 * torch.randint(2, (size,), generator=generator) - 1
        given = words[middle.to(self.device, non_blocking=True)][:, None]
        return given, torch.ones_like(given, dtype=torch.bool), words[(middle + side * distance).to(self.device, non_blocking=True)], noise

    def loss(self) -> tuple[Tensor, Metrics]:
        return self.compute(*self.batch(self.train_words, self.config.batch_size, self.generator)), {}

    def validation_loss(self, most: int | None = None) -> Tensor:
        """On the last tenth of the text, always the same pairs."""
        net = self.evaluating()
        return net(*self.batch(self.test_words, 20_000, torch.Generator().manual_seed(1)))

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """The loss, and beside it that of an untrained model, (1 + K) log 2."""
        return {
            "loss": float(self.validation_loss()),
            "chance": (1 + self.config.negatives) * float(np.log(2)),
            "words": len(self.names),
            "parameters": self.parameter_count,
        }

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

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def neighbours(self, net: Word2VecNetwork, word: str = "", count: Count = 12) -> Table:
        """The words whose vectors point in the most similar direction (cosine)."""
        number = self.number(word) if word else min(200, len(self.names) - 1)
        cosine, nearest = net.nearest(net.inputs.weight[number], max(1, count), [number])
        counts = {} if self.counts is None else dict(enumerate(self.counts.tolist()))
        rows = [[self.names[i], value, counts.get(i, "")] for value, i in zip(cosine.tolist(), nearest.tolist(), strict=True)]
        return Table(["word", "cosine", "occurrences"], rows, f"nearest to {self.names[number]!r}")

    @view(live=True)
    def analogy(self, net: Word2VecNetwork, a: str = "", b: str = "", c: str = "", count: Count = 8) -> Table:
        """a is to b as c is to ... : the words nearest to b - a + c."""
        if not (a and b and c):
            raise UsageError("Give three words: a is to b as c is to ...")
        numbers = [self.number(word) for word in (a, b, c)]
        v = net.vectors()
        cosine, nearest = net.nearest(v[numbers[1]] - v[numbers[0]] + v[numbers[2]], max(1, count), numbers)
        rows = [[self.names[i], value] for value, i in zip(cosine.tolist(), nearest.tolist(), strict=True)]
        return Table(["word", "cosine"], rows, f"{a} is to {b} as {c} is to")

    @view(live=True)
    def words(self, net: Word2VecNetwork, count: Count = 150, skip: Index = 50, method: Literal["pca", "tsne"] = "pca") -> Scatter:
        """Common words in two dimensions: similar ones are close, the axes mean nothing by themselves. The `skip` most common
        ones, which say little, are left out."""
        skip = max(0, min(skip, len(self.names) - 2))
        part = slice(skip, skip + max(2, min(count, 1000)))
        return layout(net.vectors()[part], list(self.names[part]), method, "words")
