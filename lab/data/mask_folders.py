"""A person's own pictures with masks: two folders with the same file names, in the masks one number or colour for each class."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lab.data.catalogue import paths, readable
from lab.data.domain_folders import pairs_of, whole
from lab.data.encoding import composed, decode
from lab.data.image_files import image_files, listed, tests_of
from lab.data.image_reader import DEEP, deep_values, opened, squared, unreadable, upright
from lab.data.image_records import domains_record, span_in
from lab.data.images import Request
from lab.data.record import Record
from lab.data.scenes import IGNORED, Scenes, boxes_of
from lab.errors import LabError

log = logging.getLogger("lab.data")

MOST_CLASSES = 64
COLOUR = 256
"""What is added to a colour as a mask's value, so that it is no number of 8 bits."""
NAMES_FILE = "classes.txt"
"""In the folder of masks: the names of the classes, one a line, in the order of their numbers or colours."""
SIZE = 128


def masked_pictures(request: Request) -> Scenes:
    """pairs:PICTURES,MASKS: each cut to its central square. Raises LabError where a partner is missing, of another size, or no mask."""
    pictures, masks = paths(request.data)
    size, stored = request.size or SIZE, request.remembered or mask_record(request.data, request.ground, None)
    values = [int(value) for value in stored["mask_values"]]
    colours = bool(stored.get("mask_colours", max(values) >= COLOUR))
    images, maps = [], []
    seen: set[int] = set()
    for picture, mask in pairs_of(pictures, masks, "train" if request.split == "validation" else request.split):
        image, labels = whole(picture, request.ground, span_in(stored)), mask_values(mask, colours)
        if image.size != labels.shape[::-1]:
            raise LabError(
                f"A picture and its mask must have one size, but {readable(picture)} has {image.width}x{image.height} and {readable(mask)} "
                f"{labels.shape[1]}x{labels.shape[0]} pixels."
            )
        seen |= set(np.unique(labels).tolist())
        images.append(squared(image, size))
        maps.append(as_classes(central(labels, size), values))
    check_known(seen, values, masks, colours)
    classes = tuple(stored["classes"])
    things = tuple(range(1, len(classes)))
    tensor = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return Scenes(tensor, torch.from_numpy(np.stack(maps)), classes, [boxes_of(one, things) for one in maps], things)


def check_known(seen: set[int], values: list[int], masks: Path, colours: bool) -> None:
    """Says which values of masks are no class of the run. Raises LabError where none but the background is left."""
    unknown = sorted(seen - set(values) - {IGNORED})
    if not unknown:
        return
    names = [[shown_value(value, colours) for value in group] for group in (unknown, values)]
    if not seen & set(values[1:]):
        raise LabError(
            f"The masks in {readable(masks)} hold {listed(names[0])}, and the classes of this run are {listed(names[1])}: give the masks the "
            "values that the run was trained on."
        )
    log.warning("The masks in %s hold %s, no class of this run: these pixels are not counted.", readable(masks), listed(names[0]))


def mask_record(data: str, ground: str, stored: Record | None) -> Record:
    """What a run remembers of pictures with masks: that of pairs, and which value of a mask is which class."""
    pictures, folder = paths(data)
    tests = tests_of(pictures, folder)
    record = domains_record(data, ground, stored, [pictures, *(tests or ())[:1]])
    if stored:
        return record | {key: stored[key] for key in ("mask_values", "mask_colours", "classes") if key in stored}
    files = [file for place in [folder, *(tests or ())[1:]] for file in image_files(place)]
    colours = why_colours(files)
    values: set[int] = set()
    for file in files:
        own = set(np.unique(mask_values(file, bool(colours))).tolist())
        values |= own
        soft = len(own) > 2 and file_format(file) == "JPEG"
        if soft or len(values - {IGNORED}) > MOST_CLASSES:
            raise LabError(
                f"The masks in {readable(folder)} have {f'{len(own)} values in a JPEG' if soft else f'more than {MOST_CLASSES} different values'}, "
                f"as {readable(file.name)} shows: a mask has one number or one colour for each class and no soft edges. Save masks as PNG, not as JPEG."
            )
    kept = sorted(values if len(values - {IGNORED}) < 2 else values - {IGNORED})
    if len(kept) < 2:
        raise LabError(f"The masks in {readable(folder)} have only one value: there must be a background and at least one class.")
    names = named(folder / NAMES_FILE, kept, bool(colours))
    said = [f"Classes of the masks: {listed(names)}.", *([colours] if colours else [])]
    if IGNORED in values and IGNORED not in kept:
        said.append(f"Pixels of the value {IGNORED} in masks are not labelled: they count for no class.")
    return record | {"mask_values": kept, "mask_colours": bool(colours), "classes": names, "assumed": [*record["assumed"], *said]}


