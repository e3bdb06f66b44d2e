"""Sentence classification: which section of Python's documentation is this sentence from? Or the labels of any TSV.

By words, or letter by letter: which language is this name from?
"""

import re
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Bars, Heatmap, Scatter, Table
from lab.data.catalogue import Absent
from lab.data.record import Record
from lab.data.sentences import Labelled, load_sentences
from lab.data.text import visible
from lab.data.words import EOS, SPECIALS, Vocabulary, readable
from lab.experiment import Metrics, view
from lab.exported import Exported, sequences, tokens
from lab.parameters import Count
from lab.recipes.sequence.bag_of_words import BagOfWords
from lab.recipes.sequence.language import layout
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.recipes.sequence.text_class_config import TextClassConfig
from models.sequence.tagger import TextClassifier

LONGEST_SENTENCE = 24
"""Words of which all phrases are shown."""
NUMBER = re.compile(r"\d+(?=\s)")
"""At the start of a class's name, where the classes are in an order."""


class TextClass(SequenceExperiment):
    """One step is one batch of random sentences."""

    log_every = 25
    headline: ClassVar[tuple[str, ...]] = ("losses/train", "charts/accuracy", "losses/validation")

    config: TextClassConfig
    train_tokens: Tensor
    train_labels: Tensor
    test_tokens: Tensor
    test_labels: Tensor
    test_texts: list[str]

    def __init__(self, config: TextClassConfig, device: torch.device):
        super().__init__(config, device)
        c = config
        data = self.data = load_sentences(c.data, c.min_count, self.remembered)
        self.classes = data.classes
        if isinstance(data.texts, Absent):
            self.take_no_texts(data)
        else:
            self.take(data)
        self.install(
            lambda: TextClassifier(
                len(self.vocabulary),
                len(self.classes),
                c.cell,
                c.width,
                c.hidden,
                c.layers,
                c.dropout,
                c.bidirectional,
                c.unfused,
                c.hidden_above,
                c.pooling,
                c.learned_state,
            )
        )

    def split(self, text: str) -> list[str]:
        """A text as words, or as its letters and its end."""
        return [*readable(text, lower=False), SPECIALS[EOS]] if self.config.level == "char" else self.data.split(text)

    @cached_property
    def bag_of_words(self) -> BagOfWords:
        return BagOfWords(self.data, self.config.level == "char")

    def take_no_texts(self, data: Labelled) -> None:
        """What a stored run can do without its data: classify a sentence."""
        self.record, self.vocabulary = data.record, Vocabulary.from_names(data.record["vocabulary"])
        absent: Any = data.texts
        self.train_tokens = self.train_labels = self.test_tokens = self.test_labels = self.test_texts = absent

    def take(self, data: Labelled) -> None:
        """Both parts as tokens on the device, and the vocabulary of the first."""
        split = [self.split(text) for text in data.texts]
        vocabulary = Vocabulary.of((s for s, out in zip(split, data.held_out, strict=True) if not out), most=self.config.words)
        self.record = {**data.record, "vocabulary": list(vocabulary.names)}
        self.vocabulary = vocabulary.as_remembered(self.remembered, "vocabulary")
        encoded = torch.from_numpy(np.stack([self.encode(s) for s in split]))  # (N, max_length)
        self.train_lengths = (encoded != 0).sum(1)[torch.from_numpy(~data.held_out)]  # On the CPU, as steps need them there.
        tokens = encoded.to(self.device)
        labels, out = (torch.from_numpy(part).to(self.device) for part in (data.labels, data.held_out))
        self.train_tokens, self.train_labels = tokens[~out], labels[~out]
        self.test_tokens, self.test_labels = tokens[out], labels[out]
        self.test_texts = [text for text, held in zip(data.texts, data.held_out, strict=True) if held]

    def data_record(self) -> Record:
        return self.record

    def exported(self) -> Exported:
        length = self.config.max_length
        about = (
            f"tokens, int64 (B, {length}), numbers of {'letters' if self.config.level == 'char' else 'words'} (the run's config.json lists them under data, vocabulary), padded with 0 "
            f"-> scores, float32 (B, {len(self.classes)}), of {', '.join(self.classes)}."
        )
        return sequences(self.net, {"tokens": tokens(len(self.vocabulary), length, padded=True)}, "scores", about)

    def encode(self, sentence: list[str]) -> np.ndarray:
        """(max_length,) int64, padded with 0."""
        numbers = self.vocabulary.encode(sentence)[: self.config.max_length]
        return np.pad(np.array(numbers, np.int64), (0, self.config.max_length - len(numbers)))

    def loss(self, *_: Tensor) -> tuple[Tensor, Metrics]:
        rows = torch.randint(len(self.train_labels), (self.config.batch_size,), generator=self.generator)
        lengths, rows = self.train_lengths[rows], rows.to(self.device, non_blocking=True)
        labels = self.train_labels[rows]
        scores = self.compute(self.train_tokens[rows], lengths).float()  # (B, classes)
        return F.cross_entropy(scores, labels), {"charts/accuracy": (scores.argmax(1) == labels).float().mean()}

    @torch.no_grad()
    def test_scores(self) -> Tensor:
        """(N, classes) for every sentence of validation."""
        net = self.evaluating()
        return torch.cat([net(part).float() for part in self.test_tokens.split(256)])

    def validation_loss(self, most: int | None = None) -> Tensor:
        return F.cross_entropy(self.test_scores(), self.test_labels)

    def evaluate(self, **options: Any) -> dict[str, Any]:
        right = (self.test_scores().argmax(1) == self.test_labels).float().mean()
        majority = int(self.train_labels.bincount().argmax())
        return {
            **super().evaluate(),
            "accuracy": float(right),
            "majority": float((self.test_labels == majority).float().mean()),
            **self.bag_of_words.accuracies,
            "classes": len(self.classes),
            "sentences": len(self.test_labels),
        }

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def classify(self, net: TextClassifier, sentence: str = "") -> Bars:
        """The most likely labels of a sentence of your own, with their probabilities."""
        tokens = torch.from_numpy(self.encode(self.split(sentence or self.example())))[None].to(self.device)
        p = net(tokens)[0].float().softmax(-1).cpu()
        best = p.topk(min(12, len(p)))
        return Bars([self.classes[i] for i in best.indices.tolist()], best.values.numpy(), 0, "probability of each label")

    @view(live=True)
    def prefixes(self, net: TextClassifier, sentence: str = "", most: Count = 12) -> Heatmap:
        """The probability of each label (row) after each word, or letter, of a text (column): the brighter, the likelier. The likeliest labels
        at the end are shown."""
        pieces = self.split(sentence or self.example())[: self.config.max_length] or [""]
        tokens = torch.from_numpy(np.stack([self.encode(pieces[: i + 1]) for i in range(len(pieces))])).to(self.device)
        p = net(tokens).float().softmax(-1).cpu()  # (T, classes)
        best = p[-1].topk(min(most, p.shape[1])).indices
        labels = ["end" if piece == SPECIALS[EOS] else visible(piece) if len(piece) == 1 else piece for piece in pieces]
        return Heatmap(p[:, best].T.numpy(), "read so far", "label", "", labels, [self.classes[i] for i in best.tolist()], "probability")

    @view(live=True)
    def phrases(self, net: TextClassifier, sentence: str = "") -> Heatmap:
        """Every part of a sentence by its length (row, one word at the top) and its first word (column): the brighter, the higher the mean of the classes'
        numbers where they have some, else the likelier the whole sentence's label."""
        words = [piece for piece in self.split(sentence or self.example()) if piece != SPECIALS[EOS]][:LONGEST_SENTENCE] or [""]
        places = [(length, start) for length in range(1, len(words) + 1) for start in range(len(words) - length + 1)]
        tokens = torch.from_numpy(np.stack([self.encode(words[start : start + length]) for length, start in places])).to(self.device)
        p = net(tokens).float().softmax(-1).cpu()  # (phrases, classes); the last is the whole sentence.
        numbers = [NUMBER.match(name) for name in self.classes]
        if all(numbers):
            worth, of = torch.tensor([float(number[0]) for number in numbers if number]), "mean of the classes' numbers"
            values = (p @ worth).numpy()
        else:
            best = int(p[-1].argmax())
            values, of = p[:, best].numpy(), f"probability of {self.classes[best]}"
        grid = np.full((len(words), len(words)), np.nan, np.float32)
        for (length, start), value in zip(places, values, strict=True):
            grid[length - 1, start] = value
        title = f"The whole: {values[-1]:.2f}; mean over all {len(places)} phrases: {values.mean():.2f}"
        return Heatmap(grid, "first word", "words in the phrase", title, words, [str(i + 1) for i in range(len(words))], of)

    def example(self) -> str:
        """A text for a view that was given none: one that training does not see."""
        if self.config.data == "reviews":
            return "the plot is not very good but the acting was brilliant"
        if self.config.data == "pydocs" or isinstance(self.data.texts, Absent):
            return "The with statement calls the method when the block is left."
        return self.test_texts[len(self.test_texts) // 2]

    @view
    def telling_words(self, count: Count = 8) -> Table:
        """For each label, the words (or groups of letters) that speak for it most under TF-IDF and a linear classifier, which knows no order."""
        rows = [[label, "  ".join(words)] for label, words in self.bag_of_words.telling(count).items()]
        return Table(["label", "words"], rows)

    @view
    def mistakes(self, count: Count = 20) -> Table:
        """Validation sentences that are classified wrongly."""
        predicted = self.test_scores().argmax(1)
        wrong = (predicted != self.test_labels).nonzero().flatten().tolist()[: max(1, count)]
        rows = [[self.classes[int(self.test_labels[i])], self.classes[int(predicted[i])], self.test_texts[i][:90]] for i in wrong]
        return Table(["true", "predicted", "sentence"], rows)

    @view(live=True)
    def sentences(self, net: TextClassifier, method: Literal["pca", "tsne"] = "pca", most: Count = 8) -> Scatter:
        """Validation sentences of the most common labels in the network's feature space, in two dimensions: one colour per label, similar ones close; the axes mean nothing by themselves."""
        common = self.train_labels.bincount().topk(min(max(1, most), len(self.classes))).indices
        rows = torch.isin(self.test_labels, common).nonzero().flatten()
        return layout(
            net.summary(self.test_tokens[rows]).float(), [], method, "sentences", [self.classes[i] for i in self.test_labels[rows].tolist()]
        )
