"""word2vec: skip-gram and CBOW with negative sampling (Mikolov et al. 2013), on the words of any text.

The text is subsampled once (frequent words are dropped at random); every step draws random positions in it.
"""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from lab.data.catalogue import shown
from lab.data.record import Record
from lab.errors import LabError
from lab.experiment import Metrics
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.recipes.sequence.word2vec_config import Word2VecConfig
from lab.recipes.sequence.word_vectors import WordText, WordVectorViews
from models.sequence.word2vec import Word2Vec as Word2VecNetwork


class Word2Vec(SequenceExperiment):
    """One step is one batch of (word, neighbours) pairs."""

    log_every = 100

    config: Word2VecConfig
    view_parts: ClassVar[dict[str, type]] = {"vectors": WordVectorViews}

    def __init__(self, config: Word2VecConfig, device: torch.device):
        super().__init__(config, device)
        c = config
        self.text = WordText(c.data, c.min_count, c.words, c.window, self.remembered)
        self.vectors = WordVectorViews(self.text)
        self.train_words, self.test_words, self.noise = self.parts()
        self.install(lambda: Word2VecNetwork(len(self.text.names), c.width, c.dropout, c.output == "hierarchical softmax"))

    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        """The words of both parts of the text after subsampling, and the distribution of the negative samples."""
        c, counts = self.config, self.text.counts
        if counts is None:
            absent: Any = self.text.numbers
            return absent, absent, absent
        numbers, frequency = self.text.numbers, counts / counts.sum()
        # Section 2.3: a word is kept with probability sqrt(t / f).
        kept = np.random.default_rng(c.seed).random(len(numbers)) < np.sqrt(c.subsample / frequency[numbers])
        numbers = numbers[kept]
        cut = len(numbers) * 9 // 10
        train, test = (torch.from_numpy(part).to(self.device) for part in (numbers[:cut], numbers[cut:]))
        if len(test) <= 2 * c.window:
            raise LabError(f"{shown(c.data)} is too short after subsampling its frequent words. Raise --subsample.")
        return train, test, torch.from_numpy(counts**0.75)  # Section 2.2.

    def data_record(self) -> Record:
        return self.text.record

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

    def next_batch(self) -> tuple[Tensor, ...]:
        return self.batch(self.train_words, self.config.batch_size, self.generator)

    def loss(self, *batch: Tensor) -> tuple[Tensor, Metrics]:
        return self.compute(*batch), {}

    def validation_loss(self, most: int | None = None) -> Tensor:
        """On the last tenth of the text, always the same pairs."""
        net = self.evaluating()
        return net(*self.batch(self.test_words, 20_000, torch.Generator().manual_seed(1)))

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """The loss, and beside it that of an untrained model: (1 + K) log 2, or about log V by hierarchical softmax."""
        c, words = self.config, len(self.text.names)
        chance = np.log(words) if c.output == "hierarchical softmax" else (1 + c.negatives) * np.log(2)
        return {
            "loss": float(self.validation_loss()),
            "chance": float(chance),
            "words": words,
            "parameters": self.parameter_count,
            **self.text.figures(self.net),
        }
