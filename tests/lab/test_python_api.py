"""The Python API: the examples of docs/python.md run as they stand, runs say what they are, progress is shown where somebody sees it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open

import lab
from lab import checkpoint, registry
from lab.checkpoint import listed
from lab.flags import python_line

ROOT = Path(__file__).parents[2]


def test_the_examples_of_the_page_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 8
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
    assert (tmp_path / "confusion.png").exists()
    assert (tmp_path / "accuracy.csv").read_text().startswith("line,steps,value\n")


def test_every_public_name_is_on_the_page() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert [name for name in lab.__all__ if name != "Run" and f"lab.{name}" not in page] == []


def test_a_run_says_what_it_is(runs_home: Path) -> None:
    run = lab.train("toy", steps=12, run=runs_home / "one")
    assert repr(run).startswith("<Run one: toy on none, finished at 12 steps, charts/score 12, losses/loss ")
    (run.path / "status.json").write_text("[]")
    assert repr(run) == "<Run one: toy on none, unknown>"
    assert repr(lab.find("pong")).endswith(": dqn-fast on pong, shipped agent>")


@pytest.mark.parametrize(("quiet", "shown"), [(None, False), (True, False), (False, True)])
def test_progress_is_shown_where_somebody_sees_it(quiet: bool | None, shown: bool, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[int] = []
    run = lab.train("toy", steps=12, quiet=quiet, on_update=lambda latest: told.append(latest.done))
    assert ("toy: finished 12 of 12 steps" in capsys.readouterr().err) == shown
    assert told[-1] == 12
    lab.resume(run, steps=16, quiet=quiet)
    assert ("toy: finished 16 of 16 steps" in capsys.readouterr().err) == shown


def test_a_terminal_is_somebody(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("lab.api.seen", lambda: True)
    lab.train("toy", steps=12)
    assert "toy: finished" in capsys.readouterr().err


def test_the_python_of_a_config_makes_that_config() -> None:
    config = registry.recipe("linear").config_class().parse({"learning_rate": 0.25, "seed": 3})
    line = python_line("linear", config, steps=200, device="cpu")
    assert line == 'import lab\n\nrun = lab.train("linear", seed=3, learning_rate=0.25, steps=200, device="cpu")\n'
    names: dict[str, object] = {}
    exec(line, names)
    run = names["run"]
    assert isinstance(run, lab.Run)
    assert run.config() == config
    assert run.status()["done"] == 200


def test_safetensors_say_where_they_are_from_and_stay_the_same_bytes(runs_home: Path) -> None:
    first = lab.train("toy", steps=12, seed=4, run=runs_home / "a")
    second = lab.resume(lab.train("toy", steps=6, seed=4, run=runs_home / "b"), steps=12)
    for name in ("state", "serving"):
        files = [listed(run.checkpoints)[-1] / f"{name}.safetensors" for run in (first, second)]
        with safe_open(files[0], "pt") as file:
            assert set(file.metadata()) == {"lab"}
            about = json.loads(file.metadata()["lab"])
        assert (about["recipe"], about["seed"], about["step"]) == ("toy", 4, 12)
        assert about["lab"]
        if name == "serving":
            assert files[0].read_bytes() == files[1].read_bytes()


def test_the_bytes_of_a_file_are_the_same_in_every_process(tmp_path: Path) -> None:
    code = (
        "import sys, torch; from pathlib import Path; from lab import checkpoint; "
        "checkpoint.write(Path(sys.argv[1]), 1, {'a': torch.ones(2)}, {'b': torch.zeros(2)}, {'recipe': 'x', 'seed': 1, 'lab': '0'})"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "other")], check=True, cwd=ROOT)
    import torch

    (tmp_path / "here").mkdir()
    about = {"lab": "0", "seed": 1, "recipe": "x"}
    here = checkpoint.write(tmp_path / "here", 1, {"a": torch.ones(2)}, {"b": torch.zeros(2)}, about)
    for name in ("state.safetensors", "serving.safetensors"):
        assert (here / name).read_bytes() == (tmp_path / "other" / here.name / name).read_bytes()
