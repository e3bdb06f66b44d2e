"""MNIST, Fashion-MNIST and CIFAR-10: fetched once by pooch into the cache folder, checked, and read without unpickling.

A download goes to a temporary file that is moved into place when its checksum is right, so nothing half-done is left.
"""

import gzip
import hashlib
import logging
import tarfile
from pathlib import Path

import numpy as np
import torch

from lab.data.images import LabelledImages, Split
from lab.data.sources import cache, class_names
from lab.errors import LabError

log = logging.getLogger("lab.data")

URLS = {
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "fashion-mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "cifar-10": "https://www.cs.toronto.edu/~kriz/",
    # The server's name for the file is input.txt; what follows # is ours.
    "tinyshakespeare": "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt#",
    "multi30k": "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/",
    "horse2zebra": "https://people.eecs.berkeley.edu/~taesung_park/CycleGAN/datasets/",
}
MD5 = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    "cifar-10": {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
    "tinyshakespeare": {"tinyshakespeare.txt": "6fb458f1232090904fb40fe944165e91"},
    "multi30k": {
        "train.de.gz": "81ff90b99829c0cd4b1b587d394afd39",
        "train.en.gz": "0065d13af80720a55ca8153d126e6627",
        "val.de.gz": "6e0e229eb049e3fc99a1ef02fb2d5f91",
        "val.en.gz": "2b69aa9253948ac9f67e94917272dd40",
    },
    # A SHA-256, as TensorFlow Datasets has recorded it: its publishers give none.
    "horse2zebra": {"horse2zebra.zip": "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1"},
}
"""The publishers' own checksums; a longer one is a SHA-256."""


def mnist(split: Split) -> LabelledImages:
    """60,000 train and 10,000 test digits (N, 1, 28, 28)."""
    return idx_images("mnist", split, class_names("mnist"))


def fashion_mnist(split: Split) -> LabelledImages:
    """60,000 train and 10,000 test articles (N, 1, 28, 28)."""
    return idx_images("fashion-mnist", split, class_names("fashion-mnist"))


def cifar_10(split: Split) -> LabelledImages:
    """50,000 train and 10,000 test photographs (N, 3, 32, 32)."""
    path = fetched("cifar-10", "cifar-10-binary.tar.gz")
    wanted = ["test_batch.bin"] if split == "test" else [f"data_batch_{i}.bin" for i in range(1, 6)]
    blocks = []
    try:
        with tarfile.open(path) as archive:
            for name in wanted:
                member = archive.extractfile(f"cifar-10-batches-bin/{name}")
                assert member is not None
                blocks.append(np.frombuffer(member.read(), np.uint8).reshape(-1, 3073))
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise LabError(f"{path} cannot be read ({error}). Delete it and try again.") from None
    rows = np.concatenate(blocks)
    return LabelledImages(
        torch.from_numpy(rows[:, 1:].reshape(-1, 3, 32, 32)), torch.from_numpy(rows[:, 0].astype(np.int64)), class_names("cifar-10")
    )


def idx_images(data: str, split: Split, classes: tuple[str, ...]) -> LabelledImages:
    """One split from IDX files. Where only the 10,000 test images are at hand, they are divided 8,500 to 1,500."""
    folder = cache() / data
    has = {part: all((folder / name).exists() for name in MD5[data] if name.startswith(part)) for part in ("train", "t10k")}
    divided = has["t10k"] and not has["train"]
    part = "t10k" if divided or split == "test" else "train"
    images, labels = (read_idx(fetched(data, name)) for name in sorted(MD5[data]) if name.startswith(part))
    if divided:
        log.info("%s: only the 10,000 test images are in %s; the first 8,500 serve as train, the last 1,500 as test", data, folder)
        rows = slice(0, 8500) if split == "train" else slice(8500, None)
        images, labels = images[rows], labels[rows]
    return LabelledImages(torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.astype(np.int64)), classes)


def read_idx(path: Path) -> np.ndarray:
    """A gzipped IDX file of unsigned bytes (LeCun's format: two zero bytes, type 8, dimensions, sizes, data)."""
    try:
        raw = gzip.decompress(path.read_bytes())
        if raw[:3] != b"\0\0\x08":
            raise ValueError("it is no IDX file of bytes")
        sizes = np.frombuffer(raw, ">u4", count=raw[3], offset=4)
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes.astype(int))
    except (OSError, EOFError, ValueError) as error:
        raise LabError(f"{path} cannot be read ({error}). Delete it and try again.") from None


def fetched(data: str, name: str) -> Path:
    """The path of a file of `data`, downloaded if it is not in the cache. Raises LabError for a wrong checksum or no network."""
    folder, expected = cache() / data, MD5[data][name]
    path = folder / name
    kind = "md5" if len(expected) == 32 else "sha256"
    if not path.exists() and (cache() / name).is_file():
        path = cache() / name  # A data set of one file may lie without a folder of its own.
    if path.exists():
        with path.open("rb") as file:
            found = hashlib.file_digest(file, kind).hexdigest()
        if found != expected:
            raise LabError(f"{path} has the checksum {found}, expected {expected}: it is damaged or another file. Delete it and try again.")
        return path
    import pooch

    log.info("downloading %s%s to %s", URLS[data], name, folder)
    pooch.get_logger().setLevel("WARNING")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        downloader = pooch.HTTPDownloader(progressbar=Told(name), timeout=60)
        pooch.retrieve(URLS[data] + name, f"{kind}:{expected}", fname=name, path=folder, downloader=downloader)
    except ValueError:  # Pooch's word for a wrong checksum.
        raise LabError(
            f"{URLS[data]}{name} was refused: its checksum is not the expected {expected}, so it was damaged on the way or is another file. "
            "Nothing was kept; try again later."
        ) from None
    except OSError as error:  # That of requests is one too.
        text = str(error)
        why = "there is no connection" if "Max retries" in text or "resolve" in text else text
        why = "the connection broke off; nothing was kept" if "IncompleteRead" in text else why
        raise LabError(
            f"{name} could not be downloaded from {URLS[data]} ({why}). Put the file into {folder}, or take --data that needs no network."
        ) from None
    return path


class Told:
    """A progress bar, as pooch wants one, that writes a line to the log at every tenth."""

    def __init__(self, name: str):
        self.name, self.total, self.done, self.tenth = name, 0, 0, 0

    def update(self, count: int) -> None:
        self.done += count
        tenth = min(10, 10 * self.done // self.total) if self.total else 0  # Pooch counts whole blocks, the last one too.
        if tenth > self.tenth:
            self.tenth = tenth
            log.info("%s: %d %% of %.2f MB", self.name, 10 * tenth, self.total / 1e6)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None: ...
