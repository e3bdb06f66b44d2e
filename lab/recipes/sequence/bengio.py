"""The neural probabilistic language model (Bengio et al. 2003), on words; n-grams of the same text are its measure."""

import math
import time
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Scatter, Table
from lab.data.record import Record
from lab.errors import UsageError
from lab.experiment import Metrics, view
from lab.parameters import Count, Index
from lab.recipes.sequence.bengio_config import BengioConfig
from lab.recipes.sequence.language import LanguageViews, TextWindows, layout
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from models.sequence.neural_lm import NeuralLM, generate, multiplications

STRETCH = 16
"""Tokens of a row of a batch: each is predicted from those before it."""


class Bengio(SequenceExperiment):
    """One step is one batch of stretches of the text."""

    config: BengioConfig
    view_parts: ClassVar[dict[str, type]] = {"writing": LanguageViews}

    def __init__(self, config: BengioConfig, device: torch.device):
        c = config
        super().__init__(c, device)
        self.text = TextWindows(c.data, c.level, c.context + STRETCH, "context", device, self.remembered, c.words)
        self.install(lambda: NeuralLM(len(self.text.vocabulary), c.context, c.width, c.hidden, c.direct, c.dropout))
        self.writing = LanguageViews(self.text, device, generate, c.context)

    def next_batch(self) -> tuple[Tensor, ...]:
        rows = torch.randint(len(self.text.windows), (max(1, self.config.batch_size // STRETCH),), generator=self.generator)
        return (rows.to(self.device, non_blocking=True),)

    def loss(self, *batch: Tensor) -> tuple[Tensor, Metrics]:
        (rows,) = batch
        return self.cross_entropy(self.text.windows[rows].long()), {}

    def cross_entropy(self, windows: Tensor) -> Tensor:
        """The mean over the tokens (B, context + T + 1) that have a whole context before them."""
        logits, _ = self.compute(windows[:, :-1])
        n = self.config.context
        return F.cross_entropy(logits[:, n - 1 :].float().flatten(0, 1), windows[:, n:].flatten())

    def validation_loss(self, most: int | None = None) -> Tensor:
        """On the last tenth of the text, in windows whose contexts overlap, so that each token is predicted once."""
        self.evaluating()
        n = self.config.context
        windows = self.text.validation.unfold(0, n + STRETCH + 1, STRETCH + 1)
        size = 64
        if most is not None and len(windows) > most * size:
            windows = windows[torch.linspace(0, len(windows) - 1, most * size).long()]
        total = torch.zeros((), device=self.device)
        for part in windows.split(size):
            total += self.cross_entropy(part.long()) * len(part)
        return total / len(windows)

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """With `mixed_loss`, that of the mean of its probabilities and those of n-grams, which the paper found best."""
        figures = super().evaluate()
        return {**figures, **self.text.figures(figures["loss"]), "mixed_loss": self.mixed_loss()}

    def mixed_loss(self) -> float:
        net, n = self.evaluating(), self.config.context
        places = torch.arange(len(self.text.validation), device=self.device).unfold(0, n + STRETCH + 1, STRETCH + 1)
        total = 0.0
        for part in places.split(64):
            windows, targets = self.text.validation[part].long(), part[:, n:]
            own = net(windows[:, :-1])[0][:, n - 1 :].float().log_softmax(-1).gather(-1, windows[:, n:, None]).squeeze(-1)
            total -= float((torch.logaddexp(own.cpu().double(), self.text.by_ngrams[targets.cpu()]) - math.log(2)).sum())
        return total / (len(places) * (STRETCH + 1))

    def data_record(self) -> Record:
        return self.text.record

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def neighbours(self, net: NeuralLM, word: str = "", count: Count = 12) -> Table:
        """The tokens whose vectors point in the most similar direction (cosine)."""
        names = self.text.names()
        word = word or names[min(len(names) - 1, 60)]
        if word not in names:
            raise UsageError(f"{word!r} is not in the vocabulary.")
        vectors = F.normalize(net.embedding.weight.float(), dim=1)
        cosine = vectors @ vectors[names.index(word)]
        cosine[names.index(word)] = -2.0
        best = cosine.topk(min(count, len(names) - 1))
        rows = [[names[i], value] for value, i in zip(best.values.tolist(), best.indices.tolist(), strict=True)]
        return Table(["token", "cosine"], rows, f"nearest to {word!r}")

    @view(live=True)
    def words(self, net: NeuralLM, count: Count = 150, skip: Index = 20, method: Literal["pca", "tsne"] = "pca") -> Scatter:
        """Common tokens in two dimensions: similar ones are close, the axes mean nothing by themselves. The `skip` most common ones are left out."""
        names = self.text.names()
        skip = max(0, min(skip, len(names) - 2))
        part = slice(skip, skip + max(2, min(count, 1000)))
        return layout(F.normalize(net.embedding.weight.float(), dim=1)[part], names[part], method, "tokens")

    @view(live=True)
    def cost(self, net: NeuralLM, rows: Count = 512) -> Table:
        """What a prediction costs by the paper's formula, part by part, and the measured time of each part for `rows` predictions at once."""
        c, words = self.config, len(self.text.vocabulary)
        counts = multiplications(words, c.context, c.width, c.hidden)
        tokens = torch.zeros(rows, c.context, dtype=torch.long, device=self.device)
        x = net.embedding(tokens).flatten(1)
        h = torch.tanh(net.hidden(x))
        calls = (lambda: net.embedding(tokens), lambda: torch.tanh(net.hidden(x)), lambda: net.out(h).softmax(-1))
        times = [1e3 * quickest(call) for call in calls]
        lines = [
            [name, count, count / sum(counts.values()), took, took / sum(times)]
            for (name, count), took in zip(counts.items(), times, strict=True)
        ]
        return Table(["part", "multiplications", "share", "ms", "share of the time"], lines)


def quickest(call: Any, times: int = 5) -> float:
    """Seconds of the shortest of several calls."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)
