"""Bookmarks of a run: kept as numbers, listed, and given back as anchors."""

from pathlib import Path

import pytest

import lab
from lab import cli
from lab.bookmarks import FILE, Bookmark, bookmarks, keep, python
from lab.run import Run


@pytest.fixture
def run(runs_home: Path) -> Run:
    fields = {"data": "digits", "size": 8, "hidden": "8", "latent": 2, "batch_size": 8}
    return lab.train("vae", steps=1, device="cpu", run=runs_home / "one", **fields)


def test_bookmarks_are_kept_with_the_run_and_listed_with_its_views(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    kept = (Bookmark("a zero", (0.5, -1.25)), Bookmark("Ünd", (0.0, 2.0), 3))
    keep(run, kept)
    assert bookmarks(run) == kept
    assert kept[0].anchor == "z:0.5,-1.25"
    assert cli.main(["show", "one"]) == 0
    assert "  a zero  z:0.5,-1.25" in capsys.readouterr().out.splitlines()
    keep(run, ())
    assert not (run.path / FILE).exists()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"name": "a"}]', '[{"name": "a", "z": ["x"]}]', '[{"name": "a", "z": [NaN]}]'])
def test_what_cannot_be_read_counts_as_not_kept(run: Run, text: str) -> None:
    (run.path / FILE).write_text(text)
    assert bookmarks(run) == ()


def test_the_python_of_a_bookmark_draws_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(python(run, Bookmark("two\nlines", (0.5, -1.25))), {})
    assert (tmp_path / "bookmark.png").read_bytes()[:4] == b"\x89PNG"


def test_the_gallery_draws_each_anchor_and_says_its_numbers(run: Run) -> None:
    shown = run.show("gallery", anchors="z:0.5,-1.25;z:0,2", labels="")
    assert shown.codes.tolist() == [[0.5, -1.25], [0.0, 2.0]]
    alone = run.show("decode", code="0,2")
    assert (shown.pixels[1] == alone.pixels[0]).all()
