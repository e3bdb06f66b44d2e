"""A person's own domains: two folders without pairs, two folders of pairs with the same names, or pairs side by side in one picture."""

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from lab.data.catalogue import paths
from lab.data.image_files import ENDINGS
from lab.data.image_folder import FORMATS, read
from lab.data.images import Domains, LabelledImages, Request, Split
from lab.errors import LabError

log = logging.getLogger("lab.data")

BROKEN = (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError)
NAMED = 3
"""Files that an error names at most."""


def unpaired_folders(request: Request) -> Domains:
    """folders:A,B"""
    a, b = paths(request.data)
    return split_of(two_folders(a, b, size=request.size or 64), request.split)


def own_pairs(request: Request) -> Domains:
    """pairs:FOLDER or pairs:A,B"""
    folders = paths(request.data)
    size = request.size or 64
    own = side_by_side(folders[0], size=size) if len(folders) == 1 else paired_folders(folders[0], folders[1], size=size)
    return split_of(own, request.split)


def two_folders(a: Path, b: Path, *, size: int, names: tuple[str, str] | None = None) -> Domains:
    """Domains without pairs: each picture cut to its central square. Raises LabError where one of them is empty."""
    parts = []
    for folder in (a, b):
        pixels, skipped = [], 0
        for file in images_in(folder):
            try:
                pixels.append(read(file, size, 3))
            except BROKEN as error:
                log.warning("skipped %s: %s", file, error)
                skipped += 1
        if not pixels:
            raise LabError(f"None of the {skipped} images in {folder} can be read; the log names each and why. Both domains need images.")
        parts.append(labelled(pixels, folder.name))
    return Domains(parts[0], parts[1], names or (a.name, b.name), False)


def paired_folders(a: Path, b: Path, *, size: int) -> Domains:
    """Pairs of the same name (without its ending) in two folders. Raises LabError where a partner is missing or of another size."""
    firsts, seconds = ({file.stem: file for file in images_in(folder)} for folder in (a, b))
    alone = [f"{name} only in {where}" for name, where in only(firsts, seconds, a) + only(seconds, firsts, b)]
    if alone:
        raise LabError(
            f"Pairs need the same names in both folders: {a} has {len(firsts)} images and {b} has {len(seconds)}, with {listed(alone)}. "
            "Add or remove files until both hold the same names."
        )
    pixels: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for name in firsts:
        sizes = [size_of(file) for file in (firsts[name], seconds[name])]
        if sizes[0] != sizes[1]:
            raise LabError(
                f"The pictures of a pair must have one size, but {firsts[name]} has {shown(sizes[0])} and {seconds[name]} {shown(sizes[1])} pixels. "
                "Resize one of them."
            )
        for kept, file in zip(pixels, (firsts[name], seconds[name]), strict=True):
            kept.append(opened(file, size))
    return Domains(labelled(pixels[0], a.name), labelled(pixels[1], b.name), (a.name, b.name), True)


def side_by_side(folder: Path, *, size: int) -> Domains:
    """Pairs in pictures whose left half is A and whose right half is B. Raises LabError for odd widths and mixed shapes."""
    pixels: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    shape: tuple[int, int] | None = None
    for file in images_in(folder):
        width, height = found = size_of(file)
        shape = shape or found
        if width % 2:
            raise LabError(f"{file} is {shown(found)} pixels: a pair side by side has an even width, A on the left and B on the right.")
        if found[0] * shape[1] != found[1] * shape[0]:
            raise LabError(
                f"The pairs in {folder} have mixed shapes: {file} is {shown(found)} pixels, others are {shown(shape)}. "
                "Give all of them one shape, or use two folders with --data pairs:A,B."
            )
        with Image.open(file, formats=FORMATS) as image:
            whole = image.convert("RGB")
        for kept, left in zip(pixels, (0, width // 2), strict=True):
            part = whole.crop((left, 0, left + width // 2, height))
            how = Image.Resampling.BOX if min(part.size) >= size else Image.Resampling.BILINEAR
            kept.append(np.asarray(ImageOps.fit(part, (size, size), how)))
    return Domains(labelled(pixels[0], "left"), labelled(pixels[1], "right"), ("left", "right"), True)


def split_of(domains: Domains, split: Split) -> Domains:
    """Every tenth row of each domain is for test; of fewer than ten, all serve as both."""

    def part(data: LabelledImages) -> LabelledImages:
        if len(data) < 10:
            return data
        rows = torch.arange(len(data))
        rows = rows[(rows % 10 == 9) == (split == "test")]
        return LabelledImages(data.images[rows], data.labels[rows], data.classes)

    return Domains(part(domains.a), part(domains.b), domains.names, domains.paired)


def images_in(folder: Path) -> list[Path]:
    """The image files of a folder, sub-folders too. Raises LabError where there is none."""
    if not folder.is_dir():
        raise LabError(f"There is no folder {folder}.")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file())
    if not files:
        raise LabError(f"The domain {folder} is empty: expected images ending in {', '.join(sorted(ENDINGS))}.")
    return files


def size_of(file: Path) -> tuple[int, int]:
    """(width, height), upright. Raises LabError where the file is no image: in a paired set it cannot be left out."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
                raise ValueError(f"{width}x{height} is more than {Image.MAX_IMAGE_PIXELS:,} pixels")
            turned = image.getexif().get(0x0112, 1) >= 5
    except BROKEN as error:
        raise LabError(f"{file} cannot be read ({error}). Take it and its partner out, or mend it.") from None
    return (height, width) if turned else (width, height)


def opened(file: Path, size: int) -> np.ndarray:
    try:
        return read(file, size, 3)
    except BROKEN as error:
        raise LabError(f"{file} cannot be read ({error}). Take it and its partner out, or mend it.") from None


def labelled(pixels: list[np.ndarray], name: str) -> LabelledImages:
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    return LabelledImages(images, torch.zeros(len(images), dtype=torch.long), (name,))


def only(mine: dict[str, Path], theirs: dict[str, Path], folder: Path) -> list[tuple[str, Path]]:
    return [(mine[name].name, folder) for name in mine if name not in theirs]


def listed(items: Iterable[str]) -> str:
    items = list(items)
    return ", ".join(items[:NAMED]) + (f" and {len(items) - NAMED} more" if len(items) > NAMED else "")


def shown(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
