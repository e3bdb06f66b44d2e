"""n-grams: counts of what follows what in a text, smoothed; the baseline of `gpt` and `char-rnn`, on the same split of the same text."""

import math
import re
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from lab.answers import Curves, Heatmap, Table
from lab.data.record import Record
from lab.experiment import Experiment, Metrics, view
from lab.parameters import Count
from lab.recipes.sequence.language import LanguageViews, TextWindows, checked_prompt
from lab.recipes.sequence.ngram_config import NGramConfig
from lab.state import Tree, attributes
from models.sequence.ngram import NGram, Smoothing, generate

GLIMPSE = 20_000
"""Tokens of validation while the text is still being read."""
SIGNS_AT_END = re.compile(r"\W+$")
SMOOTHINGS: tuple[Smoothing, ...] = ("modified-kneser-ney", "kneser-ney", "katz")


class NGramRecipe(Experiment):
    """One step reads one part of the text."""

    unit: ClassVar[str] = "parts"
    log_every: ClassVar[int] = 5
    checkpoint_every: ClassVar[int] = 1_000
    headline: ClassVar[tuple[str, ...]] = ("losses/validation", "charts/tokens")
    memory_settings: ClassVar[tuple[str, ...]] = ("order",)
    view_parts: ClassVar[dict[str, type]] = {"writing": LanguageViews}

    def __init__(self, config: NGramConfig, device: torch.device):
        device = torch.device("cpu")  # Counting would wait for a GPU again and again.
        super().__init__(config, device)
        self.config: NGramConfig = config
        c = config
        self.text = TextWindows(c.data, c.level, c.order, "order", device, self.remembered, c.words)
        length = (self.remembered or {}).get("length")  # A stored run has its text among its weights.
        text = self.text.train if length is None else torch.zeros(length, dtype=torch.uint8 if c.level != "word" else torch.int32)
        self.net = NGram(text.to(device), min(c.parts, len(text)), len(self.text.vocabulary), c.order, c.smoothing)
        self.order = torch.Generator().manual_seed(c.seed)
        self.writing = LanguageViews(self.text, device, generate, c.order)

    def step(self) -> Metrics:
        unread = (~self.net.read).nonzero().flatten()
        if len(unread):
            self.net.read[unread[torch.randint(len(unread), (1,), generator=self.order)]] = True
        self.ended = len(unread) <= 1
        self.steps += 1
        report: Metrics = {"charts/tokens": float(self.net.read.sum()) / len(self.net.read) * len(self.net.text)}
        if self.config.validate_every and (self.steps % self.config.validate_every == 0 or self.ended):
            report["losses/validation"] = self.loss(self.net, GLIMPSE)
        return report

    def loss(self, net: NGram, most: int | None = None) -> float:
        """Nats per token of the text for validation."""
        return -float(net.log_probabilities(self.text.validation[:most]).mean())

    def why_ended(self) -> str:
        return "the whole text has been read."

    def evaluate(self, **options: Any) -> dict[str, Any]:
        loss = self.loss(self.net)
        count = sum(len(order.keys) for order in self.net.orders())
        return {"loss": loss, "perplexity": math.exp(loss), "ngrams": count, **self.text.figures(loss)}

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, "generators": {"order": self.order}, **attributes(self, "steps", "ended")}

    def data_record(self) -> Record:
        return {**self.text.record, "length": len(self.net.text)}

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def orders(self, net: NGram, prompt: str = "", count: Count = 20) -> Heatmap:
        """What comes next by contexts from none to the longest (rows), for the likeliest tokens (columns): the brighter, the likelier. With the
        context stands how often it was followed by something."""
        codec = self.text.codec
        tokens = torch.from_numpy(checked_prompt(codec, prompt or SIGNS_AT_END.sub("", self.text.sample(400)))).to(self.device)
        rows = torch.stack(net.next(tokens)).cpu()  # (orders + 1, V)
        best = rows[-1].topk(min(count, rows.shape[1])).indices
        separator = " " if self.text.characters else ""
        labels = ["any token alike"]
        for length, order in enumerate(net.orders()[: len(rows) - 1]):
            context = separator.join(codec.label(t) for t in tokens[len(tokens) - length :].tolist())
            labels.append(f"{context or 'no context'} ({int(order.total[net.context_row(tokens, length)]):,})")
        names = [codec.label(t) for t in best.tolist()]
        return Heatmap(rows[:, best].numpy(), "next token", "context", "", names, labels, "probability")

    @view(live=True)
    def by_order(self, net: NGram) -> Curves:
        """Nats per token of the text for validation against the order, with each smoothing: longer contexts say more, and are seen less often."""
        lines: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        x = np.arange(1, net.order + 1, dtype=np.float64)
        for smoothing in SMOOTHINGS:
            lines[smoothing] = x, np.array([self.loss(part_of(net, order, smoothing)) for order in range(1, net.order + 1)])
        return Curves(lines, "order", "nats per token")

    @view(live=True)
    def seen(self, net: NGram) -> Table:
        """How many groups of tokens there could be, how many the text has, and the share of those in the text for validation that it has: the
        curse of dimensionality."""
        shares = [float((row >= 0).double().mean()) for _, row in net.rows(self.text.validation)]
        rows = [
            [n, f"{float(net.words) ** n:.3g}", len(order.keys), share, self.loss(part_of(net, n, net.smoothing))]
            for n, (order, share) in enumerate(zip(net.orders(), shares, strict=True), 1)
        ]
        return Table(["tokens", "possible", "in the text", "of validation seen", "nats per token"], rows)


def part_of(net: NGram, order: int, smoothing: Smoothing) -> NGram:
    """Another model of the same text, as far as it was read."""
    if (order, smoothing) == (net.order, net.smoothing):
        return net
    other = NGram(net.text, len(net.read), net.words, order, smoothing)
    other.read = net.read
    return other
