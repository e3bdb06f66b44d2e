"""Trials on a Ray cluster of two nodes on this machine: a trial whose node is killed continues on the other from its checkpoint."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lab.errors import UsageError
from lab.ray_trials import on
from lab.run import Run

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
def test_a_trial_whose_node_is_killed_continues_on_another(tmp_path: Path) -> None:
    state = on_ray("killed", tmp_path)
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
