"""Classifying texts: bags of words beside the network, names letter by letter, and what it thinks after each letter."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab import registry
from lab.data.names import LANGUAGES, MOST, surnames
from lab.data.reviews import ADJECTIVES, LABELS, both, contrasted, reviews
from lab.recipes.sequence.text_class import TextClass
from models.sequence.tagger import TextClassifier

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
    assert answer.x_ticks == ["Ó", "␣", "B", "r", "i", "end"]
    alone = experiment.answer("classify", net, {"sentence": "Ó Bri"})
    column = dict(zip(answer.y_ticks, answer.values[:, -1].tolist(), strict=True))
    assert column == pytest.approx(dict(zip(alone.names, alone.values.tolist(), strict=True)), abs=1e-5)


@pytest.mark.parametrize(
    ("first", "second", "joined", "expected"),
    [(2, -1, "and", 1), (1, 2, "and", 2), (0, -2, "and", -2), (1, -1, "and", 0), (-1, 2, "but", 1), (2, -2, "but", -1), (1, 0, "but", 1), (0, 2, "but", 2)],
)  # fmt: skip
def test_reviews_join_their_clauses_by_rules(first: int, second: int, joined: str, expected: int) -> None:
    assert {"and": both, "but": contrasted}[joined](first, second) == expected


def test_reviews_are_five_classes_each_with_its_share() -> None:
    labels = [label for label, _ in reviews().rows]
    assert sorted(set(labels)) == sorted(LABELS.values())
    assert all(labels.count(label) > 0.08 * len(labels) for label in LABELS.values())
    rows = {text: label for label, text in reviews().rows}
    assert {label for text, label in rows.items() if text.startswith("not very") and " " not in text[9:] and text[9:] in ADJECTIVES[1]} <= {
        "2 bad"
    }


def test_the_network_of_the_notes_has_its_parameters() -> None:
    """1,300,000 + 42,240 + 12,416 + 165 = 1,354,821 with one bias a gate; PyTorch's LSTM has two."""
    net = TextClassifier(13_000, 5, "lstm", 100, 64, bidirectional=False, above=32, pooling="last")
    second_biases = 4 * 64 + 4 * 32
    assert sum(p.numel() for p in net.parameters()) == 1_354_821 + second_biases


def test_the_last_state_is_that_of_the_last_word_and_read_backwards_of_the_first() -> None:
    net = TextClassifier(9, 3, "gru", 4, 5, pooling="last").eval()
    tokens = torch.tensor([[3, 4, 5, 0, 0], [6, 7, 8, 3, 4]])
    for row, length in ((0, 3), (1, 5)):
        x, _ = net.core(net.embedding(tokens[row : row + 1, :length]))
        expected = torch.cat([x[0, -1, :5], x[0, 0, 5:]])
        torch.testing.assert_close(net.summary(tokens)[row], expected)


def test_every_phrase_is_judged_as_if_it_stood_alone(made: Callable[..., TextClass]) -> None:
    experiment = made([(("1 bad", "2 good")[i % 2], f"{('ugly', 'nice')[i % 2]} day {i}") for i in range(40)])
    net = experiment.net.eval()
    answer = experiment.answer("phrases", net, {"sentence": "a nice day"})
    alone = experiment.answer("classify", net, {"sentence": "nice day"})
    mean = sum(int(name[0]) * float(p) for name, p in zip(alone.names, alone.values, strict=True))
    assert answer.values[1, 1] == pytest.approx(mean, abs=1e-5)
    assert np.isnan(answer.values).tolist() == [[False] * 3, [False, False, True], [False, True, True]]
