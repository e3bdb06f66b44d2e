"""GloVe (Pennington et al. 2014): word vectors from how often words stand near each other, counted once over the whole text."""

from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from lab.answers import Table
from lab.data.record import Record
from lab.experiment import Metrics, view
from lab.parameters import Count
from lab.recipes.sequence.glove_config import GloVeConfig
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.recipes.sequence.word_vectors import WordText, WordVectorViews
from models.sequence.glove import GloVe, cooccurrences

HELD_OUT = 20
"""One pair of words in so many is for validation."""


class GloVeRecipe(SequenceExperiment):
    """One step is one batch of pairs of words."""

    log_every = 100
    view_parts: ClassVar[dict[str, type]] = {"vectors": WordVectorViews}
    config: GloVeConfig

    def __init__(self, config: GloVeConfig, device: torch.device):
        super().__init__(config, device)
        c = config
        self.text = WordText(c.data, c.min_count, c.words, c.window, self.remembered)
        self.vectors = WordVectorViews(self.text)
        self.install(lambda: GloVe(len(self.text.names), c.width, c.dropout))

    @cached_property
    def pairs(self) -> tuple[Tensor, Tensor, Tensor]:
        """(keys (M,), X (M,) float32, held out (M,) bool) of all pairs that occur, counted when first needed."""
        counted = cooccurrences(torch.from_numpy(self.text.numbers), self.config.window, len(self.text.names))
        keys, x = (part.to(self.device) for part in counted)  # A GPU would add up the counts in any order.
        # A pair and its mirror image are on one side: they have one count.
        size = len(self.text.names)
        low, high = torch.minimum(keys // size, keys % size), torch.maximum(keys // size, keys % size)
        return keys, x.float(), (low * 7_919 + high * 104_729) % HELD_OUT == 0

    @cached_property
    def parts(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Keys and counts for training, and for validation."""
        keys, x, out = self.pairs
        return (keys[~out], x[~out]), (keys[out], x[out])

    def read_data(self) -> None:
        _ = self.text.numbers[:1]

    def of_pairs(self, net: Any, keys: Tensor, x: Tensor) -> Tensor:
        size = len(self.text.names)
        return net(keys // size, keys % size, x)

    def next_batch(self) -> tuple[Tensor, ...]:
        keys, x = self.parts[0]
        rows = torch.randint(len(keys), (self.config.batch_size,), generator=self.generator).to(self.device, non_blocking=True)
        return keys[rows], x[rows]

    def loss(self, *batch: Tensor) -> tuple[Tensor, Metrics]:
        return self.of_pairs(self.compute, *batch), {}

    def validation_loss(self, most: int | None = None) -> Tensor:
        """On pairs that training does not see."""
        keys, x = self.parts[1]
        return self.of_pairs(self.evaluating(), keys, x)

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        return {
            "loss": float(self.validation_loss()),
            "words": len(self.text.names),
            "pairs": len(self.pairs[0]),
            "parameters": self.parameter_count,
            **self.text.figures(self.net),
        }

    def data_record(self) -> Record:
        return self.text.record

    # -- views -----------------------------------------------------------------------------------------------------

    @view
    def ratios(self, a: str = "", b: str = "", count: Count = 12) -> Table:
        """Which words tell two words apart: those seen near one far more often than near the other, by the ratio of their probabilities P(k | a) / P(k | b)."""
        names, size = self.text.names, len(self.text.names)
        if not (a and b):
            a, b = ("man", "woman") if {"man", "woman"} <= set(names) else (names[min(100, size - 2)], names[min(101, size - 1)])
        keys, x, _ = self.pairs
        near = []
        for word in (a, b):
            number = self.text.number(word)
            own = keys // size == number
            row = torch.zeros(size, device=self.device).index_add_(0, keys[own] % size, x[own])
            near.append((row + 0.01) / (row + 0.01).sum())
        ratio = near[0] / near[1]
        best = [*ratio.topk(min(count // 2, size)).indices.tolist(), *(-ratio).topk(min(count // 2, size)).indices.tolist()[::-1]]
        rows = [[names[k], float(near[0][k]), float(near[1][k]), float(ratio[k])] for k in best]
        return Table(["word", f"P(word | {a})", f"P(word | {b})", "ratio"], rows)
