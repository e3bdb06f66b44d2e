"""The lab's n-grams beside an implementation of the same formula with dictionaries of strings (Chen & Goodman 1999, eq. 26), on the same text.

    python benchmarks/kneser_ney.py [--data pydocs] [--order 5]

Prints the loss of both on the text for validation, in nats per character, and the ratio.
"""

import argparse
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lab.data.text import load_text
from models.sequence.ngram import NGram


@dataclass(frozen=True)
class Level:
    """Discounted counts of the groups of one length."""

    counts: dict[str, int]
    discounts: tuple[float, float, float]
    total: dict[str, int]
    """By context: the sum of the counts of what came after it."""
    kept: dict[str, float]
    """By context: the share that is left for the shorter one."""


def levels(text: str, order: int) -> Iterator[Level]:
    """From groups of one character up. Only the longest ones are counted; of a shorter one counts how many characters came before it."""
    for length in range(1, order + 1):
        counts: Counter[str] = Counter()
        if length == order:
            counts.update(text[i : i + length] for i in range(len(text) - length + 1))
        else:
            counts.update(group[1:] for group in {text[i : i + length + 1] for i in range(len(text) - length)})
        n = Counter(counts.values())
        y = n[1] / (n[1] + 2 * n[2])
        discounts = 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]
        total: dict[str, int] = defaultdict(int)
        kept: dict[str, float] = defaultdict(float)
        for group, count in counts.items():
            total[group[:-1]] += count
            kept[group[:-1]] += discounts[min(count, 3) - 1]
        yield Level(counts, discounts, total, {context: left / total[context] for context, left in kept.items()})


def probability(made: list[Level], context: str, character: str, known: int) -> float:
    p = 1 / known
    for length, level in enumerate(made):
        before = context[len(context) - length :]
        if len(before) < length or before not in level.total:
            break
        count = level.counts.get(before + character, 0)
        seen = (count - level.discounts[min(count, 3) - 1]) / level.total[before] if count else 0.0
        p = seen + level.kept[before] * p
    return p


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="pydocs")
    parser.add_argument("--order", type=int, default=5)
    options = parser.parse_args()
    text = load_text(options.data, "char", torch.device("cpu"), options.order, "order", None)
    train, validation = (text.codec.decode(part.numpy()) for part in (text.train, text.validation))
    start = time.process_time()
    net = NGram(text.train, 1, len(text.codec.vocabulary), options.order)
    net.read.fill_(True)
    lab = -float(net.log_probabilities(text.validation).mean())
    middle = time.process_time()
    made = list(levels(train, options.order))
    places = range(len(validation))
    terms = (probability(made, validation[max(0, i - options.order + 1) : i], validation[i], net.words) for i in places)
    dictionaries = -sum(map(math.log, terms)) / len(validation)
    took = {"lab_s": round(middle - start, 2), "dictionaries_s": round(time.process_time() - middle, 2)}
    print(json.dumps({"lab": lab, "dictionaries": dictionaries, "ratio": lab / dictionaries, "characters": len(validation), **took}))


if __name__ == "__main__":
    main()
