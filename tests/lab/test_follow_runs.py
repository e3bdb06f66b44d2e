"""Who trains a run, as another process sees it, and `lab runs --follow`."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import lab
from lab import cli
from lab.errors import LabError
from lab.listing import Entry
from lab.run import Run

sys.path.insert(0, str(Path(__file__).parents[1]))
from other_process import holding


@pytest.fixture
def run(runs_home: Path) -> Run:
    return lab.train("toy", steps=20, run=runs_home / "one")


def test_the_process_that_trains_a_run_is_known_while_it_does(run: Run) -> None:
    assert run.trainer() is None
    with run.lock():
        assert run.trainer() == os.getpid()
    assert run.trainer() is None
    with holding(run.path) as process:
        assert run.trainer() == process
        assert Entry.of(run).value("process") == process
        with pytest.raises(LabError, match=rf"by another session \(process {process}\)"), run.lock():
            pass
        assert run.trainer() == process
    assert run.trainer() is None


def test_whoever_reads_while_a_session_takes_the_lock_finds_a_process(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with run.lock():
        pass
    write, read = os.pwrite, []

    def observed(*arguments: Any) -> int:
        read.append(run.trainer())
        written = write(*arguments)
        read.append(run.trainer())
        return written

    monkeypatch.setattr(os, "pwrite", observed)
    with run.lock():
        read.append(run.trainer())
    assert read == [os.getpid()] * 3


def test_a_lock_of_an_older_version_names_nobody(run: Run) -> None:
    with run.lock():
        (run.path / "lock").write_text("")
        assert run.trainer() == 0
        assert Entry.of(run).value("process") is None


def test_the_newest_checkpoint_is_a_column(run: Run) -> None:
    assert Entry.of(run).value("checkpoint") == 20
    (run.checkpoints / "step-x").mkdir()
    assert run.checkpoint_step() == 20
    (run.checkpoints / "step-000000000030").mkdir()
    assert run.checkpoint_step() == 30


def test_the_list_is_printed_again_when_a_run_moves_on(run: Run, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            status = json.loads((run.path / "status.json").read_text())
            (run.path / "status.json").write_text(json.dumps({**status, "done": 25}))
        if len(waits) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", wait)
    assert cli.main(["runs", "--follow", "--columns", "done"]) == 0
    assert capsys.readouterr().out == "    done\n20 steps\n    done\n25 steps\n"


def test_following_is_for_people(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runs", "--follow", "--json"]) == 2
    assert "--follow goes with the plain list alone" in capsys.readouterr().err
