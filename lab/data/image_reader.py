"""One reader for every image file that a person gives: a data set's, a dropped or loaded one. Its result is upright, 8 bits, on one ground.

Read first: `read_image`. Integers of more than 8 bits and floats are scaled by the `Span` of values that their data set, or the file
by itself, uses: 12 bits stored in 16 come out as bright as 12 bits are. Colours with a profile become sRGB. Imports no torch.
"""

import io
import math
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from lab.data.catalogue import readable
from lab.errors import LabError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "PPM", "AVIF")
"""What Pillow may open: nothing that starts another program, such as EPS."""
GROUNDS = {"white": (255, 255, 255), "grey": (128, 128, 128), "black": (0, 0, 0)}
"""What lies behind transparent parts, by name."""
ORIENTATION = 0x0112
"""The EXIF tag."""
NO_DATA = 42113
"""The TIFF tag of GDAL for the value of pixels without data, such as -9999."""
DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Pillow's modes of one channel with more than 8 bits."""
INTEGER_BITS = (8, 10, 12, 14, 16, 24, 31, 32)

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # The limit that `opened` keeps is the stricter one.


@dataclass(frozen=True)
class Span:
    """The values that become black and white."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


FULL = Span(0, 65535)
"""All of 16 bits."""


def read_image(file: Path, *, channels: int = 3, ground: str = "white", span: Span | None = None) -> Image.Image:
    """The picture in a file, upright, of mode "RGB" or (channels 1) "L"; the first one where there are several.

    Transparent parts show the `ground`. `span` is that of the data set; without it a deep image gets that of its own values.
    Raises LabError that names the file where it cannot be read or is larger than Pillow's limit against decompression bombs.
    """
    try:
        with opened(file) as image:
            if image.mode in DEEP:
                made = deep_image(image, span or span_of_values([value_range(image)]), ground)
            elif has_deep_colours(image):
                made = on_ground(in_srgb(deep_colours(image, file, span), image.info.get("icc_profile")), ground)
            else:
                made = on_ground(in_srgb(upright(image), image.info.get("icc_profile")), ground)
            return made.convert("L" if channels == 1 else "RGB")
    except LabError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever a damaged file leads them to.
        raise unreadable(file, error) from None


def read_square(file: Path, size: int, *, channels: int = 3, ground: str = "white", span: Span | None = None) -> np.ndarray:
    """(size, size, channels) uint8: the central square of `read_image`."""
    return squared(read_image(file, channels=channels, ground=ground, span=span), size)


def squared(image: Image.Image, size: int) -> np.ndarray:
    """(size, size, C) uint8: the central square, area averages where it shrinks, bilinear where it grows."""
    how = Image.Resampling.BOX if min(image.size) >= size else Image.Resampling.BILINEAR
    return np.asarray(ImageOps.fit(image, (size, size), how)).reshape(size, size, -1)


# -- one file ------------------------------------------------------------------------------------------------------


@contextmanager
def opened(file: Path) -> Iterator[Image.Image]:
    """The file's image, not decoded yet. Raises LabError for a huge one, and what Pillow raises."""
    if file.stat().st_size == 0:
        raise LabError(f"{readable(file)} is empty.")
    # By an open file: Pillow 13 maps a plain TIFF that it opens by name into memory, in which it mixes up the sides of a turned one.
    with file.open("rb") as stream, Image.open(stream, formats=FORMATS) as image:
        limit = Image.MAX_IMAGE_PIXELS
        if limit is not None and image.width * image.height > limit:
            raise LabError(f"{readable(file)} has {image.width:,}x{image.height:,} pixels, more than the limit of {limit:,}.")
        yield image


def unreadable(file: Path, error: Exception) -> LabError:
    """The sentence for a file that cannot be read."""
    if isinstance(error, OSError) and error.strerror:
        return LabError(f"{readable(file)} cannot be opened ({error.strerror}).")
    if isinstance(error, Image.UnidentifiedImageError):
        return LabError(f"{readable(file)} is not an image that can be read{what_it_is(file)}: expected {', '.join(FORMATS)}.")
    return LabError(f"{readable(file)} cannot be read ({str(error) or type(error).__name__}).")


