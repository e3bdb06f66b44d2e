import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy import RECIPE, ToyConfig

import lab
from lab import checkpoint, cli
from lab.errors import LabError, UsageError
from lab.experiment import Progress
from lab.paths import runs_folder
from lab.run import Run
from lab.stored_runs import find, runs, survey

CPU = torch.device("cpu")


def create(path: Path | None = None, seed: int = 0) -> Run:
    return Run.create(RECIPE, ToyConfig(seed=seed), CPU, 1, path)


def test_a_new_run_is_named_after_recipe_subject_seed_and_time(runs_home: Path) -> None:
    run = create(seed=7)
    assert run.path.parent == runs_home
    assert run.name.startswith("toy-none-s7-20")
    stored = json.loads((run.path / "config.json").read_text())
    assert stored["config"]["seed"] == 7
    assert {"torch", "python", "lab"} <= set(stored["versions"])
    assert {"device", "device_name", "git_commit", "created"} <= set(stored)


def test_runs_of_the_same_second_get_folders_of_their_own() -> None:
    made = [create() for _ in range(4)]
    assert len({run.path for run in made}) == 4


def test_a_folder_that_holds_a_run_is_refused(tmp_path: Path) -> None:
    create(tmp_path / "mine")
    with pytest.raises(UsageError, match=r"already holds a run. `lab resume .*mine` continues it"):
        create(tmp_path / "mine")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match=r"Cannot write the run folder .*Choose another with --run DIR"):
        create(tmp_path / "file" / "run")


def test_a_run_is_found_by_path_by_name_and_as_the_last() -> None:
    first, second = create(), create()
    assert find(str(first.path)).path == first.path
    assert find(first.name).path == first.path
    assert find("last").path == second.path
    assert [run.name for run in runs()] == [second.name, first.name]


def test_an_unknown_run_is_refused_with_the_nearest_names() -> None:
    run = create()
    with pytest.raises(UsageError, match=f"Did you mean .*{run.name}"):
        find(run.name[:-1] + "x")


def test_last_without_any_run_says_how_to_make_one() -> None:
    with pytest.raises(UsageError, match=r"no runs yet"):
        find("last")


def test_a_run_whose_process_is_gone_is_interrupted() -> None:
    run = create()
    assert run.status() == {"status": "unknown"}
    run.write_status("running", Progress(3), 10, None, {"loss": float("nan")}, 1.0)
    assert run.status()["status"] == "interrupted"
    assert run.status()["metrics"] == {"loss": None}
    with run.lock():
        assert run.status()["status"] == "running"


def test_a_run_that_was_paused_is_stopped_once_its_process_is_gone() -> None:
    run = create()
    run.write_status("paused", Progress(3), 10, None, {}, 1.0)
    assert run.status()["status"] == "stopped"
    with run.lock():
        assert run.status()["status"] == "paused"


def test_two_sessions_cannot_hold_one_run() -> None:
    run = create()
    with run.lock(), pytest.raises(LabError, match=r"is being trained by another session"), Run(run.path).lock():
        pass


