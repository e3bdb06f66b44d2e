"""Saved pictures say how they were made, and can be made again."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lab
from lab import cli
from lab.errors import LabError
from lab.making import Making, note_of, read, tells
from lab.run import Run

SETTINGS = {"data": "digits", "size": 8, "hidden": "8", "latent": 2, "batch_size": 8, "quality_every": 0}


@pytest.fixture
def run(runs_home: Path) -> Run:
    return lab.train("vae", steps=3, device="cpu", run=runs_home / "one", **SETTINGS)


def test_a_png_carries_run_step_view_and_parameters(run: Run, tmp_path: Path) -> None:
    run.show("interpolate", anchors="1@7,2", steps=3).save(tmp_path / "walk.png")
    made = read(tmp_path / "walk.png")
    assert made is not None
    assert (made.run, made.step, made.view, made.subject, made.seed) == ("one", 3, "interpolate", "digits", 0)
    assert (made.parameters["anchors"], made.parameters["steps"], made.parameters["mode"]) == ("1@7,2", 3, "spherical")


@pytest.mark.parametrize("ending", [".gif", ".mp4"])
def test_a_film_has_its_note_beside_it(ending: str, run: Run, tmp_path: Path) -> None:
    film = run.show("interpolate", steps=2).save(tmp_path / f"walk{ending}")
    assert json.loads(note_of(film).read_text())["view"] == "interpolate"
    assert tells(film)


def test_show_makes_a_picture_again_to_the_last_pixel(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run.show("samples", n=4, seed=5).save(tmp_path / "first.png")
    assert cli.main(["show", str(first), "--out", str(tmp_path / "again.png"), "--device", "cpu"]) == 0
    assert np.array_equal(*(np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("first", "again")))
    assert cli.main(["show", str(first), "--seed", "6", "--out", str(tmp_path / "other.png"), "--device", "cpu"]) == 0
    other = read(tmp_path / "other.png")
    assert other is not None
    assert (other.parameters["n"], other.parameters["seed"]) == (4, 6)
    capsys.readouterr()
    assert cli.main(["show", str(first)]) == 0
    assert "step        3" in capsys.readouterr().out


def test_a_picture_is_made_again_with_the_weights_of_its_step(run: Run, tmp_path: Path) -> None:
    first = run.show("samples", n=4).save(tmp_path / "first.png")
    lab.resume(run, steps=5)
    assert cli.main(["show", str(first), "--out", str(tmp_path / "again.png"), "--device", "cpu"]) == 0
    assert np.array_equal(*(np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("first", "again")))


def test_where_the_step_is_no_longer_kept_that_is_said(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = run.show("samples", n=4).made_by(Making("samples", {"n": 4}, "one", step=2)).save(tmp_path / "first.png")
    assert cli.main(["show", str(picture), "--out", str(tmp_path / "again.png"), "--device", "cpu"]) == 0
    assert "The checkpoint of step 2 is not kept: this is one at step 3." in capsys.readouterr().err


def test_a_drawing_among_the_parameters_comes_back() -> None:
    drawing = np.arange(12, dtype=np.uint8).reshape(3, 4)
    made = Making.of_text(Making("code", {"image": drawing, "t": np.float32(0.5), "file": Path("a")}).text())
    assert np.array_equal(made.parameters["image"], drawing)
    assert (made.parameters["t"], made.parameters["file"]) == (0.5, "a")


def test_pictures_of_others_say_nothing_and_damaged_notes_are_named(tmp_path: Path) -> None:
    Image.new("L", (2, 2)).save(tmp_path / "plain.png")
    (tmp_path / "text.png").write_bytes(b"no picture")
    assert read(tmp_path / "plain.png") is None
    assert read(tmp_path / "text.png") is None
    assert read(tmp_path / "gone.gif") is None
    (tmp_path / "a.gif.json").write_text("[1]")
    with pytest.raises(LabError, match=r"a\.gif says how it was made, but that cannot be read"):
        read(tmp_path / "a.gif")
