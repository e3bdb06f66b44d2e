"""Classifying texts: bags of words beside the network, names letter by letter, and what it thinks after each letter."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab import registry
from lab.data.names import LANGUAGES, MOST, surnames
from lab.recipes.sequence.text_class import TextClass

CPU = torch.device("cpu")
TINY: dict[str, Any] = {
    "hidden": 6,
    "width": 4,
    "batch_size": 8,
    "min_count": 1,
    "max_length": 12,
    "precision": "fp32",
    "validate_every": 0,
}


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., TextClass]:
    def make(rows: list[tuple[str, str]], **fields: Any) -> TextClass:
        (tmp_path / "a.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in rows))
        config = registry.recipe("text-class").config_class().parse({**TINY, "data": f"file:{tmp_path}/a.tsv", **fields})
        return registry.recipe("text-class").experiment_class()(config, CPU)  # type: ignore[no-any-return]

    return make


def test_a_bag_of_words_needs_no_order_and_learns_none(made: Callable[..., TextClass]) -> None:
    """Where a word tells the label it is right; where only the order does, both orders get one answer."""
    by_word = made([(("good", "bad")[i % 2], f"{('nice', 'ugly')[i % 2]} day number {i}") for i in range(60)])
    assert by_word.evaluate()["tf_idf_accuracy"] == by_word.evaluate()["bag_of_words_accuracy"] == 1.0
    telling = {row[0]: row[1].split() for row in by_word.telling_words(count=1).rows}
    assert telling == {"good": ["nice"], "bad": ["ugly"]}
    ordered = made([(("good", "bad")[i % 2], f"{('not bad but nice', 'not nice but bad')[i % 2]} {i // 2}") for i in range(60)])
    model, matrix = ordered.bag_of_words.models["tf_idf_accuracy"]
    scores = model.decision_function(matrix)
    pairs = {text.split()[-1]: [] for text in ordered.data.texts}
    for text, score in zip(ordered.data.texts, scores, strict=True):
        pairs[text.split()[-1]].append(score)
    assert all(np.ptp(pair) < 1e-9 for pair in pairs.values())


def test_surnames_are_of_ten_languages_and_each_of_one_alone() -> None:
    rows = surnames().rows
    assert {label for label, _ in rows} == set(LANGUAGES)
    assert len(LANGUAGES) == 10
    assert len({name for _, name in rows}) == len(rows) > 5_000
    assert max(sum(label == language for label, _ in rows) for language in LANGUAGES) <= MOST


def test_after_every_letter_it_says_what_it_says_of_that_much_of_the_name(made: Callable[..., TextClass]) -> None:
    rows = [(("Irish", "Finnish")[i % 2], f"{('Ó Brien', 'Virtanen')[i % 2]}{'abcdefgh'[i % 8]}") for i in range(40)]
    experiment = made(rows, level="char")
    for _ in range(3):
        experiment.step()
    net = experiment.net.eval()
    answer = experiment.answer("prefixes", net, {"sentence": "Ó Bri"})
    assert answer.x_ticks == ["ó", "␣", "b", "r", "i"]
    alone = experiment.answer("classify", net, {"sentence": "Ó B"})
    column = dict(zip(answer.y_ticks, answer.values[:, 2].tolist(), strict=True))
    assert column == pytest.approx(dict(zip(alone.names, alone.values.tolist(), strict=True)), abs=1e-5)
