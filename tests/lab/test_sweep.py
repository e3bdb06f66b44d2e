"""Sweeps: what may be asked for, and trials by stand-ins that speak as `lab.trial` does and are worth what their settings say."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab import cli, cores, sweep_search, trials
from lab.errors import LabError, UsageError
from lab.stored_runs import runs
from lab.sweep import Range, Sweep, Wish, find, prepared
from lab.sweep_report import Setting, SweepReport, report
from lab.trial import Trial

HERE = str(Path(__file__).parent)
STAND_IN = """
import json, os, pathlib, sys
trial = json.loads(sys.argv[1])
fields, name = trial["fields"], trial["part_of"]["trial"]
folder = pathlib.Path(os.environ["LAB_RUNS"]) / name
folder.mkdir(parents=True, exist_ok=True)
with (folder / "starts.txt").open("a") as file: file.write("x")
(folder / "config.json").write_text(json.dumps({"recipe": "toy", "config": fields, "part_of": trial["part_of"], "threads": 1}))
def say(**values): print(json.dumps(values), flush=True)
rate = fields.get("learning_rate", 1)
loss = abs(rate - 1) + 0.1 * fields["seed"]
say(run=str(folder), status="training", done=6, target=10, unit="steps", metrics={"losses/loss": loss})
if fields.get("fail_at") == 1 and not (folder.parent / "mended").exists(): say(status="failed", reason="The disk is full."); sys.exit(1)
if rate == 9:
    while os.read(0, 100): pass
    say(status="paused"); sys.exit(0)
status = {"status": "finished", "done": 10, "target": 10, "unit": "steps", "seconds": 2.0, "metrics": {"losses/loss": loss}}
(folder / "status.json").write_text(json.dumps(status))
"""


def stand_in_command(trial: Trial) -> list[str]:
    return [sys.executable, "-S", "-c", STAND_IN, json.dumps(vars(trial))]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "command", stand_in_command)
    monkeypatch.setattr(cores, "cores_here", lambda: 4)


def wanted(*grid: str, **wish: Any) -> Sweep:
    return prepared("toy", Wish(grid, **{"steps": 10, "name": "s", **wish}))


def starts(runs_home: Path) -> dict[str, int]:
    return {path.parent.name: len(path.read_text()) for path in runs_home.glob("*/starts.txt")}


def test_a_grid_with_seeds_by_hand() -> None:
    sweep = wanted("learning_rate=0.5,1,2", seeds=2)
    sweep_search.run(sweep, jobs=2)
    result = report(sweep)
    assert [(one.number, one.values) for one in result.settings] == [
        (1, {"learning_rate": 1.0}), (0, {"learning_rate": 0.5}), (2, {"learning_rate": 2.0}),
    ]  # fmt: skip
    assert [one.mean for one in result.settings] == pytest.approx([0.05, 0.55, 1.05])
    assert result.settings[0].deviation == pytest.approx(0.1 / 2**0.5)
    assert (result.settings[0].each, result.settings[0].seconds) == ([0.0, 0.1], 4.0)
    assert {run.stored["part_of"]["sweep"] for run in runs()} == {"s"}


def test_what_has_finished_is_not_trained_again_and_more_seeds_are_added(runs_home: Path) -> None:
    sweep_search.run(wanted("learning_rate=0.5,1"))
    more = wanted("learning_rate=0.5,1", seeds=2)
    sweep_search.run(more)
    assert starts(runs_home) == {"000-s0": 1, "001-s0": 1, "000-s1": 1, "001-s1": 1}
    assert [len(one.each) for one in report(more).settings] == [2, 2]


def test_a_trial_that_fails_says_why_and_is_tried_again(runs_home: Path) -> None:
    sweep = wanted("fail_at=-1,1")
    sweep_search.run(sweep)
    assert [(one.status, one.reason) for one in report(sweep).settings] == [("finished", ""), ("failed", "The disk is full.")]
    (runs_home / "mended").touch()
    sweep_search.run(sweep)
    assert [(one.number, one.status) for one in report(sweep).settings] == [(0, "finished"), (1, "finished")]
    assert starts(runs_home) == {"000-s0": 1, "001-s0": 2}


def test_settings_that_do_worse_than_others_are_stopped(runs_home: Path) -> None:
    """The first four run to their end; the fifth, which would never end, is worse at the same point of its training, so neither seed goes on."""
    sweep = wanted("learning_rate=0.8,0.9,1,1.1,9", prune="median", seeds=2)
    sweep_search.run(sweep)
    last = report(sweep).settings[-1]
    assert (last.values, last.status) == ({"learning_rate": 9.0}, "pruned")
    assert "004-s1" not in starts(runs_home)


def test_drawn_settings_lie_in_their_range_and_a_continued_search_draws_others() -> None:
    wish = {"ranges": ["learning_rate=0.01..10:log"], "search": "random"}
    sweep_search.run(wanted(**wish, trials=3))
    more = wanted(**wish, trials=6)
    sweep_search.run(more)
    drawn = [one.values["learning_rate"] for one in report(more).settings]
    assert len(set(drawn)) == 6
    assert all(0.01 <= value <= 10 for value in drawn)


def test_tpe_draws_near_what_was_good() -> None:
    """The best learning rate is 1, in a range of four powers of ten; the seed makes the search deterministic."""
    sweep = wanted(ranges=["learning_rate=0.001..8:log"], trials=16)
    sweep_search.run(sweep)
    assert abs(report(sweep).finished[0].values["learning_rate"] - 1) < 0.3


def test_a_sweep_whose_process_is_killed_continues_where_it_was(runs_home: Path) -> None:
    script = f"""
