"""What language models share: the text and its windows, the views of writing, vectors in two dimensions."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Bars, Scatter, Text
from lab.data.record import Record
from lab.data.text import Codec, load_text, visible
from lab.data.word_text import WordCodec, load_words
from lab.errors import UsageError
from lab.experiment import view
from lab.parameters import Count, Index, Length, Seed, Share, Temperature
from models.sequence.ngram import NGram
from models.sequence.sampling import choose, probabilities

COUNTED = 4_000_000
"""The n-grams beside other models are counted in this many tokens, the last ones of training, at most."""


class TextWindows:
    """A text as tokens, and the windows of `length` tokens, each with the one that follows, from which a language model learns.

    `setting` is the config's name of the length, for errors; `remembered` is the record that a stored run has of its data. Of words, the
    `most_words` common ones have a number of their own.
    """

    def __init__(
        self, data: str, level: Literal["char", "byte", "word"], length: int, setting: str, device: torch.device,
        remembered: Record | None, most_words: int = 0,
    ):  # fmt: skip
        self.codec: Codec | WordCodec
        self.characters = 0
        """Of words: how many characters those for validation are."""
        if level == "word":
            by_word = load_words(data, most_words, device, length, remembered)
            self.codec, self.characters = by_word.codec, by_word.characters
            self.train, self.validation, self.record = by_word.train, by_word.validation, by_word.record
        else:
            text = load_text(data, level, device, length, setting, remembered)
            self.codec, self.train, self.validation, self.record = text.codec, text.train, text.validation, text.record
        self.vocabulary = torch.from_numpy(self.codec.vocabulary)
        self.length = length

    @cached_property
    def windows(self) -> Tensor:
        """(N, length + 1) uint8, of words int32, a view of the text."""
        return self.train.unfold(0, self.length + 1, 1)

    def figures(self, loss: float) -> dict[str, Any]:
        """What an evaluation adds to a loss in nats per token, with that of n-grams on the same text."""
        figures = {"bits_per_token": loss / np.log(2), "ngram_loss": self.ngram_loss, "tokens": len(self.validation)}
        return {**figures, "nats_per_character": loss * len(self.validation) / self.characters} if self.characters else figures

    @property
    def ngram_loss(self) -> float:
        """Nats per token of 5-grams, of words 3-grams, with Kneser and Ney's smoothing: what a model has to beat that only counts."""
        return -float(self.by_ngrams.mean())

    @cached_property
    def by_ngrams(self) -> Tensor:
        """log p of every token of validation by those n-grams, (N,) float64 on the processor, where they are counted."""
        net = NGram(self.train[-COUNTED:].cpu(), 1, len(self.vocabulary), 3 if self.characters else 5)
        net.read.fill_(True)
        return net.log_probabilities(self.validation.cpu())

    def tokens_text(self, length: int) -> str:
        """What `length` tokens are, for a model card."""
        if isinstance(self.codec, WordCodec):
            return f"tokens, int64 (B, {length}), numbers of words (the run's config.json lists them under data, vocabulary)"
        known = "".join(map(chr, self.codec.vocabulary.tolist()))
        return f"tokens, int64 (B, {length}), places (from 0) in {known!r}"

    def sample(self, length: int = 48) -> str:
        """Validation text, for a view that was given none."""
        return self.codec.decode(self.validation[:length].cpu().numpy())

    def names(self) -> list[str]:
        """Every token of the vocabulary as a label."""
        return [self.codec.label(i) for i in range(len(self.codec.vocabulary))]


class LanguageViews:
    """The views of a network that writes a text.

    `generate` is the function that writes with it, such as `models.sequence.gpt.generate`; `context` is the most tokens it reads at once,
    0 where there is no limit.
    """

    def __init__(self, text: TextWindows, device: torch.device, generate: Callable[..., Tensor], context: int = 0):
        self.text, self.device, self.write, self.context = text, device, generate, context

    @view(live=True)
    def generate(
        self, net: nn.Module, prompt: str = "", length: Length = 300, temperature: Temperature = 0.8, top_k: Index = 0, top_p: Share = 1.0,
        seed: Seed = 0,
    ) -> Text:  # fmt: skip
        """Text generated after a prompt. A higher temperature is bolder; top k and top p leave out unlikely tokens."""
        tokens = torch.from_numpy(checked_prompt(self.text.codec, prompt)).to(self.device)
        generator = torch.Generator().manual_seed(seed)
        options: dict[str, Any] = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "generator": generator}
        return Text(self.text.codec.decode(self.write(net, tokens, checked_length(length), **options).cpu().numpy()))

    @view(live=True)
    def candidates(
        self, net: nn.Module, prompt: str = "", temperature: Temperature = 1.0, top_k: Index = 0, top_p: Share = 1.0, count: Count = 15,
        seed: Seed = 0,
    ) -> Bars:  # fmt: skip
        """The most likely next tokens after a prompt, with their probabilities; the one sampled with this seed is in colour."""
        codec = self.text.codec
        tokens = torch.from_numpy(checked_prompt(codec, prompt)[-self.context :]).to(self.device)
        logits = net(tokens[None])[0][0, -1].float()  # (V,)
        p = probabilities(logits, temperature, top_k, top_p).cpu()
        drawn = int(choose(logits, temperature, top_k, top_p, torch.Generator().manual_seed(seed)))
        best = p.topk(min(max(1, count), len(p))).indices.tolist()
        if drawn not in best:
            best[-1] = drawn
        names = [codec.label(token) for token in best]
        return Bars(names, p[best].numpy(), best.index(drawn), "probability of the next token")


def checked_length(length: int) -> int:
    """How many tokens to write. Raises UsageError where they are too many."""
    if not 0 <= length <= 10_000:
        raise UsageError(f"--length must be from 0 to 10,000, got {length}.")
    return length


def checked_prompt(codec: Codec | WordCodec, prompt: str, default: str = "\n") -> np.ndarray:
    """The tokens (N,) int64 of a prompt, at least one: those of `default` where it is empty.

    Raises UsageError for a character that the network does not know.
    """
    tokens = codec.encode(prompt) if prompt else codec.encode(default, lenient=True)
    return tokens if len(tokens) else np.zeros(1, np.int64)


def layout(vectors: Tensor, labels: Sequence[str], method: Literal["pca", "tsne"], title: str, groups: Sequence[str] = ()) -> Scatter:
    """Vectors (N, D) as points in the plane, with labels or in groups, by principal components or by t-SNE (van der Maaten & Hinton 2008)."""
    values = vectors.detach().float().cpu().numpy()
    if method == "tsne" and len(values) > 4:
        from sklearn.manifold import TSNE

        points = TSNE(init="pca", perplexity=min(30.0, (len(values) - 1) / 3), random_state=0).fit_transform(values)
    else:
        centred = values - values.mean(0)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        points = centred @ axes[:2].T
    names = sorted(set(groups))
    classes = np.array([names.index(group) for group in groups]) if groups else np.zeros(len(points), np.int64)
    shown = [visible(label) if len(label) == 1 else label for label in labels]
    return Scatter(points.astype(np.float32), classes, names, title=f"{title} ({method})", labels=shown)
