"""A run remembers its data: what it stores, how changed data are told, and that the stored names are the ones in use."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab import api
from lab.data.record import compare, merged, of_content
from lab.errors import LabError, UsageError
from lab.run import Run
from lab.stored_runs import find

SETTINGS: dict[str, dict[str, Any]] = {
    "text-class": {
        "min_count": 1,
        "hidden": 8,
        "width": 8,
        "batch_size": 16,
        "max_length": 8,
        "validate_every": 0,
        "dropout": 0.0,
        "warmup_steps": 0,
        "learning_rate": 0.05,
    },
    "gpt": {"context": 8, "layers": 1, "heads": 1, "width": 16, "batch_size": 4, "validate_every": 0},
    "seq2seq": {"hidden": 8, "width": 8, "batch_size": 8, "validate_every": 0, "min_count": 1},
    "forecast": {"hidden": 6, "batch_size": 4, "window": 4, "validate_every": 0},
    "word2vec": {"width": 8, "batch_size": 16, "window": 2, "min_count": 1, "subsample": 1.0, "validate_every": 0},
    "tag": {"length": 16, "hidden": 6, "width": 4, "batch_size": 4, "validate_every": 0},
}
CONTENT = {
    "text-class": "".join(f"{label}\t{word} thing {i}\n" for i in range(40) for label, word in (("cat", "meow"), ("dog", "woof"))),
    "gpt": "the cat sat on the mat. " * 30,
    "seq2seq": "".join(f"ein haus {i}\ta house {i}\n" for i in range(40)),
    "forecast": "a,b\n" + "".join(f"{math.sin(i / 3):.3f},{i % 7}\n" for i in range(80)),
    "word2vec": "the cat sat on the mat. " * 60,
    "tag": "def f(x):\n    return x + 1  # more\n" * 40,
}


def trained(recipe: str, folder: Path, steps: int = 3, content: str | None = None) -> tuple[Run, Path]:
    """A run of a few steps on a file, and that file."""
    file = folder / "data.txt"
    file.write_text(CONTENT[recipe] if content is None else content)
    return api.train(recipe, steps=steps, run=folder / "run", device="cpu", data=f"file:{file}", **SETTINGS[recipe]), file


# -- comparing -----------------------------------------------------------------------------------------------------


def test_equal_data_are_the_same_wherever_they_are() -> None:
    stored = {"data": "file:/a", **of_content(b"abc", "bytes", None)}
    assert compare(stored, stored).kind == "same"
    moved = compare(stored, {**stored, "data": "file:/b"})
    assert moved.kind == "moved"
    assert moved.sentence == "The data have moved from file:/a to file:/b; their content is unchanged."


def test_more_after_the_same_beginning_has_grown_and_anything_else_is_other() -> None:
    stored = of_content(b"abc", "bytes", None)
    grown = compare(stored, of_content(b"abcd", "bytes", stored))
    assert (grown.kind, grown.sentence) == ("grown", "The data have grown since training: 4 bytes instead of 3.")
    assert compare(stored, of_content(b"xbcd", "bytes", stored)).kind == "other"
    assert compare(stored, of_content(b"ab", "bytes", stored)).kind == "other"
    assert compare(stored, of_content(b"abx", "bytes", stored)).sentence == "The data differ from the training data: different content."


def test_names_that_came_or_went_are_said() -> None:
    change = compare({"classes": ["cat", "dog"]}, {"classes": ["cat", "hound"]})
    assert change.sentence == "The data differ from the training data: missing class 'dog', new class 'hound'."
    assert "in a different order" in compare({"classes": ["a", "b"]}, {"classes": ["b", "a"]}).sentence
    assert compare({}, {"classes": ["a"]}).kind == "same"


def test_training_on_other_data_keeps_the_names_of_the_network() -> None:
    stored = {"data": "file:/a", "classes": ["cat", "dog"], "fingerprint": "1"}
    record = merged(stored, {"data": "file:/b", "classes": ["cat", "cow", "dog"], "fingerprint": "2", "contains_stored": True})
    assert record == {
        "data": "file:/b", "classes": ["cat", "dog"], "fingerprint": "2", "earlier": [{"data": "file:/a", "fingerprint": "1"}],
    }  # fmt: skip


# -- runs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", SETTINGS)
def test_every_recipe_stores_its_data_and_notices_a_change(recipe: str, tmp_path: Path) -> None:
    run, file = trained(recipe, tmp_path)
    stored = json.loads((run.path / "config.json").read_text())["data"]
    assert stored["data"] == f"file:{file}"
    assert stored["fingerprint"].startswith("sha256:")
    assert api.resume(Run(run.path), steps=4).status()["done"] == 4
    old, new = ("0,0", "0,1") if recipe == "forecast" else ("h", "k") if recipe != "tag" else ("x", "y")
    file.write_text(CONTENT[recipe].replace(old, new, 1))
    with pytest.raises(LabError, match=r"The data differ from the training data.* lab resume run --data file:"):
        api.resume(Run(run.path), steps=5)
    assert Run(run.path).status()["done"] == 4


def test_a_renamed_label_is_an_error_and_no_fall_of_accuracy(tmp_path: Path) -> None:
    run, file = trained("text-class", tmp_path, steps=40)
    assert run.evaluate("cpu")["accuracy"] == 1.0
    file.write_text(CONTENT["text-class"].replace("cat\t", "zebra\t"))
    with pytest.raises(LabError, match=r"has no text for class 'cat', which the network was trained on, but has the unknown class 'zebra'"):
        Run(run.path).evaluate("cpu")


def test_an_added_class_is_told_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, file = trained("text-class", tmp_path, steps=40)
    before = run.evaluate("cpu")
    file.write_text(CONTENT["text-class"] + "".join(f"bird\ttweet {i}\n" for i in range(20)))
    after = Run(run.path).evaluate("cpu")
    assert "new class 'bird'" in capsys.readouterr().err
    assert (after["accuracy"], after["classes"]) == (1.0, before["classes"])


def test_a_stored_vocabulary_reads_a_changed_text(tmp_path: Path) -> None:
    """One new letter that sorts before the others would shift the number of every other character."""
    run, file = trained("gpt", tmp_path)
    file.write_text("#" + CONTENT["gpt"])
    experiment = Run(run.path).experiment("cpu", serving_only=True)
    assert experiment.text.codec.decode(experiment.text.train.numpy()).startswith("the cat sat")


def test_moved_data_are_used_from_their_new_place_and_the_run_remembers_it(tmp_path: Path) -> None:
    run, file = trained("gpt", tmp_path)
    place = file.rename(tmp_path / "moved.txt")
    with pytest.raises(UsageError, match=r"The data of run run are missing: .*--data file:PATH"):
        Run(run.path).evaluate("cpu")
    assert Run(run.path).evaluate("cpu", data=f"file:{place}")["tokens"] == 72
    api.resume(Run(run.path), steps=5, data=f"file:{place}")
    assert Run(run.path).stored["config"]["data"] == f"file:{place}"
    assert api.resume(Run(run.path), steps=6).status()["done"] == 6


@pytest.mark.parametrize(
    ("recipe", "needs_none", "needs_them"),
    [
        ("gpt", ("generate", {"prompt": "the c", "length": 20}), ("attention", {})),
        ("text-class", ("classify", {"sentence": "meow thing 7"}), ("mistakes", {})),
        ("seq2seq", ("translate", {"sentence": "ein haus 7"}), ("examples", {})),
        ("word2vec", ("words", {"skip": 0}), None),
        ("tag", ("tagged", {"source": "x = 1"}), ("mistakes", {})),
        ("forecast", None, ("errors", {})),
    ],
)
def test_views_that_need_no_data_are_the_same_without_them(recipe: str, needs_none: Any, needs_them: Any, tmp_path: Path) -> None:
    run, file = trained(recipe, tmp_path)
    before = run.show(needs_none[0], "cpu", **needs_none[1]).arrays() if needs_none else {}
    file.rename(tmp_path / "moved.txt")
    moved = Run(run.path)
    if needs_none:
        after = moved.show(needs_none[0], "cpu", **needs_none[1]).arrays()
        assert moved.warnings == [f"The data are missing: {file} does not exist. What needs none of them can be shown."]
        assert before.keys() == after.keys()
        for name, values in before.items():
            np.testing.assert_array_equal(values, after[name])
    if needs_them:
        with pytest.raises(UsageError, match=r"are missing: .*data\.txt does not exist\. Give their new location with --data file:PATH"):
            moved.show(needs_them[0], "cpu", **needs_them[1])


def test_other_data_on_purpose_train_the_same_network_further(tmp_path: Path) -> None:
    run, _ = trained("gpt", tmp_path)
    other = tmp_path / "other.txt"
    other.write_text("the hat, sat on. " * 50)
    api.resume(Run(run.path), steps=5, data=f"file:{other}")
    stored = Run(run.path).stored["data"]
    assert stored["vocabulary"] == " .acehmnost"
    assert stored["earlier"][0]["data"].endswith("data.txt")
    assert api.resume(Run(run.path), steps=6).status()["done"] == 6


def test_a_run_of_before_opens_as_ever_and_remembers_from_then_on(tmp_path: Path) -> None:
    run, _ = trained("gpt", tmp_path)
    config = run.path / "config.json"
    stored = json.loads(config.read_text())
    del stored["data"]
    config.write_text(json.dumps(stored))
    assert Run(run.path).evaluate("cpu")["tokens"] == 72
    api.resume(Run(run.path), steps=5)
    assert Run(run.path).stored["data"]["vocabulary"] == " .acehmnost"
    assert Run(run.path).stored["data"]["rules"] == 1


def test_data_are_no_matter_of_a_recipe_without_any(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--data does not apply to pong"):
        find("pong").evaluate("cpu", data="file:x")