def what_it_is(file: Path) -> str:
    """What a file is that is no image of the known formats, by its beginning."""
    with file.open("rb") as stream:
        start = stream.read(64)
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return " (a TIFF of floats in colour, of 64 bits or of many bands; save it as 8 or 16 bits)"
    if start[:2] == b"PF":
        return " (a PFM in colour; save it as 8 or 16 bits)"
    kinds = {b"ftyphei": "HEIC", b"ftypmif1": "HEIC", b"ftyphev": "HEIC", b"%PDF": "PDF", b"PK\3\4": "ZIP", b"<!doctype": "HTML", b"<html": "HTML",
             b"<?xml": "SVG or XML", b"<svg": "SVG", b"8BPS": "PSD", b"JXL ": "JPEG XL", b"ftypjp2": "JPEG 2000",
             b"version https://git-lfs": "a pointer of Git LFS, whose file was not fetched"}  # fmt: skip
    kind = next((name for mark, name in kinds.items() if mark in start[:32].lower() or mark in start[:32]), "")
    return f" ({kind})" if kind else ""


def upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF orientation says; as it is where the EXIF data are damaged."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def on_ground(image: Image.Image, ground: str) -> Image.Image:
    """The image without transparency: alpha channels, palettes and colours marked as transparent show the ground."""
    if not image.has_transparency_data:
        return image
    front = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", front.size, (*GROUNDS[ground], 255)), front)


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image in sRGB, where its file carries the colour profile of another space; as it is where the profile cannot be used."""
    if not profile or profile_name(profile) is None:
        return image
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    colours = image if image.mode in ("L", "RGB", "CMYK") else image.convert("L" if image.mode in ("1", "LA") else "RGB")
    try:
        made = ImageCms.applyTransform(colours, to_srgb(profile, colours.mode))
    except ImageCms.PyCMSError:  # Such as a profile of greys in a file of colours.
        return image
    assert made is not None
    if alpha is not None:
        made.putalpha(alpha)
    return made


@lru_cache(maxsize=16)
def to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")


@lru_cache(maxsize=16)
def profile_name(profile: bytes) -> str | None:
    """What a colour profile calls its space; None for sRGB itself and for what is no profile."""
    try:
        name = " ".join(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).split())
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return None if "srgb" in name.lower() else name or "without a name"


def has_deep_colours(image: Image.Image) -> bool:
    """Whether the file has colours of 16 bits, of which Pillow keeps the upper 8."""
    return image.mode in ("RGB", "RGBA", "LA") and any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))


def deep_colours(image: Image.Image, file: Path, span: Span | None) -> Image.Image:
    """An image of 16-bit colours by the span of its values, upright; 16 bits that are all in use are what Pillow makes of them."""
    values = raw_colours(file) if span is None or span.high < FULL.high else None
    if values is None:
        return upright(image)
    span = span or span_of_values([range_of(values[..., :3], 0)])
    if span.high >= FULL.high:
        return upright(image)
    pixels = (255 * (values.astype(np.float64) / span.high).clip(0, 1)).round().astype(np.uint8)
    if values.shape[2] == 4 and values[..., 3].max() > span.high:
        pixels[..., 3] = values[..., 3] >> 8  # Alpha has the whole range.
    made = Image.fromarray(pixels)
    made.getexif().update({ORIENTATION: image.getexif().get(ORIENTATION, 1)})
    return upright(made)


def raw_colours(file: Path) -> np.ndarray | None:
    """(H, W, 3 or 4) uint16, not turned; None where OpenCV reads something else from the file."""
    import cv2

    values = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3 or values.shape[2] not in (3, 4):
        return None
    return values[..., [2, 1, 0, 3][: values.shape[2]]]


def deep_image(image: Image.Image, span: Span, ground: str) -> Image.Image:
    """An image of one deep channel as mode "L"."""
    transparent = image.info.get("transparency")
    values = deep_values(image)
    grey = np.nan_to_num((values - span.low) / max(span.high - span.low, 1e-12), nan=0.0, posinf=1.0, neginf=0.0)
    pixels = (255 * grey.clip(0, 1)).round().astype(np.uint8)
    if isinstance(transparent, int):
        pixels[values == transparent] = GROUNDS[ground][0]
    return Image.fromarray(pixels)


def deep_values(image: Image.Image) -> np.ndarray:
    """(H, W) float64, upright; NaN where the file says that there are no data."""
    values = np.asarray(upright(image)).astype(np.float64)
    tags = getattr(image, "tag_v2", {})
    absent = no_data(image)
    if image.mode == "I" and tags.get(339, (1,))[0] == 1:  # Pillow holds unsigned numbers of 32 bits as signed ones.
        values = np.where(values < 0, values + 2.0**32, values)
    if tags.get(262) == 0:  # TIFF's WhiteIsZero, which Pillow heeds for 8 bits only.
        values = 2.0 ** int(tags.get(258, (16,))[0]) - 1 - values
    if absent is not None:
        values[(values == absent) | (values.astype(np.float32) == np.float32(absent))] = np.nan
    return values


def no_data(image: Image.Image) -> float | None:
    """The value that stands for no data in a map from GDAL, None where the file names none."""
    try:
        return float(str(getattr(image, "tag_v2", {})[NO_DATA]).strip(" \0"))
    except (KeyError, ValueError):
        return None


# -- the span of values --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ValueRange:
    """The smallest and largest value of a deep image, and the bits that its file says each has (0 where it says none)."""

    low: float
    high: float
    bits: int
    whole: bool


@dataclass(frozen=True)
class Survey:
    """What the headers of a data set's files say: the span of its deep images, and sentences about what is assumed."""

    span: Span | None
    notes: list[str]


