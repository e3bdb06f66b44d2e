"""A person's own folder of images; its sub-folders, where it has any with images, are the classes.

A broken or huge image is skipped and named in the log. Pillow's limit against decompression bombs stays on.
"""

import logging
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from lab.data.catalogue import paths
from lab.data.image_files import files_by_class
from lab.data.images import LabelledImages, Request
from lab.errors import LabError

log = logging.getLogger("lab.data")

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")


def image_folder(request: Request) -> LabelledImages:
    """Images (N, channels, size, size), each cut to its central square; every tenth of a class is for test.

    Raises LabError where the folder is missing or holds no image that can be read.
    """
    root, split, size, channels = paths(request.data)[0], request.split, request.size or 64, request.channels or 3
    found = files_by_class(root)
    files = [(file, name) for name, group in found.items() for file in group]
    classes = tuple(found)
    pixels, labels, skipped, seen = [], [], 0, dict.fromkeys(classes, 0)
    for file, name in files:
        seen[name] += 1
        if (seen[name] % 10 == 0) != (split == "test") and len(files) >= 10 * len(classes):
            continue
        try:
            pixels.append(read(file, size, channels))
        except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            log.warning("skipped %s: %s", file, error)
            skipped += 1
            continue
        labels.append(classes.index(name))
        if len(labels) % 1000 == 0:
            log.info("%s: %d of %d files", root, len(labels) + skipped, len(files))
    if not pixels:
        raise LabError(f"None of the {skipped} images in {root} can be read; the log names each and why.")
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    return LabelledImages(images, torch.tensor(labels), classes)


def read(file: Path, size: int, channels: int) -> np.ndarray:
    """(size, size, channels) uint8 of a file. Raises what Pillow raises, and ValueError for a huge image."""
    with Image.open(file, formats=FORMATS) as image:
        limit = Image.MAX_IMAGE_PIXELS
        if limit is not None and image.width * image.height > limit:
            raise ValueError(f"{image.width}x{image.height} is more than {limit:,} pixels")
        upright = ImageOps.exif_transpose(image).convert("L" if channels == 1 else "RGB")
        square = ImageOps.fit(upright, (size, size), Image.Resampling.BOX if min(upright.size) >= size else Image.Resampling.BILINEAR)
    return np.asarray(square).reshape(size, size, channels)
