"""Films are decoded again: what comes out is what went in, at the right rate."""

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from lab.answers import FPS, STILL_SECONDS, Images, Text, write_film
from lab.errors import LabError, UsageError
from lab.video import VideoWriter, is_whole


def decoded(path: Path) -> tuple[dict, np.ndarray]:
    """What ffmpeg says of the file, and its frames (N, H, W, 3)."""
    reader = imageio_ffmpeg.read_frames(str(path))
    meta = next(reader)
    width, height = meta["size"]
    return meta, np.stack([np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in reader])


def greys(count: int, height: int = 32, width: int = 48) -> list[np.ndarray]:
    return [np.full((height, width, 3), 200 * i // count + 20, np.uint8) for i in range(count)]


def test_an_mp4_has_every_frame_in_order_at_its_rate(tmp_path: Path) -> None:
    frames = greys(12)
    writer = VideoWriter(tmp_path / "new" / "a.mp4", 30)
    for frame in frames:
        writer.add(frame)
    writer.close()
    meta, frames_read = decoded(tmp_path / "new" / "a.mp4")
    assert meta["codec"].startswith("h264")
    assert meta["fps"] == 30
    assert len(frames_read) == 12
    assert np.abs(frames_read.astype(int) - np.stack(frames)).max() <= 8  # H.264 loses a little.


def test_odd_sides_gain_a_row_and_a_column(tmp_path: Path) -> None:
    picture = np.zeros((33, 47, 3), np.uint8)
    picture[:, 40:] = 255
    writer = VideoWriter(tmp_path / "a.mp4", 20)
    writer.add(picture)
    writer.close()
    _, frames_read = decoded(tmp_path / "a.mp4")
    assert frames_read.shape == (1, 34, 48, 3)
    assert frames_read[0, :, 44:].min() > 235
    assert frames_read[0, :, :36].max() < 20


@pytest.mark.parametrize(("fps", "expected"), [(60, 4), (10, 12)])
def test_a_gif_keeps_about_twenty_frames_a_second(tmp_path: Path, fps: int, expected: int) -> None:
    writer = VideoWriter(tmp_path / "a.gif", fps)
    for frame in greys(12):
        writer.add(frame)
    writer.close()
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == expected
        assert film.size == (48, 32)
        film.seek(film.n_frames - 1)
        assert np.asarray(film.convert("RGB"))[5, 5].tolist() == greys(12)[(expected - 1) * (12 // expected)][5, 5].tolist()


def test_a_wide_gif_is_halved(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.gif", 20)
    writer.add(np.zeros((100, 700, 3), np.uint8))
    writer.close()
    with Image.open(tmp_path / "a.gif") as film:
        assert film.size == (350, 50)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a.avi: expected a name that ends in .mp4 or .gif"):
        VideoWriter(tmp_path / "a.avi", 20)
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="Cannot write"):
        VideoWriter(tmp_path / "file" / "a.mp4", 20)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder in which nobody may write")
def test_a_folder_in_which_one_may_not_write_is_told_before_a_frame_is_drawn() -> None:
    with pytest.raises(LabError, match=r"Cannot write /proc/a.mp4 \(.+\)"):
        VideoWriter("/proc/a.mp4", 20)


def test_a_sequence_saved_as_mp4_has_a_frame_for_each_picture(tmp_path: Path) -> None:
    pixels = np.stack([np.full((16, 16), 60 * i, np.uint8) for i in range(4)])
    meta, frames_read = decoded(Images(pixels, scale=2).save(tmp_path / "walk.mp4"))
    assert meta["fps"] == FPS
    assert [int(frame[16, 16, 0].round(-1)) for frame in frames_read] == [0, 60, 120, 180]


def test_one_picture_saved_as_mp4_stands_still_for_a_while(tmp_path: Path) -> None:
    _, frames_read = decoded(Text("hello").save(tmp_path / "still.mp4"))
    assert len(frames_read) == FPS * STILL_SECONDS
    assert np.abs(frames_read[0].astype(int) - frames_read[-1]).max() <= 3


@pytest.mark.parametrize("ending", [".mp4", ".gif"])
def test_a_film_whose_end_the_disk_had_no_room_for_is_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    write_film(path, greys(12), 20)
    assert is_whole(path)
    path.write_bytes(path.read_bytes()[:-9])
    assert not is_whole(path)
    path.write_bytes(b"")
    assert not is_whole(path)


def test_an_encoder_that_ends_without_its_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.video.is_whole", lambda path: False)
    with pytest.raises(LabError, match=r"could not be written. Is the folder writable, or the disk full"):
        Images(np.zeros((2, 32, 32), np.uint8)).save(tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
