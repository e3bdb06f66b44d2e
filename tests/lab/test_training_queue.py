"""The queue of trainings: added, listed, removed, and worked through one after the other."""

import json
import sys
import time
from pathlib import Path

import pytest

import lab
from lab import cli, training_queue
from lab.errors import LabError, UsageError
from lab.stored_runs import runs


def test_trainings_wait_in_the_order_in_which_they_were_added() -> None:
    first = training_queue.add("toy", {"seed": 3}, steps=8)
    second = training_queue.add("toy", {"learning_rate": 0.2}, minutes=1.0)
    assert training_queue.waiting() == [first, second]
    assert [job.command for job in (first, second)] == ["lab train toy --seed 3 --steps 8", "lab train toy --learning-rate 0.2 --minutes 1"]
    training_queue.remove(first.number)
    assert training_queue.waiting() == [second]
    with pytest.raises(UsageError, match="No training of number 1 waits"):
        training_queue.remove(first.number)
    assert training_queue.add("toy", {}).number == 3


def test_a_training_whose_data_have_gone_still_waits_and_says_so_when_its_turn_comes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.txt"
    file.write_text("to be or not to be " * 100)
    training_queue.add("gpt", {"data": f"file:{file}"}, steps=1)
    file.unlink()
    assert cli.main(["queue"]) == 0
    assert f"1  lab train gpt --data file:{file} --steps 1" in capsys.readouterr().out
    assert cli.main(["queue", "run"]) == 1
    assert f"{file} does not exist" in capsys.readouterr().err
    assert training_queue.waiting() == []


@pytest.mark.parametrize("fields", [{"learning_rate": -1}, {"nosuch": 1}])
def test_a_wrong_setting_is_refused_when_it_is_added(fields: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        training_queue.add("toy", fields)
    assert training_queue.waiting() == []


@pytest.mark.parametrize("text", ["", "[]", '{"recipe": "nosuch", "fields": {}}', '{"recipe": "toy", "fields": {"seed": -1}}', '{"a": 1}'])
def test_a_file_that_is_no_training_is_passed_over(text: str) -> None:
    job = training_queue.add("toy", {})
    training_queue.path_of(0).write_text(text)
    assert training_queue.waiting() == [job]


def test_one_process_works_through_the_queue() -> None:
    with training_queue.hold(), pytest.raises(LabError, match=r"Process \d+ works through the queue already"), training_queue.hold():
        pass


def test_the_command_adds_lists_and_removes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["queue"]) == 0
    assert capsys.readouterr().out == "No training waits.\n"
    assert cli.main(["queue", "add", "toy", "--steps", "8", "--seeds", "1,2"]) == 0
    assert capsys.readouterr().out == "   1  lab train toy --seed 1 --steps 8\n   2  lab train toy --seed 2 --steps 8\n"
    assert cli.main(["queue", "remove", "1", "--json"]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert (job["number"], job["recipe"], job["fields"], job["steps"]) == (2, "toy", {"seed": 2}, 8)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["start"], "Expected `lab queue` with add, remove or run, got 'start'."),
        (["add"], "Name a recipe"),
        (["add", "toy", "--run", "x"], "leave out --run"),
        (["add", "toy", "--learning-rate", "-1"], "--learning-rate should be greater than 0"),
        (["remove", "9"], "No training of number 9 waits."),
    ],
)
def test_what_the_queue_cannot_take_is_told(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["queue", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_the_queue_is_trained_one_after_the_other_and_a_failure_holds_nothing_up(capsys: pytest.CaptureFixture[str]) -> None:
    training_queue.add("toy", {"seed": 1}, steps=8)
    training_queue.add("toy", {"seed": 2, "nan_at": 3}, steps=8)
    training_queue.add("toy", {"seed": 3}, steps=8)
    assert cli.main(["queue", "run"]) == 1
    ended = {run.stored["config"]["seed"]: run.status()["status"] for run in runs()}
    assert ended == {1: "finished", 2: "failed", 3: "finished"}
    assert training_queue.waiting() == []
    assert cli.main(["queue", "run", "--json"]) == 0


def test_the_queue_waits_for_a_run_that_still_trains(runs_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lab.train("toy", steps=4, run=runs_home / "before")
    training_queue.add("toy", {"seed": 5}, steps=4)
    holder = before.lock()
    holder.__enter__()
    waited = []

    def wait(seconds: float) -> None:
        if sys._getframe(1).f_code.co_name == "work":
            assert len(runs()) == 1
            waited.append(seconds)
            holder.__exit__(None, None, None)

    monkeypatch.setattr(time, "sleep", wait)
    assert cli.main(["queue", "run", "--after", "before"]) == 0
    assert len(waited) == 1
    assert len(runs()) == 2


def test_a_length_that_no_run_can_reach_is_refused_before_it_waits(runs_home: Path) -> None:
    with pytest.raises(UsageError, match="--steps must be at least 1"):
        training_queue.add("toy", {}, steps=0)
    assert training_queue.waiting() == []
