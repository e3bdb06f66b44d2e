"""A person's own folder of images: sub-folders are the classes. Which files count is decided in `image_files`, pixels in `image_reader`."""

import logging
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from lab.data.catalogue import paths, readable
from lab.data.file_hashes import hashes
from lab.data.image_files import ClassFolder, class_folder, readable_split
from lab.data.image_reader import Span, read_square, survey
from lab.data.image_records import all_of, class_order, span_in
from lab.data.images import LabelledImages, Request
from lab.errors import LabError

log = logging.getLogger("lab.data")


def image_folder(request: Request) -> LabelledImages:
    """Images (N, channels, size, size), each cut to its central square; labels are the places of the classes that a stored run
    remembers, or of those found. A folder without train/ and val/ is divided: every tenth image of a class is for test.

    Raises LabError where the folder is missing or holds no image that can be read.
    """
    root, size, channels = paths(request.data)[0], request.size or 64, request.channels or 3
    folder = class_folder(root)
    stored = request.remembered or {}
    classes, names = class_order(request.data, {name: hashes(all_of(folder, name)) if stored else [] for name in folder.classes}, stored)
    span = span_in(stored) if stored else survey(folder.everything(), request.ground).span
    files = split_files(folder, request, span)
    for here, then in names.items():
        if here != then:
            log.warning("The folder %s of %s holds what class %s held in training: it is read as %s.", here, readable(root), then, then)
    pixels, labels, skipped = [], [], 0
    total = sum(map(len, files.values()))
    for name, group in files.items():
        if name not in names:
            continue
        for file in group:
            try:
                pixels.append(read_square(file, size, channels=channels, ground=request.ground, span=span))
            except LabError as error:
                log.warning("skipped: %s", error)
                skipped += 1
                continue
            labels.append(classes.index(names[name]))
            if len(labels) % 1000 == 0:
                log.info("%s: %d of %d files", readable(root), len(labels) + skipped, total)
    if not pixels and request.split != "validation":
        raise LabError(f"None of the {skipped} images in {readable(root)} can be read; the log names each and why.")
    images = np.stack(pixels) if pixels else np.zeros((0, size, size, channels), np.uint8)
    return LabelledImages(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels, dtype=torch.long), classes)


def split_files(folder: ClassFolder, request: Request, span: Span | None) -> dict[str, list[Path]]:
    """The files of a split by class. Where there is only train/ and val/, val/ is for test."""
    split = request.split
    if folder.has_splits:
        if split == "test" and "test" not in folder.files:
            return folder.files["validation"]
        return folder.files.get(split, {}) if split != "validation" or "test" in folder.files else {}
    if split == "validation":
        return {}

    def reads(file: Path) -> bool:
        with suppress(LabError):
            read_square(file, 1, ground=request.ground, span=span)
            return True
        return False

    return {name: readable_split(group, split == "test", reads) for name, group in folder.files["train"].items()}
