"""Downloads: fetched once by pooch into the cache folder, and checked against a checksum.

A download goes to a temporary file that is moved into place when its checksum is right, so nothing half-done is left.
"""

import hashlib
import logging
import zipfile
from pathlib import Path

from lab.data.cache import cache
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


def fetched(data: str, name: str) -> Path:
    """The path of a file of `data`, downloaded if it is not in the cache. Raises LabError for a wrong checksum or no network."""
    folder, expected = cache() / data, MD5[data][name]
    path = folder / name
    kind = "md5" if len(expected) == 32 else "sha256"
    if not path.exists() and (cache() / name).is_file():
        path = cache() / name  # A data set of one file may lie without a folder of its own.
    if path.exists():
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, kind).hexdigest()
        if checksum != expected:
            raise LabError(
                f"{path} has the checksum {checksum}, expected {expected}: it is damaged or another file. Delete it and try again."
            )
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


def unpacked(archive: Path) -> Path:
    """The folder beside a zip archive that holds its one folder's files; unpacked once, members that point outside are refused."""
    folder = archive.with_suffix("")
    if folder.is_dir():
        return folder
    temporary = archive.with_suffix(".unpacking")
    try:
        with zipfile.ZipFile(archive) as members:
            for name in members.namelist():
                if not (temporary / name).resolve().is_relative_to(temporary.resolve()):
                    raise LabError(f"{archive} holds {name}, which points outside of its folder. Delete it and try again.")
            members.extractall(temporary)
        inner = temporary / archive.stem
        (inner if inner.is_dir() else temporary).rename(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise LabError(f"{archive} cannot be unpacked ({error}). Delete it and try again.") from None
    return folder
