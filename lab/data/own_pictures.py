"""A person's own pictures before there is a training: a folder made of what was given, and what is in it. Imports no torch.

Read first: `gather`, then `look`.
"""

import hashlib
import os
import shutil
import stat
import threading
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path, PurePosixPath

import numpy as np

from lab.data.cache import cache
from lab.data.catalogue import readable
from lab.data.file_hashes import file_hash
from lab.data.image_files import ENDINGS, class_folder, ignored, listed
from lab.data.image_reader import opened, read_image, squared, unreadable
from lab.errors import LabError

THUMBNAILS, SIDE = 60, 64
"""How many pictures are shown before training, and how large."""
MOST_BYTES = 20 * 2**30
"""Up to which an archive is unpacked."""


@dataclass(frozen=True)
class Look:
    """What a folder of pictures holds. `sizes` are the smallest and the largest width and height, of upright pictures or not."""

    folder: Path
    count: int
    classes: dict[str, int]
    """Readable pictures by class."""
    broken: list[str]
    """Why a picture cannot be read, of each that cannot."""
    sizes: tuple[int, int, int, int]
    thumbnails: np.ndarray
    """(N, SIDE, SIDE, 3) uint8: central squares of some pictures, of each class in turn."""
    notes: list[str]

    @property
    def sentence(self) -> str:
        """Such as "59 pictures, 1 unreadable: a.png is empty. 32x32 to 640x480 pixels." """
        text = f"{self.count:,} picture{'s' * (self.count != 1)}"
        if self.broken:
            text += f", {len(self.broken):,} unreadable: {'; '.join(reason.rstrip('.') for reason in self.broken[:2])}"
            text += f" and {len(self.broken) - 2:,} more" if len(self.broken) > 2 else ""
        narrow, wide, low, high = self.sizes
        if self.count:
            size = f"{wide}x{high} pixels" if (narrow, low) == (wide, high) else f"{narrow} to {wide} pixels wide, {low} to {high} high"
            text += f". {size[:1].upper()}{size[1:]}"
        if len(self.classes) > 1:
            text += f". {len(self.classes)} classes: {listed(f'{name} ({count:,})' for name, count in self.classes.items())}"
        return text + "."


def look(folder: Path, told: Callable[[int, int], None] = lambda done, of: None, stop: threading.Event | None = None) -> Look:
    """Read every picture of a folder once; `told(done, of)` hears how far it is, and what is read until `stop` is all there is.

    Raises LabError where the folder holds no picture.
    """
    classes = class_folder(folder)
    groups: dict[str, list[Path]] = {}
    for part in classes.files.values():
        for name, files in part.items():
            groups.setdefault(name, []).extend(files)
    total = sum(map(len, groups.values()))
    in_turn = (file for row in zip_longest(*groups.values()) for file in row if file is not None)
    shown = set(islice(in_turn, THUMBNAILS))
    counts, broken, thumbnails = dict.fromkeys(groups, 0), [], []
    widths, heights = [], []
    done = 0
    for name, files in groups.items():
        for file in files:
            if stop is not None and stop.is_set():
                break
            try:
                with opened(file) as image:
                    width, height = image.size
                picture = read_image(file)
            except Exception as error:  # As for `read_image`: decoders raise whatever a damaged file leads them to.
                broken.append(
                    str(error if isinstance(error, LabError) else unreadable(file, error)).replace(readable(file), readable(file.name))
                )
            else:
                counts[name] += 1
                widths.append(width)
                heights.append(height)
                if file in shown:
                    thumbnails.append(squared(picture, SIDE))
            done += 1
            told(done, total)
    pixels = np.stack(thumbnails) if thumbnails else np.zeros((0, SIDE, SIDE, 3), np.uint8)
    sizes = (min(widths), max(widths), min(heights), max(heights)) if widths else (0, 0, 0, 0)
    return Look(folder, len(widths), {name: count for name, count in counts.items() if count}, broken, sizes, pixels, classes.notes)


# -- what was given ------------------------------------------------------------------------------------------------


def gather(paths: Sequence[Path]) -> Path:
    """A folder of the pictures given: itself, an unpacked ZIP, or one of copies of single files.

    Raises LabError where they hold no picture, or a ZIP cannot be unpacked.
    """
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0]
    if len(paths) == 1 and zipfile.is_zipfile(paths[0]):
        return unpacked(paths[0])
    files = [path for path in paths if path.is_file() and path.suffix.lower() in ENDINGS]
    if not files or len(files) < len(paths):
        others = [readable(path.name) for path in paths if path not in files]
        raise LabError(f"Expected one folder, one ZIP or pictures; got {listed(others or ['nothing'])}.")
    return made(sorted({file.parent.name or "pictures" for file in files})[0], files, lambda folder: copy_all(files, folder))


def copy_all(files: Sequence[Path], folder: Path) -> None:
    for i, file in enumerate(files):
        target = folder / file.name
        shutil.copyfile(file, target if not target.exists() else folder / f"{file.stem}-{i}{file.suffix}")


def unpacked(archive: Path) -> Path:
    """The pictures of a ZIP in a folder of its name, with the folders that they are in there.

    Names that lead out of the folder, links and other files are passed over. Raises LabError for a damaged, encrypted or huge archive.
    """
    try:
        with zipfile.ZipFile(archive) as members:
            wanted = {info: inside for info in members.infolist() if (inside := safe_name(info)) is not None}
            if not wanted:
                raise LabError(f"{readable(archive.name)} holds no pictures.")
            if sum(info.file_size for info in wanted) > MOST_BYTES:
                raise LabError(f"{readable(archive.name)} unpacks to more than {MOST_BYTES // 2**30} GB.")
            if any(info.flag_bits & 1 for info in wanted):
                raise LabError(f"{readable(archive.name)} is encrypted: unpack it first.")

            def write(folder: Path) -> None:
                for info, inside in wanted.items():
                    target = folder / inside
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with members.open(info) as source, target.open("wb") as file:
                        shutil.copyfileobj(source, file)

            return made(archive.stem, [archive], write)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise LabError(f"{readable(archive.name)} cannot be unpacked ({error}).") from None


def safe_name(info: zipfile.ZipInfo) -> Path | None:
    """Where a picture of an archive goes, below the folder; None for what is no picture."""
    parts = PurePosixPath(info.filename.replace("\\", "/")).parts
    link = stat.S_ISLNK(info.external_attr >> 16)
    if info.is_dir() or link or not parts or Path(parts[-1]).suffix.lower() not in ENDINGS:
        return None
    return None if any(part in ("/", "..") or ":" in part or ignored(part) for part in parts) else Path(*parts)


def made(name: str, sources: Sequence[Path], write: Callable[[Path], None]) -> Path:
    """A folder of that name which `write` has filled; the one that was made of the same files before, where there is one."""
    digest = hashlib.blake2b(
        "".join(f"{file.name} {file_hash(file)}\n" for file in sorted(sources)).encode("utf-8", "replace"), digest_size=6
    )
    home = cache() / "own" / digest.hexdigest()
    folder = home / name
    if not folder.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        half = home / f".{name}-{os.getpid()}"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        try:
            write(half)
            half.rename(folder)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
    return folder
