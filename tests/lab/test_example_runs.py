"""The example runs that come with the lab: small, whole, and opened like any stored run."""

from pathlib import Path

import numpy as np
import pytest

import lab
from lab import registry
from lab.cli import main
from lab.errors import UsageError


def test_they_take_less_than_2_mb_together_and_a_dream_less_than_6() -> None:
    dreams = [folder for folder in registry.examples().values() if lab.find(folder.name).recipe.name == "dream"]
    files = [file for folder in registry.examples().values() for file in folder.iterdir()]
    assert sum(file.stat().st_size for file in files if file.parent not in dreams) < 2_000_000
    for folder in dreams:
        assert sum(file.stat().st_size for file in folder.iterdir()) < 6_000_000
    assert {file.name for file in files} == {"config.json", "evaluation.json", "metrics.jsonl", "serving.safetensors"}


@pytest.mark.parametrize("family", ["Generate", "Vision", "Sequences"])
def test_each_panel_has_one_and_they_come_in_the_order_of_the_recipes(family: str) -> None:
    names = list(registry.examples(family))
    recipes = [lab.find(name).recipe.name for name in names]
    order = [recipe.name for recipe in registry.BUILT_IN]
    assert names
    assert recipes == sorted(recipes, key=order.index)


@pytest.mark.parametrize("name", registry.examples())
def test_its_records_say_what_it_is_and_how_well_it_does(name: str) -> None:
    run = lab.find(name)
    assert (run.kind, run.status()["status"], run.status()["done"]) == ("example run", "example run", run.stored["training"]["steps"])
    assert run.status()["metrics"].items() <= run.evaluation().items()
    assert run.status()["metrics"]
    assert run.stored["training"]["command"].startswith(f"lab train {run.recipe.name} ")
    assert len(run.metrics()) > 5
    assert repr(run).endswith(", example run>")


@pytest.mark.parametrize("name", registry.examples())
def test_what_it_was_begun_from_is_there_when_a_copy_is_trained(name: str) -> None:
    begun_from = getattr(lab.find(name).config(), "begin_from", "")
    assert not begun_from or lab.find(begun_from).shipped


def test_its_weights_are_those_that_were_evaluated() -> None:
    run = lab.find("lenet5-mnist")
    assert run.evaluate("cpu")["accuracy"] == pytest.approx(run.evaluation()["accuracy"], abs=2e-3)


def test_a_walk_ends_where_it_began() -> None:
    frames = lab.find("vae-mnist").show("interpolate", "cpu", anchors="0@0,1@0", steps=4, loop=True).pixels
    assert frames.shape == (4, 28, 28)
    again = lab.find("vae-mnist").show("walk", "cpu", anchors="0@0,1@0", t=1.0, loop=True).pixels
    assert np.abs(frames[0].astype(int) - again[0].astype(int)).max() <= 1


def test_resuming_one_says_how_it_was_trained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=r"lenet5-mnist is an example run.* no training state\. It was trained by: lab train classify "):
        lab.resume("lenet5-mnist")
    assert main(["resume", "lenet5-mnist"]) == 2
    assert "It was trained by: lab train classify --data mnist-5k" in capsys.readouterr().err


def test_a_run_of_that_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))
    run = lab.train("linear", steps=1, run=tmp_path / "lenet5-mnist")
    assert lab.find("lenet5-mnist").path == run.path