def test_whoever_reads_the_status_does_not_keep_a_session_from_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    run = create()
    original, refusals = fcntl.flock, iter([BlockingIOError(), BlockingIOError()])

    def flock(file: object, operation: int) -> None:
        for error in refusals:
            raise error
        original(file, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with run.lock():
        pass


@pytest.mark.parametrize("text", ["", "[]", '{"config": {}}', "\0"])
def test_a_damaged_config_is_one_sentence_and_the_run_is_left_out_of_the_list(text: str) -> None:
    run = create()
    (run.path / "config.json").write_text(text)
    with pytest.raises(LabError, match=r"config.json cannot be read"):
        Run(run.path)
    assert runs() == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("recipe", ["toy"], r"its 'recipe' cannot be \['toy'\]"), ("config", None, "its 'config' cannot be None"),
        ("config", {"seed": "x"}, "its seed cannot be 'x'"), ("created", None, "its 'created' cannot be None"),
        ("created", 5, "its 'created' cannot be 5"), ("device", 0, "its 'device' cannot be 0"),
        ("steps", "many", "its 'steps' cannot be 'many'"), ("minutes", [1], "its 'minutes' cannot be"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_in_a_config_is_one_sentence(name: str, value: object, sentence: str) -> None:
    run = create()
    (run.path / "config.json").write_text(json.dumps({**run.stored, name: value}))
    with pytest.raises(LabError, match=rf"config.json cannot be read \({sentence}"):
        Run(run.path)


def test_the_list_names_the_first_of_the_runs_that_cannot_be_read(runs_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = create(runs_home / "good")
    assert survey()[1] == ""
    for name in ("worse", "bad"):
        (create(runs_home / name).path / "config.json").write_text("[]")
    assert cli.main(["runs"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["name", good.name]
    assert (
        err == f"2 run folders could not be read; the first, bad: {runs_home}/bad/config.json cannot be read (it is not a JSON object).\n"
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '"x"', '{"status": 5}', "\0", '{"done": 3'])
def test_a_status_that_cannot_be_read_is_unknown(text: str) -> None:
    run = create()
    (run.path / "status.json").write_text(text)
    assert run.status() == {"status": "unknown"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("done", "many"), ("done", 1.5), ("done", None), ("unit", 5), ("seconds", None), ("seconds", float("nan")), ("seconds", 10**400),
        ("reason", []), ("metrics", "x"), ("metrics", None), ("name", "x"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_in_a_status_is_left_out(name: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    run = create()
    run.write_status("finished", Progress(3), 10, None, {"loss": 0.5}, 1.0)
    good = run.status()
    (run.path / "status.json").write_text(json.dumps({**good, name: value}))
    assert run.status() == {key: kept for key, kept in good.items() if key != name}
    assert cli.main(["runs"]) == 0
    assert run.name in capsys.readouterr().out


def test_metrics_of_a_status_are_numbers_or_null() -> None:
    run = create()
    (run.path / "status.json").write_text('{"status": "failed", "metrics": {"a": "x", "b": null, "c": 1.5, "d": [2]}}')
    assert run.status()["metrics"] == {"b": None, "c": 1.5}


@pytest.mark.parametrize("damage", [{"target": "x"}, {"until": "x"}])
def test_a_run_whose_target_cannot_be_read_goes_by_its_config(damage: dict[str, str]) -> None:
    run = lab.train("toy", steps=5)
    lab.resume(run, steps=10)
    (run.path / "status.json").write_text(json.dumps({**run.status(), **damage}))
    with pytest.raises(UsageError, match="has reached its 10 steps"):  # Of the 5 that it was made for.
        lab.resume(run)


def test_training_from_python_gives_a_run_that_can_be_shown_and_evaluated(tmp_path: Path) -> None:
    run = lab.train("toy", steps=20, seed=3)
    assert run.status()["status"] == "finished"
    assert run.evaluate()["distance"] < 5
    assert run.show("curves", metrics="losses/loss").save(tmp_path / "curves.png").stat().st_size > 0
    assert run.show("weights", scale="2").rows == [[2 * row[0]] for row in run.show("weights").rows]


def test_resuming_from_python_equals_training_in_one_go() -> None:
    straight = lab.train("toy", steps=30)
    parts = lab.train("toy", steps=17)
    lab.resume(parts, steps=30)
    (_, one, _), (_, other, _) = (checkpoint.newest_good(run.checkpoints) for run in (straight, parts))
    assert torch.equal(one["experiment"]["net"]["weight"], other["experiment"]["net"]["weight"])
    assert torch.equal(one["experiment"]["generator"], other["experiment"]["generator"])


def test_resuming_a_run_without_a_checkpoint_starts_it_from_its_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    straight = lab.train("toy", steps=9)
    killed = Run.create(RECIPE, ToyConfig(), CPU, 1, steps=9)
    resumed = lab.resume(killed)
    assert "has no checkpoint yet" in capsys.readouterr().err
    (_, one, _), (_, other, _) = (checkpoint.newest_good(run.checkpoints) for run in (straight, resumed))
    assert torch.equal(one["experiment"]["net"]["weight"], other["experiment"]["net"]["weight"])


def test_resuming_a_finished_run_says_how_to_go_on() -> None:
    run = lab.train("toy", steps=5)
    with pytest.raises(UsageError, match=r"has reached its 5 steps.*--steps N"):
        lab.resume(run)


def test_a_command_that_is_told_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    run = lab.train("toy", steps=1, run=tmp_path / "a $1 run")
    with pytest.raises(UsageError, match=r"`lab resume 'a \$1 run' --steps N`"):
        lab.resume(run)


def test_a_run_that_had_its_time_says_how_to_go_on() -> None:
    run = lab.train("toy", minutes=1e-6)
    with pytest.raises(UsageError, match=r"has used up its training time. To train further"):
        lab.resume(run)


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    run = lab.train("toy", steps=10)
    lab.resume(run, steps=15)
    (run.checkpoints / "step-000000000015" / "state.json").write_text("{}")
    lab.resume(Run(run.path), steps=20)
    told = capsys.readouterr().err
    assert "step-000000000015 is damaged: state.json" in told
    assert "Using step-000000000010 instead" in told
    straight = lab.train("toy", steps=20)
    (_, one, _), (_, other, _) = (checkpoint.newest_good(r.checkpoints) for r in (straight, run))
    assert torch.equal(one["experiment"]["net"]["weight"], other["experiment"]["net"]["weight"])


def test_a_failed_run_raises_its_own_error() -> None:
    with pytest.raises(LabError, match=r"Out of memory. Lower --batch-size"):
        lab.train("toy", steps=10, fail_at=3)


@pytest.mark.parametrize(
    ("length", "sentence"),
    [
        ({"steps": 0}, "at least 1"),
        ({"minutes": 0}, "above 0"),
        ({"minutes": float("nan")}, "above 0"),
        ({"steps": 1, "minutes": 1}, "not both"),
    ],
)
def test_a_senseless_length_is_refused(length: dict, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        lab.train("toy", **length)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_cuda_device_is_one_sentence() -> None:
    with pytest.raises(UsageError, match=r"finds no CUDA device here. Use --device cpu or auto"):
        lab.train("toy", steps=1, device="cuda")


def test_a_view_is_saved_in_each_format_and_others_are_refused(tmp_path: Path) -> None:
    run = lab.train("toy", steps=5)
    view = run.show("weights")
    for name in ("a.png", "b.gif", "c.npz", "d.mp4"):
        assert view.save(tmp_path / "new" / name).stat().st_size > 0
    with pytest.raises(UsageError, match=r"a.jpg: expected a name that ends in .png, .gif, .mp4, .npz or .csv"):
        view.save(tmp_path / "a.jpg")
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match=r"Cannot write .*x.png"):
        view.save(tmp_path / "file" / "x.png")


def test_the_newest_run_is_the_one_made_last_whatever_the_zone_and_the_hour_of_daylight_saving(tmp_path: Path) -> None:
    texts = {
        "first": "2026-10-25T02:30:00.000+02:00",  # 00:30 UTC
        "second": "2026-10-25T02:10:00.000+01:00",  # 01:10 UTC, an earlier local time after the clock was set back
        "third": "2026-10-24T21:00:00.000-05:00",  # 02:00 UTC, the day before by local time
    }
    for name, text in texts.items():
        run = create(tmp_path / name)
        stored = json.loads((run.path / "config.json").read_text())
        (run.path / "config.json").write_text(json.dumps({**stored, "created": text}))
    assert [run.name for run in runs(tmp_path)] == ["third", "second", "first"]


def test_a_run_whose_time_of_birth_is_no_time_has_that_of_its_file(tmp_path: Path) -> None:
    run = create(tmp_path / "run")
    os.utime(run.path / "config.json", (1000, 1000))
    for text in ("yesterday", ""):
        run.stored["created"] = text
        assert run.created == 1000
    run.stored["created"] = "1970-01-01T00:00:07"  # Of a version that stored local times without their zone.
    assert run.created == datetime(1970, 1, 1, 0, 0, 7).timestamp()


@pytest.mark.parametrize(("steps", "stored"), [(3.0, 3), (np.int64(4), 4), (5, 5)])
def test_steps_of_any_whole_number_are_stored_as_one(steps: Any, stored: int) -> None:
    run = lab.train("toy", steps=steps)
    assert find(run.name).stored["steps"] == stored
    assert type(run.status()["target"]) is int


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"steps": 3.5}, "--steps must be a whole number, got 3.5."),
        ({"steps": "3"}, "--steps must be a whole number, got '3'."),
        ({"steps": True}, "--steps must be a whole number, got True."),
        ({"steps": float("nan")}, "--steps must be a whole number, got nan."),
        ({"steps": 0}, "--steps must be at least 1, got 0."),
        ({"minutes": float("inf")}, "--minutes must be above 0 and at most"),
        ({"minutes": "5"}, "--minutes must be a number, got '5'."),
    ],
)
def test_a_length_that_no_run_can_have_is_refused_before_there_is_a_folder(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        lab.train("toy", **given)
    assert runs() == []


def test_a_run_stored_with_a_length_of_before_can_be_read() -> None:
    run = lab.train("toy", steps=3)
    text = json.dumps({**run.stored, "steps": 3.0, "minutes": float("inf")})
    (run.path / "config.json").write_text(text)
    assert (find(run.name).stored["steps"], find(run.name).stored["minutes"]) == (3, None)


def test_a_tilde_in_the_runs_folder_and_in_a_name_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LAB_RUNS", "~/my runs")
    run = lab.train("toy", steps=1)
    assert run.path.parent == tmp_path / "my runs"
    assert find(f"~/my runs/{run.name}").path == run.path
    assert lab.train("toy", steps=1, run="~/other").path == tmp_path / "other"
    monkeypatch.setenv("LAB_RUNS", "~nobody-of-that-name/runs")
    assert runs_folder() == Path("~nobody-of-that-name/runs")


def test_every_file_of_a_checkpoint_may_be_read_by_whom_the_others_may() -> None:
    files = [path for path in checkpoint.listed(lab.train("toy", steps=1).checkpoints)[0].iterdir() if path.is_file()]
    assert len({oct(path.stat().st_mode) for path in files}) == 1


@pytest.mark.parametrize(
    ("name", "sentence"), [("status.json", "Cannot write"), ("metrics.jsonl", "Cannot write"), ("log.txt", "Cannot write")]
)
def test_a_folder_in_the_place_of_a_file_is_one_sentence(name: str, sentence: str) -> None:
    run = lab.train("toy", steps=1)
    (run.path / name).unlink()
    (run.path / name).mkdir()
    with pytest.raises(LabError, match=rf"{sentence} .*{name} \(Is a directory\)"):
        lab.resume(run.name, steps=3)
    if name == "metrics.jsonl":
        with pytest.raises(LabError, match=r"metrics.jsonl cannot be read \(Is a directory\)"):
            run.show("curves")


def test_where_no_checkpoint_can_be_written_nothing_is_trained() -> None:
    run = lab.train("toy", steps=1)
    checkpoint.shutil.rmtree(run.checkpoints)
    run.checkpoints.write_text("")
    with pytest.raises(LabError, match="checkpoints is a file, not a folder"):
        lab.resume(run.name, steps=3)
    assert run.status()["done"] == 1


def test_settings_of_another_version_are_told_with_the_run_that_has_them() -> None:
    run = lab.train("toy", steps=1)
    for change, sentence in (({"batch_size": 1000}, "--batch-size should be less"), ({"momentum": 1}, "no setting 'momentum'")):
        (run.path / "config.json").write_text(json.dumps({**run.stored, "config": {**run.stored["config"], **change}}))
        with pytest.raises(
            LabError, match=f"The settings of run {run.name} in its config.json do not fit this version of the lab: .*{sentence}"
        ):
            find(run.name).show("weights")


def test_a_folder_that_could_not_be_written_is_taken_away_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab.run.write_atomic", full)
    (tmp_path / "mine").mkdir()
    for path in (tmp_path / "new", None, tmp_path / "mine"):
        with pytest.raises(LabError, match="No space left on device"):
            create(path)
    assert [path.name for path in tmp_path.iterdir() if path.name in ("new", "mine")] == ["mine"]
    assert not list(runs_folder().glob("toy*"))


def test_remains_of_another_run_are_not_written_over(tmp_path: Path) -> None:
    run = lab.train("toy", steps=1, run=tmp_path / "run")
    (run.path / "config.json").unlink()
    with pytest.raises(UsageError, match=r"holds metrics.jsonl of another run, whose config.json is gone"):
        create(run.path)
