"""Trials on a Ray cluster of two nodes on this machine: a trial whose node is killed continues on the other from its checkpoint."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.errors import UsageError
from lab.ray_trials import Task, carried_out_apart, on
from lab.run import Run
from lab.run_transport import packed, unpack
from lab.trial import Trial, command

ROOT = Path(__file__).resolve().parents[2]


def on_ray(kind: str, folder: Path) -> dict[str, Any]:
    """How the trial of tests/lab/on_ray.py ended."""
    pytest.importorskip("ray", reason="Ray is an optional extra")
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("on_ray.py")), kind, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, done.stderr[-2000:]
    return json.loads(lines[-1])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["killed", "apart"])
def test_a_trial_whose_node_is_killed_continues_on_another(kind: str, tmp_path: Path) -> None:
    """Also where the nodes share no storage, and its run comes back through Ray."""
    state = on_ray(kind, tmp_path)
    assert (state["status"], state["done"], state["attempts"]) == ("finished", 12_000, 2)
    run = Run(Path(state["run"]))
    assert run.status()["done"] == 12_000
    starts = [line for line in (run.path / "log.txt").read_text().splitlines() if "training from" in line]
    assert len(starts) == 2
    assert "training from 0 steps" in starts[0]
    assert "training from 0 steps" not in starts[1], "it continued from a checkpoint"


@pytest.mark.timeout(600)
def test_a_trial_that_is_not_wanted_any_more_stops_with_a_checkpoint(tmp_path: Path) -> None:
    state = on_ray("unwanted", tmp_path)
    assert state["status"] == "pruned"
    run = Run(Path(state["run"]))
    while run.is_locked():  # Until the test's own limit.
        time.sleep(0.1)
    assert list(run.checkpoints.iterdir())


def test_flags_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(UsageError, match="go with --on ray"):
        on("local", "", 2, 0.0)


class Here:
    """Ray, where everything is at hand."""

    exceptions = SimpleNamespace(TaskCancelledError=KeyError, RayTaskError=KeyError, RayError=KeyError)

    @staticmethod
    def get(item: Any) -> Any:
        return item


def test_a_run_on_a_node_comes_back_before_it_is_told_of_and_takes_a_begun_one_along(runs_home: Path, tmp_path: Path) -> None:
    part_of = {"sweep": "test", "trial": "000-s0"}
    trial = Trial("perceptron", {}, part_of, steps=20, device="cpu", evaluation=None)
    environment, log = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}, tmp_path / "log.txt"

    def carried(trial: Trial, begun: Any) -> Path:
        task = Task(Here, carried_out_apart(command(trial)[1:], environment, begun), log)
        told: list[Path] = []
        for line in task.stdout:
            told += [Path(values["run"]) for values in [json.loads(line)] if "run" in values]
            assert all(path.is_dir() for path in told)
        assert task.wait() == 0, log.read_text()
        return told[0]

    folder = carried(trial, None)
    assert folder.parent == runs_home.resolve()
    assert Run(folder).status()["done"] == 20
    longer = replace(trial, steps=30, run=str(folder))
    assert carried(longer, (folder.name, packed(folder))) == folder
    assert Run(folder).status()["done"] == 30
    assert "training from 20 steps" in (folder / "log.txt").read_text()


def test_files_of_a_run_are_those_of_its_newest_checkpoint_and_replace_an_older_one(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for name in ("checkpoints/step-1/a", "checkpoints/step-2/a", "config.json", "lock"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(name)
    files = packed(here)
    assert files == {"checkpoints/step-2/a": b"checkpoints/step-2/a", "config.json": b"config.json"}
    unpack({"checkpoints/step-1/a": b"old"}, there)
    unpack(files, there)
    assert sorted(path.name for path in (there / "checkpoints").iterdir()) == ["step-2"]
    with pytest.raises(ValueError, match="lies in its folder"):
        unpack({"../elsewhere": b""}, there)
