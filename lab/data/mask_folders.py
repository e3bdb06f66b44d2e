"""A person's own pictures with masks: two folders with the same file names, in the masks one number or colour for each class."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lab.data.catalogue import paths, readable
from lab.data.domain_folders import pairs_of, whole
from lab.data.image_files import image_files, listed
from lab.data.image_reader import opened, squared, unreadable
from lab.data.image_records import domains_record, span_in
from lab.data.images import Request
from lab.data.record import Record
from lab.data.scenes import IGNORED, Scenes, boxes_of
from lab.errors import LabError

MOST_CLASSES = 64
NAMES_FILE = "classes.txt"
"""In the folder of masks: the names of the classes, one a line, in the order of their numbers or colours."""
SIZE = 128


def masked_pictures(request: Request) -> Scenes:
    """pairs:PICTURES,MASKS: each cut to its central square. Raises LabError where a partner is missing, of another size, or no mask."""
    pictures, masks = paths(request.data)
    size, stored = request.size or SIZE, request.remembered or mask_record(request.data, request.ground, None)
    values = [int(value) for value in stored["mask_values"]]
    images, maps = [], []
    for picture, mask in pairs_of(pictures, masks, "train" if request.split == "validation" else request.split):
        image, labels = whole(picture, request.ground, span_in(stored)), mask_values(mask)
        if image.size != labels.shape[::-1]:
            raise LabError(
                f"A picture and its mask must have one size, but {readable(picture)} has {image.width}x{image.height} and {readable(mask)} "
                f"{labels.shape[1]}x{labels.shape[0]} pixels."
            )
        images.append(squared(image, size))
        maps.append(as_classes(central(labels, size), values))
    classes = tuple(stored["classes"])
    things = tuple(range(1, len(classes)))
    tensor = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return Scenes(tensor, torch.from_numpy(np.stack(maps)), classes, [boxes_of(one, things) for one in maps], things)


def mask_record(data: str, ground: str, stored: Record | None) -> Record:
    """What a run remembers of pictures with masks: that of pairs, and which value of a mask is which class."""
    record = domains_record(data, ground, stored)
    if stored:
        return record | {key: stored[key] for key in ("mask_values", "classes") if key in stored}
    folder = paths(data)[1]
    values: set[int] = set()
    for file in image_files(folder):
        values |= set(np.unique(mask_values(file)).tolist())
        if len(values - {IGNORED}) > MOST_CLASSES:
            raise LabError(
                f"The masks in {readable(folder)} have more than {MOST_CLASSES} different values, as {readable(file.name)} shows: a mask has "
                "one number or one colour for each class and no soft edges. Save masks as PNG, not as JPEG."
            )
    kept = sorted(values - {IGNORED})
    if len(kept) < 2:
        raise LabError(f"The masks in {readable(folder)} have only one value: there must be a background and at least one class.")
    names = named(folder / NAMES_FILE, kept)
    return record | {"mask_values": kept, "classes": names, "assumed": [*record["assumed"], f"Classes of the masks: {listed(names)}."]}


def named(file: Path, values: list[int]) -> list[str]:
    """The classes' names: the lines of a file where there is one, else their numbers or colours."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]
    except FileNotFoundError:
        return [str(value) if value < 256 else f"#{value - 256:06x}" for value in values]
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"{NAMES_FILE} in the folder of masks cannot be read ({error}).") from None
    if len(lines) != len(values):
        raise LabError(f"{NAMES_FILE} in the folder of masks has {len(lines)} names, and the masks have {len(values)} different values.")
    return lines


def mask_values(file: Path) -> np.ndarray:
    """(H, W) int64 of a mask: its numbers where it is grey or has a palette, 256 + 0xRRGGBB where it is in colour."""
    try:
        with opened(file) as image:
            if image.mode in ("P", "L", "1", "I", "I;16"):
                return np.asarray(image).astype(np.int64)
            colour = np.asarray(image.convert("RGB")).astype(np.int64)
    except LabError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever a damaged file leads them to.
        raise unreadable(file, error) from None
    grey = (colour[..., 0] == colour[..., 1]) & (colour[..., 1] == colour[..., 2])
    if grey.all():
        return colour[..., 0]
    return 256 + (colour[..., 0] << 16 | colour[..., 1] << 8 | colour[..., 2])


def central(labels: np.ndarray, size: int) -> np.ndarray:
    """The central square of a map (H, W), at `size` pixels, by the nearest neighbour: classes cannot be mixed."""
    height, width = labels.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(labels[top : top + side, left : left + side].astype(np.int32), mode="I")
    return np.asarray(square.resize((size, size), Image.Resampling.NEAREST))


def as_classes(labels: np.ndarray, values: list[int]) -> np.ndarray:
    """(H, W) uint8: each value's place among `values`; `IGNORED` for others."""
    place = np.searchsorted(values, labels).clip(max=len(values) - 1)
    return np.where(np.asarray(values)[place] == labels, place, IGNORED).astype(np.uint8)
