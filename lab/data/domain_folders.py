"""A person's own image domains: two folders without pairs, two folders of pairs, or pairs side by side in one picture.

What is for test: the folders test/ (or val/) beside train/, testA and testB beside trainA and trainB, otherwise every tenth image.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from PIL.Image import Image

from lab.data.catalogue import paths, readable
from lab.data.image_files import image_files, of_split, readable_split, splits_in, tests_of
from lab.data.image_reader import Span, read_image, squared
from lab.data.image_records import domains_record, span_in
from lab.data.images import Domains, LabelledImages, Request, Split
from lab.data.matched_pairs import matched
from lab.errors import LabError

log = logging.getLogger("lab.data")

Spans = tuple[Span | None, Span | None]
"""Of the first and of the second domain."""


def unpaired_folders(request: Request) -> Domains:
    """folders:A,B: every picture cut to its central square. Raises LabError where one of the domains is empty."""
    a, b = paths(request.data)
    return two_folders(a, b, size=request.size or 64, split=request.split, ground=request.ground, spans=spans_of(request))


def own_pairs(request: Request) -> Domains:
    """pairs:FOLDER or pairs:A,B"""
    folders = paths(request.data)
    size, ground, spans = request.size or 64, request.ground, spans_of(request)
    if len(folders) == 1:
        return side_by_side(folders[0], size=size, split=request.split, ground=ground, span=spans[0])
    return paired_folders(folders[0], folders[1], size=size, split=request.split, ground=ground, spans=spans)


def two_folders(
    a: Path, b: Path, *, size: int, split: Split | None = None, names: tuple[str, str] | None = None, ground: str = "white", spans: Spans = (None, None)
) -> Domains:  # fmt: skip
    """Domains without pairs, all of them or a split. Pictures that cannot be read are left out."""
    parts: list[LabelledImages] = []

    def reads(file: Path) -> bool:
        with suppress(LabError):
            read_image(file, ground=ground)
            return True
        return False

    for folder in divided(a, b, split, reads):
        pixels, skipped = [], 0
        for file in folder:
            try:
                pixels.append(squared(read_image(file, ground=ground, span=spans[len(parts)]), size))
            except LabError as error:
                log.warning("skipped: %s", error)
                skipped += 1
        where = (a, b)[len(parts)]
        if not pixels:
            raise LabError(
                f"None of the {skipped} images in {readable(where)} can be read; the log names each and why. Both domains need images."
            )
        parts.append(labelled(pixels, readable(where.name)))
    return Domains(parts[0], parts[1], names or (readable(a.name), readable(b.name)), False)


def paired_folders(
    a: Path, b: Path, *, size: int, split: Split | None = None, ground: str = "white", spans: Spans = (None, None)
) -> Domains:  # fmt: skip
    """Pairs of the same place and name (without its ending) in two folders. Raises LabError where a partner is missing or of another size."""
    pixels: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for pair in pairs_of(a, b, split):
        both = [whole(file, ground, span) for file, span in zip(pair, spans, strict=True)]
        if both[0].size != both[1].size:
            raise LabError(
                f"The pictures of a pair must have one size, but {readable(pair[0])} has {shown(both[0].size)} and {readable(pair[1])} "
                f"{shown(both[1].size)} pixels. Resize one of them."
            )
        for kept, image in zip(pixels, both, strict=True):
            kept.append(squared(image, size))
    names = (readable(a.name), readable(b.name))
    return Domains(labelled(pixels[0], names[0]), labelled(pixels[1], names[1]), names, True)


def side_by_side(folder: Path, *, size: int, split: Split | None = None, ground: str = "white", span: Span | None = None) -> Domains:
    """Pairs in pictures whose left half is A and whose right half is B. Raises LabError for odd widths and mixed shapes."""
    pixels: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    shape: tuple[int, int] | None = None
    for file in pictures_of(folder, split):
        image = whole(file, ground, span)
        width, height = image.size
        shape = shape or image.size
        if width % 2:
            raise LabError(
                f"{readable(file)} is {shown(image.size)} pixels: a pair side by side has an even width, A on the left and B on the right."
            )
        if width * shape[1] != height * shape[0]:
            raise LabError(
                f"The pairs in {readable(folder)} have mixed shapes: {readable(file)} is {shown(image.size)} pixels, others are {shown(shape)}. "
                "Give all of them one shape, or use two folders with --data pairs:A,B."
            )
        for kept, left in zip(pixels, (0, width // 2), strict=True):
            kept.append(squared(image.crop((left, 0, left + width // 2, height)), size))
    return Domains(labelled(pixels[0], "left"), labelled(pixels[1], "right"), ("left", "right"), True)


# -- splits --------------------------------------------------------------------------------------------------------


def divided(a: Path, b: Path, split: Split | None, reads: Callable[[Path], bool]) -> list[list[Path]]:
    """The files of two unpaired folders that belong to a split, of each on its own."""
    tests = tests_of(a, b)
    if split == "test" and tests is not None:
        return [image_files(folder) for folder in tests]
    own = [splits_in(folder) for folder in (a, b)]
    if all(own):
        return [image_files(splits[part]) for splits, part in zip(own, (split or "train",) * 2, strict=True)]
    files = [image_files(folder) for folder in (a, b)]
    return files if split is None or tests is not None else [readable_split(part, split == "test", reads) for part in files]


def pairs_of(a: Path, b: Path, split: Split | None) -> list[tuple[Path, Path]]:
    tests = tests_of(a, b)
    if split == "test" and tests is not None:
        return matched(*tests)
    own = [splits_in(folder) for folder in (a, b)]
    if all(own):
        return matched(own[0][split or "train"], own[1][split or "train"])
    pairs = matched(a, b)
    return pairs if split is None or tests is not None else of_split(pairs, split == "test")


def pictures_of(folder: Path, split: Split | None) -> list[Path]:
    own = splits_in(folder)
    if own:
        return image_files(own[split or "train"])
    files = image_files(folder)
    return files if split is None else of_split(files, split == "test")


def spans_of(request: Request) -> Spans:
    """The spans of deep values of both domains: those that a stored run remembers, or those of the files."""
    record = request.remembered or domains_record(request.data, request.ground, None)
    return span_in(record), span_in(record, "b")


# -- pictures ------------------------------------------------------------------------------------------------------


def whole(file: Path, ground: str, span: Span | None) -> Image:
    """A picture of a pair. Raises LabError that says what to do: in a paired set it cannot be left out."""
    try:
        return read_image(file, ground=ground, span=span)
    except LabError as error:
        raise LabError(f"{error} Take it and its partner out, or mend it.") from None


def labelled(pixels: list[np.ndarray], name: str) -> LabelledImages:
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    return LabelledImages(images, torch.zeros(len(images), dtype=torch.long), (name,))


def shown(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