def survey(files: Iterable[Path], ground: str) -> Survey:
    """Look at every file once; deep images are decoded for their values."""
    ranges, counts, broken, profiles = [], Counter[str](), [], set[str]()
    for file in files:
        try:
            with opened(file) as image:
                deep_in_colour = has_deep_colours(image)  # Looking for EXIF data decodes a PNG.
                counts["turned"] += image.getexif().get(ORIENTATION, 1) not in (0, 1)
                counts["transparent"] += image.has_transparency_data
                profile = image.info.get("icc_profile")
                name = profile_name(profile) if profile and image.mode not in DEEP else None
                counts["profile"] += name is not None
                profiles.add(name or "")
                counts["CMYK"] += image.mode == "CMYK" and name is None
                counts["several"] += getattr(image, "n_frames", 1) > 1
                if image.mode in DEEP:
                    counts["no data"] += no_data(image) is not None
                    ranges.append(value_range(image))
                elif deep_in_colour and (values := raw_colours(file)) is not None:
                    ranges.append(range_of(values[..., :3], 0))
        except Exception as error:
            broken.append(error if isinstance(error, LabError) else unreadable(file, error))
    span = span_of_values(ranges) if ranges else None
    sentences = {
        "turned": "# turned upright by EXIF orientation.",
        "transparent": f"# with transparency put on a {ground} ground.",
        "profile": f"# converted to sRGB from the colour profile {' and '.join(sorted(profiles - {''})[:3])}.",
        "CMYK": "# converted from CMYK without a colour profile.",
        "no data": "# with a value for pixels without data: these are black.",
        "several": "# with several frames: the first is used.",
    }
    notes = [text.replace("#", f"{counts[name]:,} image{'s' * (counts[name] != 1)}", 1) for name, text in sentences.items() if counts[name]]
    if span is not None:
        notes.append(f"{len(ranges):,} image{'s' * (len(ranges) != 1)} with more than 8 bits: values from {span} become 0 to 255.")
    if broken:
        notes.append(f"{len(broken):,} file{'s' * (len(broken) != 1)} left out: {' '.join(map(str, broken[:3]))}")
    return Survey(span, notes)


def value_range(image: Image.Image) -> ValueRange:
    tags = getattr(image, "tag_v2", {})
    declared = int(tags.get(258, (0,))[0]) if tags else 0
    whole = image.mode != "F"
    if image.format == "PPM" and whole:
        return ValueRange(0, 65535, 16, True)  # Pillow has scaled it by the largest value that the file names.
    values = deep_values(image)
    return range_of(values[np.isfinite(values)], declared if declared not in (16, 32) else 0, whole)


def range_of(values: np.ndarray, bits: int, whole: bool = True) -> ValueRange:
    if not values.size:
        return ValueRange(0, 0, 0, whole)
    return ValueRange(float(values.min()), float(values.max()), bits, whole)


def span_of_values(ranges: list[ValueRange]) -> Span:
    """Whole numbers: 0 to the largest that the fewest usual bits hold which hold all values. Floats: 0 to 1, 255 or 65535 where all
    values lie there. Their own smallest and largest value where some are negative, or the floats larger."""
    low, high = min(r.low for r in ranges), max(r.high for r in ranges)
    if low < 0:
        return Span(low, high)
    if all(r.whole for r in ranges):
        needed = max(max((r.bits for r in ranges), default=0), math.ceil(math.log2(high + 1)) if high else 8)
        return Span(0, 2.0 ** next(bits for bits in INTEGER_BITS if bits >= needed) - 1)
    return next((Span(0, top) for top in (1.0, 255.0, 65535.0) if high <= top), Span(low, high))
