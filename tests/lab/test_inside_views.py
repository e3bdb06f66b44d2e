"""The views that take a GPT apart, on a tiny one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab.errors import UsageError
from lab.recipes.sequence.gpt import GPT
from lab.recipes.sequence.gpt_config import GPTConfig

TEXT = "the cat sat on the mat and the dog lay by the door. " * 60


@pytest.fixture(scope="module")
def gpt(tmp_path_factory: pytest.TempPathFactory) -> GPT:
    file: Path = tmp_path_factory.mktemp("text") / "a.txt"
    file.write_text(TEXT)
    config: Any = GPTConfig
    return GPT(
        config.parse({"data": f"file:{file}", "context": 32, "layers": 2, "heads": 2, "width": 16, "precision": "fp32"}),
        torch.device("cpu"),
    )


def ask(gpt: GPT, view: str, **parameters: Any) -> Any:
    return gpt.answer(view, gpt.serving(), parameters)


def test_attention_in_numbers_adds_up(gpt: GPT) -> None:
    table = ask(gpt, "attention_numbers", text="the cat", layer=2, head=2, token=5)
    assert [row[1] for row in table.rows] == ["t", "h", "e", "␣", "c", "sum"]
    assert sum(row[5] for row in table.rows[:-1]) == pytest.approx(1, abs=5e-3)
    scores, scaled = (np.array([row[i] for row in table.rows[:-1]]) for i in (2, 3))
    np.testing.assert_allclose(scaled, scores / np.sqrt(8), rtol=1e-2)
    vectors = ask(gpt, "attention_vectors", text="the cat", layer=2, head=2, token=5)
    assert vectors.y_ticks[0] == "q c"
    np.testing.assert_allclose(vectors.values[11:16].sum(0), vectors.values[-1], atol=1e-6)


def test_the_lens_ends_in_what_the_network_says(gpt: GPT) -> None:
    table = ask(gpt, "logit_lens", text="the cat")
    said = ask(gpt, "candidates", prompt="the cat", count=1)
    assert table.columns == ["", "read", "embeddings", "layer 1", "layer 2"]
    assert table.rows[-1][-1].split()[0] == ask(gpt, "heads_off", text="the cat").names[0]
    assert len(said.names) == 1


def test_heads_are_named_from_one_and_switched_off(gpt: GPT) -> None:
    whole, without = (ask(gpt, "heads_off", text="the cat", off=off) for off in ("", "1.1, 2.2"))
    assert not np.allclose(whole.values, without.values)
    assert ask(gpt, "head_effects", text="the cat").values.shape == (2, 2)
    with pytest.raises(UsageError, match=r"layers 1 to 2, heads 1 to 2. Got '3\.1'"):
        ask(gpt, "heads_off", off="3.1")


def test_the_same_word_has_one_vector_where_nothing_before_it_differs(gpt: GPT) -> None:
    curves = ask(gpt, "same_word", text="the cat sat", other="the cat lay", word="cat")
    np.testing.assert_allclose(curves.series["'cat' in both"][1], 1, atol=1e-5)
    curves = ask(gpt, "same_word", text="the cat sat", other="on the mat and the cat", word="cat")
    assert (curves.series["'cat' in both"][1] < 0.999).all()
    assert ask(gpt, "same_word").series
    with pytest.raises(UsageError, match="word in common"):
        ask(gpt, "same_word", text="the cat", other="a dog", word="cat")


def test_patching_needs_texts_of_one_length(gpt: GPT) -> None:
    answer = ask(gpt, "patching", text="the cat", other="the bat")
    assert answer.x_ticks[4] == "b←c"
    assert answer.values[0, 4] == pytest.approx(1, abs=1e-3)
    with pytest.raises(UsageError, match="as many tokens: they have 7 and 3"):
        ask(gpt, "patching", text="the cat", other="cat")
