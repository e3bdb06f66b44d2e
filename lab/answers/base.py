"""What every answer can do: be drawn, and be saved as a picture, a film or its numbers."""

import io
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from lab.errors import LabError, UsageError
from lab.making import Making, keep, png_info
from lab.saving import ENDINGS, destination
from lab.tables import csv_text
from lab.video import VideoWriter, resized

FPS = 20
"""Frames per second of a sequence saved as GIF or MP4."""
FILM_SIZE, SIZES = 512, (16, 4096)
"""Pixels of the longer side of a film: how many it has at least where no size is named, and which sizes can be named."""
STILL_SECONDS = 2
"""How long an MP4 of one picture lasts."""


class Answer:
    """Base of the answers, the classes that a view may return. `save` picks the format from the file's name."""

    endings: ClassVar[tuple[str, ...]] = ENDINGS
    """The formats in which it can be saved."""
    making: Making | None = None
    """How it was made: a picture takes it along. None of one that no run gave."""

    def made_by(self, making: Making | None) -> Self:
        """This answer, which knows now how it was made."""
        object.__setattr__(self, "making", making)  # Answers are frozen; this is no part of what they say.
        return self

    def save(self, path: str | Path, size: int | None = None) -> Path:
        """Write a file of one of `endings`, whole or not at all; `size` is the pixels of the longer side of a picture or film.

        Without it a film has at least `FILM_SIZE` pixels, a picture those that it has. Raises UsageError for other endings and for a
        size out of `SIZES`, LabError where it cannot be written.
        """
        if size is not None and not SIZES[0] <= size <= SIZES[1]:
            raise UsageError(f"--size: expected {SIZES[0]} to {SIZES[1]} pixels, got {size}.")
        path = destination(path, self.endings)
        ending = path.suffix.lower()
        temporary = path.with_name(f".{os.getpid()}.tmp{ending}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.write(temporary, ending, size)
            os.replace(temporary, path)
            keep(path, self.making)
        except OSError as error:
            raise LabError(f"Cannot write {path} ({error.strerror or error}). Choose another name with --out.") from None
        finally:
            temporary.unlink(missing_ok=True)
        return path

    def write(self, path: Path, ending: str, size: int | None = None) -> None:
        if ending == ".npz":
            write_arrays(path, self.arrays())
        elif ending == ".csv":
            path.write_text(csv_text(*self.spreadsheet()), encoding="utf-8")
        elif ending == ".gif":
            first, *rest = [Image.fromarray(frame) for frame in self.film(size)]
            first.save(path, save_all=True, append_images=rest, duration=1000 // FPS, loop=0)
        elif ending == ".mp4":
            frames = self.film(size)
            write_film(path, frames if len(frames) > 1 else frames * (FPS * STILL_SECONDS))
        else:
            Image.fromarray(self.picture() if size is None else resized(self.picture(), size)).save(path, pnginfo=png_info(self.making))

    def film(self, size: int | None) -> list[np.ndarray]:
        """The frames of a GIF or MP4, as large as `save` says."""
        frames = self.frames()
        longest = max(frames[0].shape[:2])
        wanted = max(longest, FILM_SIZE) if size is None else size
        return [resized(frame, wanted) for frame in frames]

    def arrays(self) -> dict[str, np.ndarray]:
        """The numbers behind the picture."""
        raise NotImplementedError

    def spreadsheet(self) -> tuple[list[str], list[list[Any]]]:
        """Names of columns and rows of cells, of an answer that is saved as .csv."""
        raise NotImplementedError

    def picture(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        raise NotImplementedError

    def frames(self) -> list[np.ndarray]:
        """The pictures of a GIF or MP4; one unless the answer is a sequence."""
        return [self.picture()]


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """An .npz whose members may have any names (`np.savez` refuses some, such as "file"). What is neither number nor text is stored as text."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            array = np.asanyarray(values)
            data = io.BytesIO()
            np.lib.format.write_array(data, array.astype(str) if array.dtype == object else array, allow_pickle=False)
            archive.writestr(f"{name}.npy", data.getvalue())


def write_film(path: Path, frames: Iterable[np.ndarray], fps: float = FPS, size: int | None = None) -> None:
    """Write pictures (H, W, 3) uint8 of one size as an .mp4 or .gif."""
    writer = VideoWriter(path, fps, size)
    try:
        for frame in frames:
            writer.add(frame)
    finally:
        writer.close()


def cell_text(cell: Any) -> str:
    """A cell of a table as one reads it."""
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)