import os, sys
sys.path.insert(0, {HERE!r})
import toy; toy.install()
import test_sweep
from lab import cores, sweep_search, trials
trials.command = test_sweep.stand_in_command
def kill(states):
    if len(states) == 2 and states[1].status == "training": os.kill(os.getpid(), 9)
sweep_search.run(test_sweep.wanted("learning_rate=0.5,1,2"), 1, kill)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    journal = find("s").folder / "optuna.jsonl"
    with journal.open("a") as file:
        file.write('{"op_code":')  # What a process leaves that is killed while it writes.
    sweep_search.run(find("s"))
    assert [(one.number, one.status) for one in report(find("s")).settings] == [(1, "finished"), (0, "finished"), (2, "finished")]
    assert starts(runs_home)["000-s0"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["toy"], "Say what to vary: --grid FIELD=A,B or --range FIELD=LOW..HIGH"),
        (["toy", "--grid", "learning_rate=1,99"], "--learning-rate should be less than or equal to 10, got '99'"),
        (["toy", "--grid", "learing_rate=1,2"], "learning_rate"),
        (["toy", "--grid", "learning_rate=1,1.0"], "a value stands there twice"),
        (["toy", "--grid", "seed=1,2"], "--seeds N trains each setting with N of them"),
        (["toy", "--range", "learning_rate"], "its bounds are open"),
        (["toy", "--range", "learning_rate=2..1"], "the lower end comes first"),
        (["toy", "--range", "nan_at=-1..5:log"], "a log scale begins above 0"),
        (["toy", "--range", "batch_size=1..8:cubic"], "expected log or linear"),
        (["toy", "--range", "batch_size=1..8", "--search", "grid"], "--search grid needs values for --batch-size"),
        (["toy", "--grid", "batch_size=1,8", "--trials", "3"], "tries each of the 2 combinations once"),
        (["toy", "--grid", "batch_size=1,8", "--batch-size", "4"], "--batch-size is given twice"),
        (["toy", "--grid", "batch_size=1,8", "--seeds", "0"], "--seeds must be from 1"),
        (["toy", "--grid", "batch_size=1,8", "--jobs", "0"], "--jobs must be from 1"),
        (["toy", "--grid", "batch_size=1,8", "--steps", "0"], "--steps must be at least 1"),
        (["toy", "--grid", "batch_size=1,8", "--name", "vae"], "vae is a recipe's name"),
        (["toy", "--grid", "batch_size=1,8", "--name", "a/b"], "A sweep's name has letters"),
        (["nosuch"], "sweep"),
        (["show"], "Name the sweep"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    arguments: list[str], sentence: str, runs_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sweep", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert not (runs_home / "sweeps").exists()


def test_the_bounds_of_the_config_are_a_range() -> None:
    assert wanted(ranges=["batch_size"]).ranges == {"batch_size": Range(1, 64, False)}
    assert wanted(ranges=["learning_rate=0.01..10"]).ranges["learning_rate"].log


def test_a_name_stands_for_one_sweep(runs_home: Path) -> None:
    sweep_search.run(wanted("learning_rate=0.5,1"))
    with pytest.raises(UsageError, match="There is a sweep s of other settings"):
        wanted("learning_rate=0.5,2")
    with sweep_search.SWEEPS.lock("s"), pytest.raises(LabError, match="Sweep s is being trained by another process"):
        sweep_search.run(find("s"))


def test_the_command_prints_the_table_and_show_draws_it(tmp_path: Path, runs_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sweep", "toy", "--grid", "learning_rate=0.5,1", "--grid", "batch_size=2,4", "--steps", "10"]
    assert cli.main(command) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "sweep toy-1: toy, 4 of 4 settings finished; the smallest losses/loss first"
    assert out.splitlines()[3].split() == ["2", "1", "2", "0", "1", "2", "finished"]
    assert "2: learning_rate 1, batch_size 2: finished at 10 steps after 2 s, loss 0" in err
    assert cli.main(["sweep", "show", "toy-1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["best"], len(document["settings"])) == (2, 4)
    for ending in ("png", "csv", "npz"):
        assert cli.main(["sweep", "show", "toy-1", "--out", str(tmp_path / f"s.{ending}")]) == 0
        assert os.path.getsize(tmp_path / f"s.{ending}") > 0
    assert cli.main(["sweep"]) == 0
    assert "toy-1" in capsys.readouterr().out


def test_an_interrupted_sweep_says_how_it_continues(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep_search.Searching, "take", interrupt)
    assert cli.main(["sweep", "toy", "--grid", "learning_rate=0.5,1", "--steps", "10"]) == 130
    assert "`lab sweep toy-1` continues" in capsys.readouterr().err


def test_a_picture_of_words_numbers_and_one_setting(runs_home: Path) -> None:
    """Values that are words, a grid of one value, and no setting at all can be drawn."""
    sweep = Sweep("s", "toy", {}, {"optimizer": ["adam", "sgd"], "batch_size": [4]}, {}, "charts/score", "max")
    settings = [Setting(i, "finished", {"optimizer": word, "batch_size": 4}, [float(i)], 1.0, []) for i, word in enumerate(("adam", "sgd"))]
    for shown in (settings, settings[:1], []):
        assert SweepReport(sweep, shown).picture().shape[2] == 3