def why_colours(files: list[Path]) -> str:
    """Why the colours of the masks are their classes, "" where their numbers are: a colour must mean the same in every file."""
    palettes: dict[int, tuple[int, ...]] = {}
    for file in files:
        with mask_file(file) as image:
            if image.mode == "P":
                colour_of = np.asarray((image.getpalette() or []) + [0] * 768).reshape(-1, 3)
                for index in np.unique(np.asarray(image)).tolist():
                    colour = tuple(colour_of[index].tolist())
                    if palettes.setdefault(index, colour) != colour:
                        return "The palettes of the masks differ: a class is a colour, not a number."
            elif image.mode not in (*DEEP, "L", "1", "LA") and not is_grey(rgb_of(image)):
                return "The masks are in colour: a class is a colour."
    return ""


def named(file: Path, values: list[int], colours: bool) -> list[str]:
    """The classes' names: the lines of a file where there is one, else their numbers or colours."""
    try:
        text = decode(file.read_bytes(), f"{NAMES_FILE} in the folder of masks", latin=True)[0]
    except FileNotFoundError:
        return [shown_value(value, colours) for value in values]
    except OSError as error:
        raise LabError(f"{NAMES_FILE} in the folder of masks cannot be read ({error.strerror}).") from None
    lines = [composed(line.strip()) for line in text.split("\n") if line.strip()]
    if len(lines) != len(values):
        raise LabError(f"{NAMES_FILE} in the folder of masks has {len(lines)} names, and the masks have {len(values)} different values.")
    if twice := sorted({name for name in lines if lines.count(name) > 1}):
        raise LabError(f"{NAMES_FILE} in the folder of masks names {listed(twice)} twice: every class needs a name of its own.")
    return lines


def shown_value(value: int, colours: bool) -> str:
    return f"#{value - COLOUR:06x}" if colours and value >= COLOUR else str(value)


@contextmanager
def mask_file(file: Path) -> Iterator[Image.Image]:
    """The mask, upright. Raises LabError that names the file."""
    try:
        with opened(file) as image:
            yield image if image.mode in DEEP else upright(image)
    except LabError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever a damaged file leads them to.
        raise unreadable(file, error) from None


def file_format(file: Path) -> str | None:
    with opened(file) as image:
        return image.format


def mask_values(file: Path, colours: bool) -> np.ndarray:
    """(H, W) int64 of a mask: its numbers, or, where `colours` are the classes, COLOUR + 0xRRGGBB. What is transparent is black."""
    with mask_file(file) as image:
        if image.mode in DEEP:
            values = np.nan_to_num(deep_values(image), nan=IGNORED)
            if (parts := values[values != np.round(values)]).size:
                raise LabError(f"{readable(file)} holds {parts[0]:g}: a mask has one whole number or one colour for each class.")
            return values.astype(np.int64)
        if image.mode in ("P", "L", "1") and not colours:
            return np.asarray(image).astype(np.int64)
        colour = rgb_of(image)
    if not colours and is_grey(colour):
        return colour[..., 0]
    return COLOUR + (colour[..., 0] << 16 | colour[..., 1] << 8 | colour[..., 2])


def rgb_of(image: Image.Image) -> np.ndarray:
    """(H, W, 3) int64"""
    rgba = np.asarray(image.convert("RGBA")).astype(np.int64)
    return rgba[..., :3] * (rgba[..., 3:] > 0)


def is_grey(colour: np.ndarray) -> bool:
    return bool((colour[..., 0] == colour[..., 1]).all() and (colour[..., 1] == colour[..., 2]).all())


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
