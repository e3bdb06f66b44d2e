"""n-gram language models: count what followed each context, and smooth (Katz 1987; Kneser & Ney 1995; Chen & Goodman 1999).

Each order is a sorted table. All smoothings end in the same form: the probability of what was seen, and for each context the weight by
which the next shorter one stands in for what was not. Read first: `NGram.next`, then `smoothed`.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from models.sequence.sampling import choose

Smoothing = Literal["kneser-ney", "modified-kneser-ney", "katz"]
RELIABLE = 5
"""Katz discounts counts up to this one (Katz 1987)."""


@dataclass(frozen=True)
class Counts:
    """The n-grams of one order. A context is a row of the order below; the empty context is row 0 of order 0."""

    keys: Tensor
    """(M,) int64 ascending: context * V + token."""
    times: Tensor
    """(M,) int64: how often each occurs."""
    suffix: Tensor
    """(M,) int64: the row, in the order below, of the n-gram without its first token."""


@dataclass(frozen=True)
class Order:
    """One order, smoothed."""

    keys: Tensor
    p: Tensor
    """(M,) float64: p(token | context) of each n-gram that was seen."""
    weight: Tensor
    """(contexts,) float64: what the probability by the shorter context is multiplied by, for tokens that were not seen after this one."""
    total: Tensor
    """(contexts,) int64: how often each context was followed by something."""

    def rows(self, context: Tensor, token: Tensor, words: int) -> Tensor:
        """The row of each n-gram (N,), -1 where it was not seen, or its context (-1) was not."""
        if not len(self.keys):
            return torch.full_like(context, -1)
        wanted = context * words + token
        row = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
        return torch.where((context >= 0) & (self.keys[row] == wanted), row, -1)


class NGram(nn.Module):
    """Holds the text, cut into parts of which some have been read; what follows from them is counted when it is first asked for."""

    text: Tensor
    read: Tensor

    def __init__(self, text: Tensor, parts: int, words: int, order: int, smoothing: Smoothing = "modified-kneser-ney"):
        """`text` (N,) of tokens from 0 to `words` - 1."""
        super().__init__()
        self.words, self.order, self.smoothing = words, order, smoothing
        self.register_buffer("text", text)
        self.register_buffer("read", torch.zeros(parts, dtype=torch.bool, device=text.device))
        self.counted: tuple[tuple[bool, ...], list[Order]] = ((), [])

    def orders(self) -> list[Order]:
        """The orders from 1 up, of what has been read so far."""
        key = tuple(self.read.tolist())
        if self.counted[0] != key:
            inside = self.read[torch.arange(len(self.text), device=self.text.device) * len(self.read) // len(self.text)]
            counts = count(self.text, inside, self.words, self.order)
            self.counted = key, smoothed(counts, self.words, self.smoothing)
        return self.counted[1]

    def next(self, context: Tensor) -> list[Tensor]:
        """p(token | context) (V,) by the last 0, 1, 2, ... tokens of `context` (T,), as far as these have been seen."""
        orders = self.orders()
        p = torch.full((self.words,), 1 / self.words, dtype=torch.float64, device=self.text.device)
        distributions = [p]
        for length, order in enumerate(orders):
            row = self.context_row(context, length)
            if row < 0:
                break
            bounds = torch.tensor([row * self.words, (row + 1) * self.words], device=self.text.device)
            start, end = torch.searchsorted(order.keys, bounds).tolist()
            p = p * order.weight[row]
            p[order.keys[start:end] - row * self.words] = order.p[start:end]
            distributions.append(p)
        return distributions

    def context_row(self, context: Tensor, length: int) -> int:
        """The row of the last `length` tokens of `context` among the n-grams of that order, -1 where they were not seen."""
        if length > len(context):
            return -1
        row = torch.zeros(1, dtype=torch.long, device=self.text.device)
        for order, token in zip(self.orders(), context[len(context) - length :], strict=False):
            row = order.rows(row, token[None].long(), self.words)
        return int(row)

    def log_probabilities(self, tokens: Tensor) -> Tensor:
        """log p of every token of a text (N,), each by those before it; float64."""
        p = torch.full(tokens.shape, 1 / self.words, dtype=torch.float64, device=tokens.device)
        for order, (context, row) in zip(self.orders(), self.rows(tokens), strict=True):
            backed_off = torch.where(context >= 0, order.weight[context.clamp(min=0)], 1.0) * p
            p = torch.where(row >= 0, order.p[row.clamp(min=0)], backed_off) if len(order.p) else backed_off
        return p.log()

    def rows(self, tokens: Tensor) -> list[tuple[Tensor, Tensor]]:
        """For every order, the row of the context and of the n-gram (N,) that end before and at each token; -1 where it was not seen."""
        tokens = tokens.long()
        row, rows = torch.zeros_like(tokens), []
        for length, order in enumerate(self.orders()):
            context = torch.cat([row.new_full((1,), -1), row[:-1]]) if length else row
            row = order.rows(context, tokens, self.words)
            rows.append((context, row))
        return rows

    def forward(self, tokens: Tensor) -> tuple[Tensor, None]:
        """Logits (1, 1, V) of what comes after tokens (1, T)."""
        return self.next(tokens[0])[-1].log().float()[None, None], None


def generate(
    net: NGram, prompt: Tensor, length: int, *, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:  # fmt: skip
    """`prompt` (T,) int64 followed by `length` new tokens."""
    tokens = prompt
    for _ in range(length):
        logits = net.next(tokens[-net.order :])[-1].log().float()
        tokens = torch.cat([tokens, choose(logits, temperature, top_k, top_p, generator)])
    return tokens


def count(text: Tensor, inside: Tensor, words: int, order: int) -> list[Counts]:
    """The n-grams of every order up to `order` in a text (N,) that lie wholly `inside` (N,) bool."""
    text = text.long()
    row = torch.zeros_like(text)
    counts = []
    for length in range(1, order + 1):
        context = row if length == 1 else torch.cat([row.new_full((1,), -1), row[:-1]])
        places = (inside & (context >= 0)).nonzero().flatten()
        keys, own, times = torch.unique(context[places] * words + text[places], return_inverse=True, return_counts=True)
        place = torch.zeros_like(keys).scatter_(0, own, places)  # Where each occurs, once.
        counts.append(Counts(keys, times, row[place]))
        row = torch.full_like(row, -1).scatter_(0, places, own)
    return counts


def smoothed(counts: list[Counts], words: int, smoothing: Smoothing) -> list[Order]:
    """Every order with its probabilities, from the lowest up."""
    orders: list[Order] = []
    for i, own in enumerate(counts):
        contexts = len(counts[i - 1].keys) if i else 1
        context = own.keys // words
        shorter = orders[-1].p[own.suffix] if i else torch.full((len(own.keys),), 1 / words, dtype=torch.float64, device=own.keys.device)
        total = per_context(own.times, context, contexts)
        if smoothing == "katz":
            p, weight = katz(own.times, context, total, shorter)
        else:
            # Below the highest order, what counts is after how many different tokens an n-gram was seen.
            times = own.times if i == len(counts) - 1 else torch.bincount(counts[i + 1].suffix, minlength=len(own.keys))
            p, weight = kneser_ney(times, context, contexts, shorter, 3 if smoothing == "modified-kneser-ney" else 1)
        orders.append(Order(own.keys, p, weight, total))
    return orders


def kneser_ney(times: Tensor, context: Tensor, contexts: int, shorter: Tensor, discounts: int) -> tuple[Tensor, Tensor]:
    """p (M,) and the weights (contexts,): max(c - D, 0) / total + weight * shorter, the interpolated form.

    One discount D for all counts, or three, for counts of 1, 2 and more (Chen & Goodman 1999, section 3).
    """
    discount = discounts_of(times, discounts)[times.clamp(max=3)]
    kept = (times.double() - discount).clamp(min=0)
    total = per_context(times, context, contexts).double()
    share = kept / total[context].clamp(min=1)
    weight = torch.where(total > 0, 1 - per_context(kept, context, contexts) / total.clamp(min=1), 1.0)
    return share + weight[context] * shorter, weight


def discounts_of(times: Tensor, discounts: int) -> Tensor:
    """What counts of 0, 1, 2 and at least 3 are lessened by, (4,) float64, from how many n-grams occur 1, 2, 3 and 4 times."""
    n1, n2, n3, n4 = torch.bincount(times.clamp(max=5), minlength=6)[1:5].tolist()
    if not n1 or not n2:
        one = 0.5  # Too few n-grams to estimate it, as among single characters.
        three = [0.5, 1.0, 1.5]
    else:
        one = n1 / (n1 + 2 * n2)
        three = [1 - 2 * one * n2 / n1, 2 - 3 * one * n3 / n2, 3 - 4 * one * n4 / n3] if n3 and n4 else [0.5, 1.0, 1.5]
    chosen = [one] * 3 if discounts == 1 else [min(max(d, 0.0), i + 1.0) for i, d in enumerate(three)]
    return torch.tensor([0.0, *chosen], dtype=torch.float64, device=times.device)


def katz(times: Tensor, context: Tensor, total: Tensor, shorter: Tensor) -> tuple[Tensor, Tensor]:
    """p (M,) and the weights (contexts,): d_r c / total for what was seen, weight * shorter for what was not.

    d_r follows from Good and Turing's estimate r* = (r + 1) n_{r+1} / n_r for r up to 5. Where that leaves nothing for what was not seen, one
    count more is kept for it.
    """
    kept = times.double() * good_turing(times)[times.clamp(max=RELIABLE + 1)]
    full = torch.isclose(per_context(kept, context, len(total)), total.double())
    denominator = torch.where(full, total + 1, total).double()
    p = kept / denominator[context].clamp(min=1)
    left = 1 - per_context(p, context, len(total))
    unseen = 1 - per_context(shorter, context, len(total))
    everything = unseen < 1e-12  # Each token was seen here: nothing is to be kept for others.
    p = torch.where(everything[context], p / (1 - left[context]).clamp(min=1e-12), p)
    weight = torch.where(everything, 0.0, left / unseen.clamp(min=1e-12))
    return p, torch.where(total > 0, weight, 1.0)


def good_turing(times: Tensor) -> Tensor:
    """d_r for r from 0 to 6, (7,) float64; 1, no discount, where the counts of counts give no number between 0 and 1."""
    n = torch.bincount(times.clamp(max=RELIABLE + 2), minlength=RELIABLE + 3).double()
    ratio = torch.ones(RELIABLE + 2, dtype=torch.float64, device=times.device)
    top = (RELIABLE + 1) * n[RELIABLE + 1] / n[1].clamp(min=1)
    for r in range(1, RELIABLE + 1):
        d = ((r + 1) * n[r + 1] / (r * n[r].clamp(min=1)) - top) / (1 - top)
        if n[r] and top < 1 and 0 < d < 1:
            ratio[r] = d
    return ratio


def per_context(values: Tensor, context: Tensor, contexts: int) -> Tensor:
    """Sums (contexts,) of values (M,)."""
    return values.new_zeros(contexts).index_add_(0, context, values)
