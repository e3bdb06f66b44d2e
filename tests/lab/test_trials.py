"""Trials in processes of their own. Most of them are stand-ins that speak as `lab.trial` does, which start at once."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lab import api, cores, trials
from lab.errors import UsageError
from lab.stored_runs import runs
from lab.trial import Trial
from lab.trials import State, Trials
from lab.trials_display import TrialsDisplay

STAND_IN = """
import json, os, pathlib, sys
trial = json.loads(sys.argv[1])
name, act = trial["part_of"]["trial"], trial["fields"].get("act", "")
folder = pathlib.Path(os.environ["LAB_RUNS"]) / name
folder.mkdir(parents=True, exist_ok=True)
with (folder / "starts.txt").open("a") as file: file.write(os.environ["OMP_NUM_THREADS"] + "\\n")
(folder / "config.json").write_text(json.dumps({"recipe": "toy", "config": {}, "part_of": trial["part_of"], "threads": 1}))
def say(**values): print(json.dumps(values), flush=True)
say(run=str(folder), status="training", done=5, target=10, metrics={"charts/score": 2.5})
if act == "fail": say(status="failed", reason="The disk is full."); sys.exit(1)
if act == "die": sys.exit(3)
if act == "killed" or act == "killed once" and len((folder / "starts.txt").read_text().split()) == 1: os.kill(os.getpid(), 9)
if act == "long":
    while os.read(0, 100): pass
    (folder / "saved").touch(); say(status="paused", done=7); sys.exit(0)
(folder / "status.json").write_text(json.dumps({"status": "finished", "done": 10, "target": 10, "unit": "steps", "seconds": 2.0}))
(folder / "evaluation.json").write_text(json.dumps({"mean": 1.0, "options": {}, "done": 10}))
"""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def command(trial: Trial) -> list[str]:
        return [sys.executable, "-S", "-c", STAND_IN, json.dumps(vars(trial))]

    monkeypatch.setattr(trials, "command", command)
    monkeypatch.setattr(cores, "cores_here", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def trial(name: str, act: str = "") -> Trial:
    return Trial("toy", {"act": act}, {"suite": "s", "trial": name}, steps=10)


def carried_out(tmp_path: Path, *wanted: Trial, jobs: int = 1, on_news: Callable[[list[State]], None] = lambda states: None) -> list[State]:
    return Trials(wanted, tmp_path / "logs", jobs, on_news).run()


def starts(runs_home: Path, name: str) -> list[str]:
    return (runs_home / name / "starts.txt").read_text().split()


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("jobs", "threads"), [(1, "4"), (2, "2"), (3, "1")])
def test_the_jobs_share_the_cores(tmp_path: Path, runs_home: Path, jobs: int, threads: str) -> None:
    most = 0

    def count(states: list[State]) -> None:
        nonlocal most
        most = max(most, sum(state.at_work for state in states))

    states = carried_out(tmp_path, *map(trial, "abcd"), jobs=jobs, on_news=count)
    assert [state.status for state in states] == ["finished"] * 4
    assert {thread for name in "abcd" for thread in starts(runs_home, name)} == {threads}
    assert most == jobs


@pytest.mark.usefixtures("stand_in")
def test_one_that_fails_says_why_and_the_rest_go_on(tmp_path: Path) -> None:
    states = carried_out(tmp_path, trial("a", "fail"), trial("b", "die"), trial("c"))
    assert [state.status for state in states] == ["failed", "failed", "finished"]
    assert states[0].reason == "The disk is full."
    assert "code 3" in states[1].reason
    assert str(tmp_path / "logs" / "b.txt") in states[1].reason


@pytest.mark.usefixtures("stand_in")
def test_one_that_was_killed_is_started_again_once(tmp_path: Path, runs_home: Path) -> None:
    states = carried_out(tmp_path, trial("a", "killed"), trial("b", "killed once"))
    assert [state.status for state in states] == ["failed", "finished"]
    assert "SIGKILL" in states[0].reason
    assert (len(starts(runs_home, "a")), len(starts(runs_home, "b"))) == (2, 2)


@pytest.mark.usefixtures("stand_in")
def test_what_has_finished_is_not_started_again_and_what_failed_is(tmp_path: Path, runs_home: Path) -> None:
    for _ in range(2):
        states = carried_out(tmp_path, trial("a"), trial("b", "fail"))
    assert [state.status for state in states] == ["finished", "failed"]
    assert (states[0].done, states[0].seconds) == (10, 2.0)
    assert (len(starts(runs_home, "a")), len(starts(runs_home, "b"))) == (1, 2)


@pytest.mark.usefixtures("stand_in")
def test_a_run_keeps_its_threads_whatever_the_jobs_are(tmp_path: Path, runs_home: Path) -> None:
    carried_out(tmp_path, trial("a", "fail"), jobs=2)
    carried_out(tmp_path, trial("a", "fail"), jobs=4)
    assert starts(runs_home, "a") == ["2", "1"]  # The stand-in's config says 1.


@pytest.mark.usefixtures("stand_in")
def test_an_interruption_lets_every_process_save_first(tmp_path: Path, runs_home: Path) -> None:
    def interrupt(states: list[State]) -> None:
        if all(state.status == "training" for state in states):
            raise KeyboardInterrupt

    many = Trials([trial("a", "long"), trial("b", "long")], tmp_path / "logs", 2, interrupt)
    with pytest.raises(KeyboardInterrupt):
        many.run()
    assert (runs_home / "a" / "saved").exists()
    assert (runs_home / "b" / "saved").exists()
    assert [(state.status, state.done) for state in many.states] == [("stopped", 7)] * 2


def test_more_jobs_than_cores_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--jobs must be from 1 to"):
        carried_out(tmp_path, trial("a"), jobs=10_000)


HERE = str(Path(__file__).parent)
REAL = f"import sys; sys.path.insert(0, {HERE!r}); import toy; toy.install(); from lab.trial import main; sys.exit(main())"
STEPS = 6_000


def real(trial: Trial) -> list[str]:
    """The command of a real process, which knows the recipe `toy`."""
    return [sys.executable, "-c", REAL, json.dumps(vars(trial))]


def real_trial() -> Trial:
    return Trial("toy", {"seed": 1}, {"suite": "s", "trial": "killed"}, steps=STEPS)


TWO_KILLS = f"""
import os, pathlib, sys
sys.path.insert(0, {HERE!r})
import test_trials
from lab import trials
trials.command = test_trials.real
killed = []
def kill(states):
    (state,) = states
    if not killed and state.done >= 20:
        killed.append(many.processes[0].pid)
        os.kill(killed[0], 9)
    if state.attempts == 2 and state.status == "training":
        os.kill(os.getpid(), 9)
