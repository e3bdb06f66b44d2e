"""The recipes for sequences: exact resume, what they learn, every view, and what they refuse."""

import math
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab import checkpoint, registry
from lab.answers import Answer
from lab.errors import LabError, UsageError
from lab.recipes.sequence.seq2seq import tree_text
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.selfcheck.cases import cases, made, write_files
from lab.snapshot import frozen_copy
from models.kernels import flat_layout
from models.sequence.beam_search import Hypothesis, Node

CPU = torch.device("cpu")
TEXT = "the cat sat on the mat and the dog lay by the door. " * 60
SMALL: dict[str, dict[str, Any]] = {
    "gpt": {"context": 16, "layers": 2, "heads": 2, "width": 16, "batch_size": 4, "dropout": 0.1},
    "char-rnn": {"hidden": 12, "width": 8, "unroll": 8, "batch_size": 4, "dropout": 0.1, "layers": 2},
    "seq2seq": {"data": "numbers", "pairs": 200, "hidden": 8, "width": 8, "batch_size": 8, "dropout": 0.1, "teacher_forcing": 0.5},
    "tag": {"length": 16, "hidden": 6, "width": 4, "batch_size": 4, "crf": True, "dropout": 0.1},
    "text-class": {"hidden": 6, "width": 4, "batch_size": 8, "min_count": 1, "max_length": 8, "words": 50},
    "forecast": {"hidden": 6, "batch_size": 4, "window": 8, "dropout": 0.1},
    "word2vec": {"width": 8, "batch_size": 32, "window": 2, "min_count": 1, "subsample": 1.0},
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Small data of each recipe."""
    x = np.arange(120)
    contents = {
        "a.txt": TEXT,
        "a.py": "def f(x):\n    return x + 1  # more\n" * 40,
        "a.tsv": "".join(f"good\tvery nice day number {i}\nbad\tnot a nice night {i}\n" for i in range(30)),
        "a.csv": "a,b\n" + "".join(f"{math.sin(i / 5)},{math.cos(i / 5)}\n" for i in x),
    }
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    ending = {"gpt": "txt", "char-rnn": "txt", "word2vec": "txt", "tag": "py", "text-class": "tsv", "forecast": "csv"}
    return {recipe: f"file:{tmp_path}/a.{end}" for recipe, end in ending.items()}


def make(recipe: str, files: dict[str, str], **fields: Any) -> SequenceExperiment:
    entry = registry.recipe(recipe)
    data = {"data": files[recipe]} if recipe in files else {}
    config = entry.config_class().parse({"precision": "fp32", "validate_every": 3, **data, **SMALL[recipe], **fields})
    return entry.experiment_class()(config, CPU)


def advance(experiment: SequenceExperiment, steps: int) -> SequenceExperiment:
    for _ in range(steps):
        experiment.step()
    return experiment


def weights(experiment: SequenceExperiment) -> torch.Tensor:
    return experiment.flat.weights


@pytest.mark.parametrize(
    ("recipe", "part"),
    [("gpt", "generator"), ("gpt", "dropout"), ("gpt", "adam"), ("char-rnn", "carried"), ("char-rnn", "places"), ("seq2seq", "generator"),
     ("tag", "dropout"), ("word2vec", "generator")],
)  # fmt: skip
def test_leaving_a_part_of_the_state_out_shows(recipe: str, part: str, files: dict[str, str]) -> None:
    straight = advance(make(recipe, files), 5)
    state = straight.state()
    advance(straight, 4)
    resumed = make(recipe, files)
    resumed.restore({**state, part: make(recipe, files).state()[part]})
    advance(resumed, 4)
    assert not torch.equal(weights(straight), weights(resumed))


@pytest.mark.parametrize("recipe", list(SMALL))
def test_training_touches_no_global_generator(recipe: str, files: dict[str, str]) -> None:
    before = torch.random.get_rng_state()
    np_before = np.random.get_state()[1].copy()
    advance(make(recipe, files), 3).evaluate()
    assert torch.equal(torch.random.get_rng_state(), before)
    np.testing.assert_array_equal(np.random.get_state()[1], np_before)


@pytest.mark.parametrize(
    ("recipe", "fields"),
    [("gpt", {}), ("char-rnn", {}), ("tag", {}), ("tag", {"crf": False}), ("text-class", {}), ("forecast", {}), ("seq2seq", {"model": "transformer", "attention": "none"})],
)  # fmt: skip
def test_it_learns(recipe: str, fields: dict[str, Any], files: dict[str, str]) -> None:
    experiment = make(recipe, files, dropout=0.0, learning_rate=1e-2, warmup_steps=0, **fields)
    before = experiment.evaluate()["loss"]
    assert advance(experiment, 60).evaluate()["loss"] < 0.7 * before


@pytest.mark.parametrize("recipe", list(SMALL))
def test_every_view_answers_with_what_it_says(recipe: str, files: dict[str, str], tmp_path: Path) -> None:
    experiment = advance(make(recipe, files), 2)
    given = {"analogy": {"a": "the", "b": "cat", "c": "dog"}}
    for name, spec in experiment.views().items():
        if name == "heads":
            continue  # Only of a transformer; tested below.
        answer: Answer = experiment.answer(name, experiment.net.eval(), given.get(name, {}))
        assert isinstance(answer, spec.answer), name
        assert answer.picture().dtype == np.uint8, name
        answer.save(tmp_path / f"{name}.npz")
        assert spec.about, name


SEQUENCES = [
    recipe.name
    for recipe in map(registry.recipe, {name for name, _ in cases().values()})
    if recipe.family == "Sequences" and "precision" in recipe.config_class().model_fields
]


@pytest.mark.parametrize("case", sorted(SEQUENCES))
def test_what_is_learned_in_bf16_is_shown_and_evaluated(case: str, tmp_path: Path) -> None:
    """Views have a copy of the stored weights, in float32, and figures the network that computes."""
    write_files(tmp_path)
    experiment = made(case, tmp_path, CPU, precision="bf16")
    for _ in range(2):
        experiment.step()
    net, shown = frozen_copy(experiment.serving()), 0
    for name in experiment.views():
        with suppress(UsageError):  # Something must be said first.
            shown += isinstance(experiment.answer(name, net, {}), Answer)
    assert shown
    with suppress(LabError):
        assert experiment.evaluate()


@pytest.mark.parametrize("of", ["cross", "encoder", "decoder"])
def test_the_heads_of_a_transformer_are_shown(of: str, files: dict[str, str]) -> None:
    experiment = make("seq2seq", files, model="transformer", layers=2, heads=4)
    answer = experiment.answer("heads", experiment.net.eval(), {"sentence": "twenty-one", "of": of})
    assert len(answer.pixels) == 8
    with pytest.raises(UsageError, match="--model transformer"):
        make("seq2seq", files).answer("heads", make("seq2seq", files).net, {})


def test_the_stored_network_answers_as_the_one_that_trained(files: dict[str, str]) -> None:
    trained = advance(make("gpt", files), 5)
    stored = make("gpt", files)
    checkpoint.load_serving(stored.serving(), checkpoint.serving_weights(trained.serving()), Path("here"))
    assert stored.evaluate() == trained.evaluate()
    asked = {"prompt": "the ", "length": 20, "seed": 3}
    assert stored.answer("generate", stored.net.eval(), asked) == trained.answer("generate", trained.net.eval(), asked)


@pytest.mark.parametrize("recipe", ["gpt", "char-rnn"])
def test_the_candidate_in_colour_is_the_token_that_is_written(recipe: str, files: dict[str, str]) -> None:
    experiment = advance(make(recipe, files), 3)
    net = experiment.net.eval()
    for seed in range(4):
        asked = {"prompt": "the ", "temperature": 1.3, "seed": seed}
        bars = experiment.answer("candidates", net, asked)
        text = experiment.answer("generate", net, {**asked, "length": 1}).text
        assert bars.names[bars.chosen].replace("␣", " ") == text[-1]
        assert float(bars.values.sum()) <= 1.0001


@pytest.mark.parametrize("recipe", ["gpt", "char-rnn"])
def test_an_unknown_character_in_a_prompt_is_a_usage_error(recipe: str, files: dict[str, str]) -> None:
    experiment = make(recipe, files)
    with pytest.raises(UsageError, match="'€'"):
        experiment.answer("generate", experiment.net, {"prompt": "5 €"})


def test_a_word_without_a_vector_is_refused_with_the_nearest(files: dict[str, str]) -> None:
    experiment = make("word2vec", files)
    with pytest.raises(UsageError, match=r"'cats' is not in the vocabulary\. Did you mean cat"):
        experiment.answer("neighbours", experiment.net, {"word": "cats"})


@pytest.mark.skipif(
    not (Path(os.environ.get("LAB_DATA", "none")) / "tinyshakespeare.txt").exists(), reason="LAB_DATA has no tinyshakespeare.txt"
)
def test_tiny_shakespeare_has_65_characters_and_its_gpt_as_many_parameters_as_published() -> None:
    experiment = registry.recipe("gpt").experiment_class()(registry.recipe("gpt").config_class().parse({"data": "tinyshakespeare"}), CPU)
    assert len(experiment.text.codec.vocabulary) == 65
    assert len(experiment.text.train) + len(experiment.text.validation) == 1_115_394
    assert experiment.parameter_count == 804_096


@pytest.mark.parametrize(("recipe", "span"), [("gpt", "context"), ("char-rnn", "unroll")])
def test_a_text_too_short_is_refused_with_the_setting_to_lower(files: dict[str, str], recipe: str, span: str) -> None:
    with pytest.raises(LabError, match=f"--{span} 1024 needs at least 10,250. Take a longer text, or lower --{span}"):
        make(recipe, files, **{span: 1024})


def test_heads_must_divide_the_width(files: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="--width 16 is not a multiple of --heads 3"):
        make("gpt", files, heads=3)


def test_wrong_data_is_a_usage_error_before_torch_is_needed() -> None:
    with pytest.raises(UsageError, match=r"--data must be pydocs, stdlib"):
        registry.recipe("gpt").config_class().parse({"data": "shakespeare"})


def test_a_run_of_a_file_has_a_plain_name(files: dict[str, str]) -> None:
    assert make("gpt", files).config.subject == "a"


def test_the_step_size_rises_and_falls(files: dict[str, str]) -> None:
    experiment = make("gpt", files, warmup_steps=3, decay_steps=13, learning_rate=1.0, learning_rate_end=0.1)
    rates = []
    for experiment.steps in range(16):
        rates.append(experiment.learning_rate())
    assert rates[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert rates[8] == pytest.approx(0.1 + 0.9 / 2)
    assert rates[13:] == pytest.approx([0.1, 0.1, 0.1])


@pytest.mark.parametrize("gap", [1, 8])
def test_one_step_is_that_of_torchs_adamw(files: dict[str, str], gap: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat_layout, "spacing", lambda device: gap)  # 8 on a GPU.
    experiment = make("gpt", files, dropout=0.0, weight_decay=0.3, max_grad_norm=0.0, warmup_steps=0)
    twin = make("gpt", files, dropout=0.0)
    matrices = [p for p in twin.net.parameters() if p.dim() >= 2]
    vectors = [p for p in twin.net.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.3}, {"params": vectors, "weight_decay": 0.0}]
    theirs = torch.optim.AdamW(groups, lr=experiment.learning_rate(), betas=(0.9, 0.99))
    twin.compute.train()
    twin.loss(*twin.next_batch())[0].backward()
    theirs.step()
    experiment.step()
    for mine, other in zip(experiment.net.parameters(), twin.net.parameters(), strict=True):
        torch.testing.assert_close(mine, other)


def test_the_gradients_of_trained_networks_stand_side_by_side(files: dict[str, str], tmp_path: Path) -> None:
    from lab.api import train

    paths = []
    for cell, hidden in (("rnn", 10), ("gru", 6)):
        fields = {**SMALL["char-rnn"], "data": files["char-rnn"], "cell": cell, "hidden": hidden, "validate_every": 0}
        paths.append(train("char-rnn", steps=2, device="cpu", run=tmp_path / cell, **fields).path)
    lstm = make("char-rnn", files)
    curves = lstm.answer("gradient_by_distance", lstm.serving(), {"runs": f"{paths[0]}, {paths[1]}", "text": "the cat sat on", "length": 9})
    assert list(curves.series) == ["this run's lstm", "rnn of rnn", "gru of gru"]
    assert all(len(x) == 9 and np.isfinite(y).all() for x, y in curves.series.values())
    alone = make("char-rnn", files, cell="gru").answer(
        "gradient_by_distance", make("char-rnn", files, cell="gru").serving(), {"text": "the"}
    )
    assert list(alone.series) == ["this run's gru", "new rnn", "new relu", "new lstm", "new gru"]


def test_gradients_are_compared_with_runs_of_char_rnn_alone(files: dict[str, str], tmp_path: Path) -> None:
    from lab.api import train

    path = train("gpt", steps=1, device="cpu", run=tmp_path / "gpt", data=files["gpt"], **SMALL["gpt"], validate_every=0).path
    lstm = make("char-rnn", files)
    with pytest.raises(UsageError, match="not a run of char-rnn"):
        lstm.answer("gradient_by_distance", lstm.serving(), {"runs": str(path)})


def test_a_tree_is_drawn_with_its_best_path_marked() -> None:
    nodes = [Node(-1, 1, 0.0, True), Node(0, 5, -0.1, True, 1), Node(0, 6, -2.0, False, 1), Node(1, 2, -0.2, True, 2)]
    text = tree_text(nodes, [Hypothesis([5], -0.2, -0.2, torch.zeros(2, 3), 3)], {5: "five", 6: "six", 2: "<EOS>"}.get)
    assert text == "<SOS>\n├ five  -0.10 *\n│ └ <EOS>  -0.20 *  done\n└ six  -2.00  (dropped)"


def test_translations_are_measured_by_the_length_of_their_source(files: dict[str, str]) -> None:
    experiment = make("seq2seq", files, attention="dot", bidirectional=False)
    figures = experiment.evaluate()
    assert {"exact", "bleu", "chrf", "exact_short", "bleu_long", "chrf_long"} <= figures.keys()
    curves = experiment.answer("by_length", experiment.serving(), {"count": 20, "groups": 3, "of": "chrf"})
    (x, y) = curves.series["chrf"]
    assert (np.diff(x) > 0).all()
    assert ((y >= 0) & (y <= 100)).all()
