"""Saving an answer: what is asked before the work, and names that other programs would read otherwise."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.answers import Curves, Images, Table
from lab.errors import LabError, UsageError
from lab.saving import destination
from lab.video import VideoWriter, resized

PICTURE = Images(np.zeros((2, 32, 32), np.uint8))


@pytest.mark.parametrize("name", ["picture", "picture.jpg", ".png", "folder/"])
def test_a_name_without_a_known_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"expected a name that ends in .png, .gif, .mp4 or .npz"):
        destination(str(tmp_path / name), (".png", ".gif", ".mp4", ".npz"))


def test_a_folder_and_a_place_below_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(UsageError, match=r"is a folder. Name a file in it"):
        destination(tmp_path / "folder.png", (".png",))
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="file is a file, not a folder"):
        destination(tmp_path / "file" / "a.png", (".png",))
    with pytest.raises(LabError, match="Cannot write"):
        destination(tmp_path / ("long" * 100 + ".png"), (".png",))


def test_a_place_where_one_may_not_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(LabError, match=r"permission denied.*Choose another name with --out"):
        destination(tmp_path / "new" / "a.png", (".png",))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["run:1.mp4", "http:x.mp4", "-x.mp4", "pipe:1.GIF", "100%d.mp4", "a b'c.MP4"])
def test_a_film_goes_under_the_very_name_that_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    PICTURE.save(name)
    writer = VideoWriter(f"too-{name}", 20)
    writer.add(np.zeros((32, 32, 3), np.uint8))
    writer.close()
    assert sorted(os.listdir()) == sorted([name, f"too-{name}"])
    assert all((tmp_path / written).stat().st_size > 100 for written in os.listdir())


def test_numbers_under_an_upper_case_ending_keep_their_name(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "A.NPZ")
    assert [path.name for path in tmp_path.iterdir()] == ["A.NPZ"]
    assert np.load(tmp_path / "A.NPZ")["pixels"].shape == (2, 32, 32)


def test_a_write_that_fails_leaves_the_older_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = PICTURE.save(tmp_path / "a.png")
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("PIL.Image.Image.save", full)
    with pytest.raises(LabError, match="No space left"):
        PICTURE.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_columns_may_have_any_names_and_holes(tmp_path: Path) -> None:
    table = Table(["file", "file", "allow_pickle", "x"], [["a", "b", 1.5, None], ["c", "d", 2.5, 3]])
    stored = np.load(table.save(tmp_path / "t.npz"))
    assert {name: stored[name].tolist() for name in stored} == {
        "file 1": ["a", "c"], "file 2": ["b", "d"], "allow_pickle": [1.5, 2.5], "x": ["None", "3"],
    }  # fmt: skip


def test_no_curves_at_all_are_an_empty_plot() -> None:
    assert Curves({}, separate=True).picture().dtype == np.uint8


FRAMES = Images(np.arange(3 * 4 * 2, dtype=np.uint8).reshape(3, 4, 2) * 10)
"""Three pictures, 4 high and 2 wide."""


@pytest.mark.parametrize(("size", "expected"), [(None, (256, 512)), (64, (32, 64)), (6, None)])
def test_a_film_is_as_large_as_wanted_and_512_at_least_without_a_word(
    tmp_path: Path, size: int | None, expected: tuple[int, int] | None
) -> None:
    if expected is None:
        with pytest.raises(UsageError, match="--size: expected 16 to 4096 pixels, got 6"):
            FRAMES.save(tmp_path / "a.gif", size)
        return
    with Image.open(FRAMES.save(tmp_path / "a.gif", size)) as film:
        assert film.size == expected
        assert film.n_frames == 3
        film.seek(1)
        seen = np.asarray(film.convert("L"))
    step = expected[0] // 2
    assert np.abs(seen[step // 2 :: step, step // 2 :: step].astype(int) - FRAMES.pixels[1]).max() <= 3  # A palette is not exact.


def test_a_picture_keeps_its_pixels_unless_a_size_is_named(tmp_path: Path) -> None:
    assert Image.open(FRAMES.save(tmp_path / "a.png")).size == (12, 6)  # Three of 2 x 4, each with a line around it.
    assert max(Image.open(FRAMES.save(tmp_path / "b.png", 100)).size) == 100


def test_pixels_that_are_enlarged_by_no_whole_number_stay_sharp_and_alike() -> None:
    board = (np.indices((3, 3)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    large = resized(board, 31)
    assert large.shape == (31, 31, 3)
    assert large[5, 5, 0] == 0
    assert large[5, 15, 0] == 255
    assert large[15, 15, 0] == 0


@pytest.mark.parametrize("name", ["https://x.png", "s3://bucket/film.mp4", "file:/x.png"])
def test_an_address_is_no_place_for_a_picture(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"is an address. Name a file on this machine"):
        destination(name, (".png", ".mp4"))
    assert not list(tmp_path.iterdir())
