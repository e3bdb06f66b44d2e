"""Tags, notes and stars of runs, and the disk space that older checkpoints take."""

import json
import os
from pathlib import Path

import pytest

import lab
from lab import checkpoint, cli
from lab.errors import LabError, UsageError
from lab.free_space import disk_use, free, plan
from lab.listing import Entry, Filter
from lab.marks import Marks, marks, tag
from lab.run import Run
from lab.run_folders import KEPT_DAYS, discard, empty, trashed


@pytest.fixture
def run(runs_home: Path) -> Run:
    """A run with checkpoints at 10 and 20 steps."""
    return lab.train("toy", steps=20, run=runs_home / "one")


def test_tags_are_added_once_and_taken_away(run: Run) -> None:
    assert marks(run) == Marks()
    tag(run, "good", "fast", "good", note=" works ", star=True)
    assert marks(run) == Marks(("good", "fast"), "works", True)
    assert tag(run, "new", remove=["good"]) == Marks(("fast", "new"), "works", True)
    assert tag(run, remove=["fast", "new"], note="", star=False) == Marks()
    assert not (run.path / "marks.json").exists()


@pytest.mark.parametrize("name", ["", "two words", "a,b"])
def test_a_tag_is_one_word(run: Run, name: str) -> None:
    with pytest.raises(UsageError, match="A tag is one word"):
        tag(run, name)


@pytest.mark.parametrize("text", ["", "[]", '{"tags": 3, "note": [], "star": "x"}', '{"tags": [1, "good"]}'])
def test_marks_that_somebody_damaged_count_as_not_given(run: Run, text: str) -> None:
    (run.path / "marks.json").write_text(text)
    assert set(marks(run).tags) <= {"good"}
    assert (marks(run).note, marks(run).star) == ("", False)


def test_a_shipped_agent_has_no_tags() -> None:
    with pytest.raises(UsageError, match="comes with the lab"):
        tag(lab.find("pong"), "good")


def test_the_command_tags_and_the_filter_finds(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tag", "one", "good", "fast", "--note", "a note", "--star"]) == 0
    assert capsys.readouterr().out == "one: ★  good, fast  a note\n"
    entry = Entry.of(run)
    for text, fits in (
        ("tags=good", True),
        ("tags=goo", False),
        ("tags!=fast", False),
        ("star=yes", True),
        ('"a note"', True),
        ("tags=f*", True),
    ):
        assert Filter.of(text).accepts(entry) == fits, text
    assert cli.main(["runs"]) == 0
    assert capsys.readouterr().out.split()[:6] == ["star", "name", "status", "done", "duration", "tags"]
    assert cli.main(["runs", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["tags"], row["note"], row["star"]) == (["good", "fast"], "a note", True)
    assert cli.main(["tag", "one", "--remove", "good", "fast", "--no-star", "--note", "", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"tags": [], "note": "", "star": False}


def test_a_file_with_two_names_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_bytes(b"1" * 100)
    os.link(tmp_path / "a" / "x", tmp_path / "y")
    (tmp_path / "z").write_bytes(b"1" * 10)
    assert disk_use(tmp_path) == 110
    assert disk_use(tmp_path, without=[tmp_path / "a"]) == 110


def test_older_checkpoints_go_and_the_newest_good_one_stays(run: Run) -> None:
    before = disk_use(run.path)
    planned = plan(run)
    assert [path.name for path in planned.folders] == ["step-000000000010"]
    assert free(planned) == planned.bytes > 0
    assert [path.name for path in checkpoint.listed(run.checkpoints)] == ["step-000000000020"]
    assert before - disk_use(run.path) == pytest.approx(planned.bytes, abs=200)  # A line in the log.
    assert plan(run).folders == ()


def test_a_damaged_newest_checkpoint_keeps_the_one_before_it(run: Run) -> None:
    (run.checkpoints / "step-000000000020" / "state.json").write_text("{")
    assert plan(run).folders == ()
    (run.checkpoints / "step-000000000010" / "state.json").write_text("{")
    assert plan(run).folders == ()


def test_a_run_that_trains_is_left_alone(run: Run) -> None:
    planned = plan(run)
    with run.lock():
        assert plan(run).folders == ()
        with pytest.raises(LabError, match="is being trained"):
            free(planned)
    assert len(checkpoint.listed(run.checkpoints)) == 2


def test_what_was_planned_is_looked_at_again(run: Run) -> None:
    planned = plan(run)
    (run.checkpoints / "step-000000000020" / "state.json").write_text("{")
    assert free(planned) == 0
    assert len(checkpoint.listed(run.checkpoints)) == 2


def test_a_run_trains_on_after_its_space_was_freed(run: Run) -> None:
    free(plan(run))
    assert lab.resume(run, steps=24).status()["done"] == 24


class Terminal:
    """A person at the terminal who types this."""

    def __init__(self, typed: str):
        self.typed = typed

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self.typed


def test_free_asks_first(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["free"]) == 2
    assert "There is no terminal to ask at: add --yes." in capsys.readouterr().err
    for typed, left in (("\n", 2), ("n\n", 2), ("y\n", 1)):
        monkeypatch.setattr("sys.stdin", Terminal(typed))
        assert cli.main(["free", "one"]) == 0
        assert len(checkpoint.listed(run.checkpoints)) == left
    capsys.readouterr()
    assert cli.main(["free", "--yes"]) == 0
    assert capsys.readouterr().out == "There is nothing to free.\n"


def test_free_counts_the_trash_and_empties_it_on_purpose(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = lab.train("toy", steps=1, run=run.path.with_name("two"))
    discard(other)
    assert cli.main(["free", "--yes"]) == 0
    assert "Trash folder: 1 deleted run, " in capsys.readouterr().out
    assert cli.main(["free", "--trash", "one"]) == 2
    for typed, left in (("n\n", 1), ("y\n", 0)):
        monkeypatch.setattr("sys.stdin", Terminal(typed))
        assert cli.main(["free", "--trash"]) == 0
        assert len(trashed()) == left
    capsys.readouterr()
    assert cli.main(["free", "--trash", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_runs_stay_in_the_trash_for_thirty_days(run: Run) -> None:
    path = discard(run)
    (path.parent / "notes.txt").write_text("not the lab's")
    assert (trashed(), trashed(KEPT_DAYS)) == ([path], [])
    old = path.rename(path.with_name("20200101-000000-000000~one"))
    assert trashed(KEPT_DAYS) == [old]
    empty(trashed(KEPT_DAYS))
    assert [left.name for left in path.parent.iterdir()] == ["notes.txt"]
