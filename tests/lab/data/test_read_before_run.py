"""One's own data are read before there is a run: what cannot be used leaves no folder behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lab
from lab.errors import LabError

Made = Callable[[Path], str]


def picture(path: Path, seed: int = 0, damaged: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (16, 32, 3), dtype=np.uint8)).save(path)
    if damaged:
        path.write_bytes(path.read_bytes()[:200])


def written(name: str, text: str) -> Made:
    def make(folder: Path) -> str:
        (folder / name).write_text(text)
        return f"file:{folder / name}"

    return make


def damaged_pair(folder: Path) -> str:
    """The only one that is damaged is for test."""
    for i in range(4):
        picture(folder / "pairs" / f"{i}.png", i, damaged=i == 0)
    return f"pairs:{folder / 'pairs'}"


def one_empty_domain(folder: Path) -> str:
    picture(folder / "a" / "0.png")
    (folder / "b").mkdir()
    return f"folders:{folder / 'a'},{folder / 'b'}"


def all_damaged(folder: Path) -> str:
    for name in "ab":
        for i in range(2):
            picture(folder / name / f"{i}.png", i, damaged=True)
    return f"folder:{folder}"


CASES: list[tuple[str, Made, dict[str, Any], str]] = [
    ("tag", written("open.py", "x = 1\ny = (2,\n" + "z = 3\n" * 200), {}, "line 2: not valid Python .*was never closed"),
    ("tag", written("short.py", "x = 1\n"), {}, "too short"),
    ("forecast", written("few.csv", "a,b\n1,5\n2,7\n4,6\n"), {}, r"too few rows \(3\)"),
    ("cyclegan", one_empty_domain, {}, "holds no images"),
    ("pix2pix", damaged_pair, {"size": 32}, r"0\.png cannot be read .* Take it and its partner out"),
    ("vae", all_damaged, {}, "None of the 2 images"),
    ("dcgan", all_damaged, {}, "None of the 2 images"),
    ("classify", all_damaged, {}, "None of the 2 images"),
]


@pytest.mark.parametrize(("recipe", "make", "fields", "sentence"), CASES, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(CASES)])
def test_data_that_cannot_be_used_are_refused_before_there_is_a_run(
    recipe: str, make: Made, fields: dict[str, Any], sentence: str, tmp_path: Path, runs_home: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with pytest.raises(LabError, match=sentence):
        lab.train(recipe, steps=1, data=make(data), **fields)
    assert not runs_home.exists()


def test_what_is_left_out_before_there_is_a_run_is_in_its_log(tmp_path: Path) -> None:
    for name in "ab":
        for i in range(3):
            picture(tmp_path / "data" / name / f"{i}.png", i, damaged=(name, i) == ("b", 0))
    run = lab.train("classify", network="linear", data=f"folder:{tmp_path / 'data'}", size=8, validation=0.0, steps=1)
    log = (run.path / "log.txt").read_text()
    assert f"skipped: {tmp_path / 'data' / 'b' / '0.png'} cannot be read" in log
