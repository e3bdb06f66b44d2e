"""Tagging: which kind of token is each character of Python source? A bidirectional LSTM, optionally with a CRF (Huang et al. 2015).

The labels come from Python's own `tokenize`; validation is on files that training does not see. Or named entities: people, places and products
in sentences, or the tags of any file of two columns.
"""

import platform
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Confusion, Heatmap, Text
from lab.data.catalogue import file_of
from lab.data.python_tokens import KINDS, VOCABULARY, TaggedSource, load_tagged
from lab.data.record import Record, of_content, rules_of
from lab.data.tagged_text import load_tagged_text
from lab.data.text import Codec, own_file
from lab.experiment import Metrics, view
from lab.exported import Exported, sequences, tokens
from lab.parameters import Length
from lab.quality.classification import confusion_table
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.recipes.sequence.tag_config import TagConfig
from models.sequence.tagger import Tagger

EVALUATED = 8
"""Length of a validation window, in training windows."""


def span_f1(predicted: Sequence[int], true: Sequence[int]) -> float:
    """The harmonic mean of precision and recall of whole spans: neighbours of one kind other than 0, right where both ends and the kind are."""
    mine, theirs = spans(predicted), spans(true)
    return 2 * len(mine & theirs) / max(1, len(mine) + len(theirs))


def spans(kinds: Sequence[int]) -> set[tuple[int, int, int]]:
    """(start, end, kind) of every span."""
    edges = [0, *(i for i in range(1, len(kinds)) if kinds[i] != kinds[i - 1]), len(kinds)]
    return {(start, end, kinds[start]) for start, end in pairwise(edges) if end > start and kinds[start]}