many = trials.Trials([test_trials.real_trial()], pathlib.Path(sys.argv[1]), 1, kill)
many.run()
"""


@pytest.mark.timeout(300)
def test_a_real_training_that_is_killed_continues_and_ends_as_an_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First its own process is killed, and when it has been started again, its parent: it saves and ends, and the next parent continues."""
    done = subprocess.run([sys.executable, "-c", TWO_KILLS, str(tmp_path / "logs")], check=False)
    assert done.returncode == -signal.SIGKILL
    monkeypatch.setattr(trials, "command", real)
    (state,) = carried_out(tmp_path, real_trial())
    assert (state.status, state.attempts) == ("finished", 1), state.reason
    (killed,) = runs()
    whole = api.train("toy", steps=STEPS, device="cpu", seed=1)
    assert killed.experiment("cpu").state()["net"]["weight"].tolist() == whole.experiment("cpu").state()["net"]["weight"].tolist()


def test_the_table_has_a_line_for_each_trial_with_its_reason() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=140, height=30)
    display = TrialsDisplay("suite s", ("charts/episodic_return",), console)
    states = [
        State(trial("pong-s0"), "training", 1200, 5000, speed=310.0, seconds=4, metrics={"charts/episodic_return": -20.5}),
        State(trial("qbert-s0"), "failed", reason="The disk is full."),
    ]
    console.print(display.table(states))
    display.close()
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for part in ("0 of 2 finished", "pong-s0", "1,200 of 5,000", "310 steps/s", "-20.5", "The disk is full."):
        assert part in text


def test_without_a_terminal_a_line_is_printed_when_a_status_changes(capsys: pytest.CaptureFixture[str]) -> None:
    display = TrialsDisplay("suite s", ("charts/episodic_return",))
    state: Any = State(trial("pong-s0"))
    for status, done in (("starting", 0), ("training", 0), ("training", 50), ("finished", 100)):
        state.status, state.done, state.seconds = status, done, done / 10
        display.update([state])
    assert capsys.readouterr().err.splitlines() == ["pong-s0: training", "pong-s0: finished at 100 steps after 10 s"]