class Tag(SequenceExperiment):
    """One step is one batch of random windows of source."""

    headline: ClassVar[tuple[str, ...]] = ("losses/train", "charts/accuracy", "losses/validation")

    config: TagConfig

    def __init__(self, config: TagConfig, device: torch.device):
        super().__init__(config, device)
        c = config
        self.codec = Codec(VOCABULARY)
        self.kinds: tuple[str, ...] = KINDS
        """What a character may be. Of Python source that is known before any is read."""
        if c.of_sentences:
            self.kinds = tuple((self.remembered or {}).get("classes", ())) or self.source.kinds
        self.install(
            lambda: Tagger(
                torch.from_numpy(VOCABULARY),
                len(self.kinds),
                c.cell,
                c.width,
                c.hidden,
                c.layers,
                c.dropout,
                c.crf,
                c.bidirectional,
                c.unfused,
                c.learned_state,
            )
        )

    @cached_property
    def source(self) -> TaggedSource:
        """Read when it is first needed: `tokenize` takes a moment."""
        c = self.config
        if c.of_sentences:
            return load_tagged_text(c.data, c.length, self.device, self.rules, (self.remembered or {}).get("classes", ()))
        return load_tagged(c.data, c.characters, c.length, c.seed, self.device, self.rules)

    @property
    def rules(self) -> int:
        return rules_of(file_of(self.config.data) is not None, self.remembered)

    def exported(self) -> Exported:
        length, known = self.config.length, "".join(map(chr, VOCABULARY.tolist()))
        crf = ", before the CRF, whose weights are in the safetensors" if self.config.crf else ""
        about = f"tokens, int64 (B, {length}), places (from 0) in {known!r} -> scores, float32 (B, {length}, {len(self.kinds)}), of {', '.join(self.kinds)}{crf}."
        return sequences(self.net, {"tokens": tokens(len(VOCABULARY), length)}, "scores", about)

    def data_record(self) -> Record:
        """Of one's own source its content; of the standard library Python's version, as only its files that are needed are read."""
        data = self.config.data
        if self.config.of_sentences:
            raw = own_file(data) if file_of(data) is not None else data.encode()
            return {"data": data, **of_content(raw, "bytes", self.remembered), "rules": self.rules, "classes": list(self.kinds)}
        if file_of(data) is None:
            return {"data": data, "fingerprint": f"Python {platform.python_version()}"}
        return {"data": data, **of_content(own_file(data), "bytes", self.remembered), "rules": self.rules}

    def read_data(self) -> None:
        if file_of(self.config.data) is not None:
            _ = self.source

    def loss(self, *_: Tensor) -> tuple[Tensor, Metrics]:
        c, source = self.config, self.source
        rows = torch.randint(len(source.train) - c.length + 1, (c.batch_size,), generator=self.generator).to(self.device, non_blocking=True)
        tokens = source.train.unfold(0, c.length, 1)[rows].long()  # (B, T)
        kinds = source.train_kinds.unfold(0, c.length, 1)[rows].long()
        scores = self.compute(tokens).float()  # (B, T, K)
        return self.negative_log_likelihood(scores, kinds), {"charts/accuracy": (scores.argmax(-1) == kinds).float().mean()}

    def negative_log_likelihood(self, scores: Tensor, kinds: Tensor) -> Tensor:
        """In nats per character: the CRF's of the whole sequence, or the sum of each character's own."""
        if self.compute.crf is not None:
            return self.compute.crf(scores, kinds).mean() / kinds.shape[1]
        return F.cross_entropy(scores.flatten(0, 1), kinds.flatten())

    def validation_windows(self, most: int | None) -> tuple[Tensor, Tensor]:
        """(N, T) tokens and kinds, windows that do not overlap: longer ones than in training, as few strings and comments are cut."""
        t = min(EVALUATED * self.config.length, len(self.source.validation))
        parts = self.source.validation, self.source.validation_kinds
        tokens, kinds = (part[: len(part) // t * t].view(-1, t) for part in parts)
        rows = slice(None) if most is None else torch.linspace(0, len(tokens) - 1, min(len(tokens), most)).long()
        return tokens[rows].long(), kinds[rows].long()

    def validation_loss(self, most: int | None = None) -> Tensor:
        net = self.evaluating()
        tokens, kinds = self.validation_windows(None if most is None else most * 2)
        total = torch.zeros((), device=self.device)
        for t, k in zip(tokens.split(16), kinds.split(16), strict=True):
            total += self.negative_log_likelihood(net(t).float(), k) * len(t)
        return total / len(tokens)

    @torch.no_grad()
    def predictions(self) -> tuple[Tensor, Tensor]:
        """The predicted and the true kind (N,) of every character of validation."""
        net = self.evaluating()
        tokens, kinds = self.validation_windows(None)
        return torch.cat([net.decode(part).flatten() for part in tokens.split(16)]), kinds.flatten()

    def evaluate(self, **options: Any) -> dict[str, Any]:
        predicted, true = self.predictions()
        commonest = int(true.bincount().max())
        return {
            **super().evaluate(),
            "accuracy": float((predicted == true).float().mean()),
            "majority": commonest / len(true),
            "characters": len(true),
            **({"entity_f1": span_f1(predicted.tolist(), true.tolist())} if self.config.of_sentences else {}),
        }

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def tagged(self, net: Tagger, source: str = "", characters: Length = 1500) -> Text:
        """Source or sentences, your own or held out, with each character in the colour of its predicted kind; the key is above."""
        text, tokens = self.given(source, characters)
        return Text(text, net.decode(tokens[None])[0].cpu().numpy(), list(self.kinds))

    @view
    def mistakes(self, characters: Length = 1500) -> Text:
        """Validation source: what the network tags wrongly is marked."""
        text, tokens = self.given("", characters)
        predicted = self.evaluating().decode(tokens[None])[0].cpu()
        wrong = predicted != self.source.validation_kinds[: len(tokens)].cpu().long()
        return Text(text, np.where(wrong.numpy(), 3, 0), ["right", "", "", "wrong"])

    @view(live=True)
    def probabilities(self, net: Tagger, source: str = "", characters: Length = 80) -> Heatmap:
        """The probability of each kind (rows) for each character of a piece of source (columns): the brighter, the likelier."""
        text, tokens = self.given(source, characters)
        p = net(tokens[None])[0].float().softmax(-1).T.cpu().numpy()  # (K, T)
        from lab.data.text import visible

        return Heatmap(p, "source", "kind", "", [visible(c) for c in text], list(self.kinds), "probability")

    @view(live=True)
    def transitions(self, net: Tagger) -> Heatmap:
        """The CRF's score for a kind (column) after a kind (row): the brighter, the likelier; all 0 without a CRF."""
        values = np.zeros((len(self.kinds), len(self.kinds)), np.float32) if net.crf is None else net.crf.transition.float().cpu().numpy()
        title = "score of a transition" if net.crf is not None else "no CRF: train with --crf"
        return Heatmap(values, "to", "from", title, list(self.kinds), list(self.kinds), "score")

    @view
    def confusion(self) -> Confusion:
        """Number of validation characters by true kind (rows) and predicted kind (columns): the diagonal is right."""
        predicted, true = self.predictions()
        return confusion_table(true, predicted, self.kinds)

    def given(self, source: str, characters: int) -> tuple[str, Tensor]:
        """A user's source, or the first characters of validation: the text and its tokens (N,)."""
        characters = max(1, min(characters, 20_000))
        if source:
            tokens = torch.from_numpy(self.codec.encode(source[:characters], lenient=True))
            shown = source[:characters]
            return shown if len(shown) == len(tokens) else self.codec.decode(tokens.numpy()), tokens.to(self.device)
        tokens = self.source.validation[:characters].long()
        return self.codec.decode(tokens.cpu().numpy()), tokens
