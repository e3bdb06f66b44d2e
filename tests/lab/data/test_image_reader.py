"""What the pixels of a person's image files ARE: depths, transparency, orientation, colour models, damage."""

import errno
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from lab.data.image_files import ENDINGS
from lab.data.image_reader import FORMATS, Span, read_image, read_square, span_of_values, survey, value_range
from lab.errors import LabError

RAMP = np.linspace(0, 65535, 16).astype(np.uint16)[None].repeat(2, 0)  # 0, 4369, ... 65535: 17 times as much each step in 8 bits.
STEPS = [17 * i for i in range(16)]


def row(file: Path, **options: object) -> list[int]:
    """The first row of a file, grey."""
    return np.asarray(read_image(file, channels=1, **options))[0].tolist()  # type: ignore[arg-type]


# -- depth ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "tif", "tiff"])
def test_16_bits_become_8_by_their_depth(tmp_path: Path, ending: str) -> None:
    Image.fromarray(RAMP).save(tmp_path / f"a.{ending}")
    assert row(tmp_path / f"a.{ending}") == STEPS


def test_12_bits_in_16_are_as_bright_as_12_bits(tmp_path: Path) -> None:
    Image.fromarray(RAMP >> 4).save(tmp_path / "a.png")
    Image.fromarray(RAMP >> 4).save(tmp_path / "a.tif")
    assert row(tmp_path / "a.png") == row(tmp_path / "a.tif") == STEPS


@pytest.mark.parametrize(("largest", "shift"), [(65535, 0), (4095, 4)])
def test_pgm_is_scaled_by_the_largest_value_that_it_names(tmp_path: Path, largest: int, shift: int) -> None:
    (tmp_path / "a.pgm").write_bytes(f"P5 16 2 {largest}\n".encode() + (RAMP >> shift).astype(">u2").tobytes())
    assert row(tmp_path / "a.pgm") == STEPS


def test_whole_numbers_of_32_bits(tmp_path: Path) -> None:
    Image.fromarray(RAMP.astype(np.int32)).save(tmp_path / "small.tif")
    Image.fromarray(RAMP.astype(np.int32) * 32767).save(tmp_path / "large.tif")
    assert row(tmp_path / "small.tif") == row(tmp_path / "large.tif") == STEPS


def test_floats_from_0_to_1(tmp_path: Path) -> None:
    values = (RAMP / 65535).astype(np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    (tmp_path / "a.pfm").write_bytes(b"Pf\n16 2\n-1.0\n" + values.tobytes())
    assert row(tmp_path / "a.tif") == row(tmp_path / "a.pfm") == STEPS


def test_numbers_that_are_not_finite_do_not_darken_the_others(tmp_path: Path) -> None:
    values = np.array([[0, 0.5, 1, np.nan, np.inf]], np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    assert row(tmp_path / "a.tif") == [0, 128, 255, 0, 255]


def test_negative_values_go_from_the_smallest_to_the_largest(tmp_path: Path) -> None:
    Image.fromarray(np.array([[-1000, 0, 1000]], np.int32)).save(tmp_path / "a.tif")
    assert row(tmp_path / "a.tif") == [0, 128, 255]


def test_a_whole_data_set_has_one_span(tmp_path: Path) -> None:
    Image.fromarray(RAMP // 100).save(tmp_path / "dark.png")  # By itself it would be 10 bits.
    Image.fromarray(RAMP).save(tmp_path / "bright.png")
    surveyed = survey([tmp_path / "dark.png", tmp_path / "bright.png"], "white")
    assert surveyed.span == Span(0, 65535)
    assert row(tmp_path / "dark.png", span=surveyed.span)[-1] == round(655 / 65535 * 255)
    assert surveyed.notes == ["2 images with more than 8 bits: values from 0 to 65535 become 0 to 255."]


def test_the_16_bits_of_a_turned_image_are_turned(tmp_path: Path) -> None:
    image = Image.fromarray(RAMP)
    exif = image.getexif()
    exif[0x0112] = 3
    image.save(tmp_path / "a.png", exif=exif)
    assert row(tmp_path / "a.png") == STEPS[::-1]


def test_the_span_of_values_by_hand() -> None:
    def span(*arrays: list[float], dtype: type = np.uint16) -> Span:
        return span_of_values([value_range(Image.fromarray(np.array([values], dtype))) for values in arrays])

    assert span([0, 255]) == Span(0, 255)
    assert span([0, 256]) == Span(0, 1023)
    assert span([0, 0]) == Span(0, 255)
    assert span([0, 4095], [0, 4096]) == Span(0, 16383)
    assert span([0, 0.25], dtype=np.float32) == Span(0, 1)
    assert span([0, 200.0], dtype=np.float32) == Span(0, 255)
    assert span([-1.0, 1.0], dtype=np.float32) == Span(-1, 1)


# -- transparency --------------------------------------------------------------------------------------------------


def black_dot_on_nothing() -> Image.Image:
    """3x1: transparent, opaque black, half transparent black."""
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, 1, 3], pixels[0, 2, 3] = 255, 128
    return Image.fromarray(pixels)


@pytest.mark.parametrize(("ground", "expected"), [("white", [255, 0, 127]), ("black", [0, 0, 0]), ("grey", [128, 0, 64])])
def test_transparent_parts_show_the_ground(tmp_path: Path, ground: str, expected: list[int]) -> None:
    black_dot_on_nothing().save(tmp_path / "a.png")
    black_dot_on_nothing().save(tmp_path / "a.webp", lossless=True)
    black_dot_on_nothing().convert("LA").save(tmp_path / "la.png")
    for name in ("a.png", "a.webp", "la.png"):
        assert row(tmp_path / name, ground=ground) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("name", ["a.gif", "palette.png"])
def test_a_transparent_colour_of_a_palette_shows_the_ground(tmp_path: Path, name: str) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.putdata([0, 1])
    image.save(tmp_path / name, transparency=0)
    assert row(tmp_path / name) == [255, 0]
    assert np.asarray(read_image(tmp_path / name))[0].tolist() == [[255, 255, 255], [0, 0, 0]]


def test_a_grey_or_colour_that_stands_for_transparent_shows_the_ground(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 90]], np.uint8)).save(tmp_path / "grey.png", transparency=0)
    Image.fromarray(np.array([[[0, 0, 0], [90, 90, 90]]], np.uint8)).save(tmp_path / "rgb.png", transparency=(0, 0, 0))
    assert row(tmp_path / "grey.png") == row(tmp_path / "rgb.png") == [255, 90]


# -- orientation ---------------------------------------------------------------------------------------------------

CORNERS = np.array([[10, 60], [110, 160], [210, 250]], np.uint8)  # What one shall see: 2 wide, 3 high.
STORED = {
    1: CORNERS, 2: CORNERS[:, ::-1], 3: CORNERS[::-1, ::-1], 4: CORNERS[::-1], 5: CORNERS.T, 6: np.rot90(CORNERS),
    7: CORNERS[::-1, ::-1].T, 8: np.rot90(CORNERS, -1),
}  # fmt: skip
"""How a camera held that way stores it (EXIF 2.32, tag 0x0112)."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
def test_images_are_turned_upright(tmp_path: Path, orientation: int, ending: str) -> None:
    image = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / f"a.{ending}", exif=exif, **({"lossless": True} if ending == "webp" else {}))
    assert np.asarray(read_image(tmp_path / f"a.{ending}", channels=1)).tolist() == CORNERS.tolist()


def test_a_damaged_exif_block_is_passed_over(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 77).save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert set(row(tmp_path / "a.jpg")) == {77}


# -- other kinds ---------------------------------------------------------------------------------------------------


def test_one_bit_palettes_cmyk_and_mixed_colour(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "bit.png")
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "bit.tif")
    (tmp_path / "bit.pbm").write_bytes(b"P1 2 1\n1 0\n")  # In a PBM 1 is black.
    assert row(tmp_path / "bit.png") == row(tmp_path / "bit.tif") == row(tmp_path / "bit.pbm") == [0, 255]
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "red.jpg", quality=100)
    assert np.asarray(read_image(tmp_path / "red.jpg"))[0, 0].tolist() == pytest.approx([255, 0, 0], abs=3)
    Image.new("L", (4, 4), 50).save(tmp_path / "grey.png")
    assert read_square(tmp_path / "grey.png", 2).tolist() == [[[50] * 3] * 2] * 2
    Image.new("RGB", (4, 4), (255, 0, 0)).save(tmp_path / "red.png")
    assert read_square(tmp_path / "red.png", 2, channels=1).tolist() == [[[76]] * 2] * 2


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_of_several_pictures_the_first_is_used(tmp_path: Path, name: str) -> None:
    frames = [Image.new("L", (4, 4), value).convert("RGB") for value in (40, 200)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **({"lossless": True} if name == "a.webp" else {}))
    assert row(tmp_path / name)[0] == 40
    assert survey([tmp_path / name], "white").notes == ["1 image with several frames: the first is used."]


@pytest.mark.parametrize("size", [(1, 1), (4000, 2), (2, 4000)])
def test_a_tiny_and_a_very_wide_image_become_squares(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("L", size, 90).save(tmp_path / "a.png")
    assert set(read_square(tmp_path / "a.png", 8, channels=1).ravel().tolist()) == {90}


# -- damage --------------------------------------------------------------------------------------------------------


def damaged(path: Path) -> dict[str, tuple[Path, str]]:
    """Files that cannot be read, and what is said of each."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8))
    files = {}
    for ending in ("png", "jpg", "gif", "bmp", "webp", "tif"):
        file = path / f"cut.{ending}"
        noise.save(file)
        file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
        files[file.name] = (file, "cannot be read")
    for name, content, said in (
        ("empty.png", b"", "is empty"),
        ("words.png", b"these are words", "is not an image"),
        ("page.jpg", b"<html>", "is not an image"),
    ):
        (path / name).write_bytes(content)
        files[name] = (path / name, said)
    (path / "link.png").symlink_to(path / "nowhere.png")
    files["link.png"] = (path / "link.png", "No such file")
    (path / "folder.png").mkdir()
    files["folder.png"] = (path / "folder.png", "Is a directory")
    return files


@pytest.mark.parametrize(
    "name",
    ["cut.png", "cut.jpg", "cut.gif", "cut.bmp", "cut.webp", "cut.tif", "empty.png", "words.png", "page.jpg", "link.png", "folder.png"],
)
def test_a_file_that_cannot_be_read_names_itself(tmp_path: Path, name: str) -> None:
    file, said = damaged(tmp_path)[name]
    with pytest.raises(LabError, match=rf"{name} .*{said}|{name} {said}"):
        read_image(file)


def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    header = b"P6 20000 20000 255\n"
    (tmp_path / "bomb.ppm").write_bytes(header)
    with pytest.raises(LabError, match=r"bomb\.ppm"):
        read_image(tmp_path / "bomb.ppm")


def test_a_name_with_a_line_break_or_latin_1_stays_in_one_line(tmp_path: Path) -> None:
    for name, shown in ((b"two\nlines.png", "two?lines.png"), (b"caf\xe9.png", "café.png")):
        file = tmp_path / name.decode("utf-8", "surrogateescape")
        file.write_bytes(b"")
        with pytest.raises(LabError) as error:
            read_image(file)
        assert str(error.value) == f"{tmp_path}/{shown} is empty."


def test_the_endings_are_those_of_the_formats() -> None:
    Image.init()
    known = {ending for ending, kind in Image.registered_extensions().items() if kind in (*FORMATS, "MPO")}
    assert set(ENDINGS) == known


# -- colour ----------------------------------------------------------------------------------------------------------------


def turned_profile(name: str = "Turned") -> bytes:
    """A real matrix profile: sRGB's, whose red, green and blue lie where sRGB has green, blue and red. A red pixel is sRGB's green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = int.from_bytes(profile[128:132], "big")
    places = {profile[132 + 12 * i : 136 + 12 * i]: 132 + 12 * i for i in range(count)}
    table = bytearray(profile)
    for channel, of in ((b"rXYZ", b"gXYZ"), (b"gXYZ", b"bXYZ"), (b"bXYZ", b"rXYZ")):
        table[places[channel] + 4 : places[channel] + 12] = profile[places[of] + 4 : places[of] + 12]
    return bytes(table).replace("sRGB".encode("utf-16-be"), name[:4].encode("utf-16-be"))


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_colours_with_a_profile_become_srgb(tmp_path: Path, name: str) -> None:
    image = Image.new("RGB", (4, 1))
    for x, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)]):
        image.putpixel((x, 0), colour)
    image.save(tmp_path / name, icc_profile=turned_profile(), **({"lossless": True} if name.endswith("webp") else {}))
    pixels = np.asarray(read_image(tmp_path / name))[0].astype(int)
    expected = np.array([[0, 255, 0], [0, 0, 255], [255, 0, 0], [128, 128, 128]])
    assert np.abs(pixels - expected).max() <= 1
    (note,) = survey([tmp_path / name], "white").notes
    assert note.startswith("1 image converted to sRGB from the colour profile Turn")


def test_transparency_stays_where_a_profile_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    image.putpixel((1, 0), (255, 0, 0, 0))
    image.save(tmp_path / "a.png", icc_profile=turned_profile())
    pixels = np.asarray(read_image(tmp_path / "a.png", ground="black"))[0].astype(int)
    assert np.abs(pixels - [[0, 255, 0], [0, 0, 0]]).max() <= 1


def test_srgb_and_what_is_no_profile_change_nothing(tmp_path: Path) -> None:
    for name, profile in (("a.png", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()), ("b.png", b"no profile")):
        Image.new("RGB", (1, 1), (10, 200, 77)).save(tmp_path / name, icc_profile=profile)
        assert np.asarray(read_image(tmp_path / name))[0, 0].tolist() == [10, 200, 77]
        assert survey([tmp_path / name], "white").notes == []


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("shift", [4, 0])
def test_colours_of_12_bits_in_16_are_as_bright_as_12_bits(tmp_path: Path, name: str, shift: int) -> None:
    colours = np.stack([RAMP >> shift, (RAMP >> shift)[:, ::-1], np.zeros_like(RAMP)], axis=2)
    cv2.imwrite(str(tmp_path / name), colours[..., ::-1])
    pixels = np.asarray(read_image(tmp_path / name))[0].astype(int)
    assert pixels.tolist() == np.stack([STEPS, STEPS[::-1], [0] * 16], axis=1).tolist()
    assert survey([tmp_path / name], "white").span == Span(0, 4095 if shift else 65535)


def test_white_is_zero_in_16_bits(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "a.tif")
    written = (tmp_path / "a.tif").read_bytes()
    entry = struct.pack("<HHIHH", 262, 3, 1, 1, 0)  # PhotometricInterpretation: black is zero.
    assert written.count(entry) == 1
    (tmp_path / "a.tif").write_bytes(written.replace(entry, struct.pack("<HHIHH", 262, 3, 1, 0, 0)))
    assert row(tmp_path / "a.tif") == STEPS[::-1]


def test_a_16_bit_grey_that_stands_for_transparent_shows_the_ground(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "a.png", transparency=4369)
    assert row(tmp_path / "a.png", ground="white") == [0, 255, *STEPS[2:]]
    assert row(tmp_path / "a.png", ground="black") == [0, 0, *STEPS[2:]]


def test_a_file_that_may_not_be_opened_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png")

    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # Tests may run as root, whom no permission stops.
    with pytest.raises(LabError, match=r"a\.png cannot be opened \(Permission denied\)"):
        read_image(tmp_path / "a.png")
    assert "Permission denied" in survey([tmp_path / "a.png"], "white").notes[0]


@pytest.mark.parametrize(("kind", "absent"), [(np.float32, -9999.0), (np.float32, -3.4028234663852886e38), (np.uint16, 65535.0)])
def test_pixels_without_data_do_not_brighten_the_others(tmp_path: Path, kind: type, absent: float) -> None:
    values = np.array([[0, 100], [255, 0]], kind)
    values[1, 1] = absent
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags.tagtype[42113], tags[42113] = 2, repr(absent)
    Image.fromarray(values).save(tmp_path / "map.tif", tiffinfo=tags)
    assert np.asarray(read_image(tmp_path / "map.tif", channels=1)).tolist() == [[0, 100], [255, 0]]
    assert survey([tmp_path / "map.tif"], "white").notes == [
        "1 image with a value for pixels without data: these are black.",
        "1 image with more than 8 bits: values from 0 to 255 become 0 to 255.",
    ]


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"\0\0\0\x18ftypheic", "HEIC"), (b"<!DOCTYPE html><title>404", "HTML"), (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS")],
)
def test_what_is_called_a_picture_and_is_none_is_named(tmp_path: Path, start: bytes, kind: str) -> None:
    (tmp_path / "a.jpg").write_bytes(start + bytes(100))
    with pytest.raises(LabError, match=rf"a\.jpg is not an image that can be read \(.*{kind}"):
        read_image(tmp_path / "a.jpg")


def test_a_tiff_of_floats_in_colour_is_refused_with_what_to_do(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.tif"), np.zeros((4, 4, 3), np.float32))
    with pytest.raises(LabError, match=r"floats in colour.*save it as 8 or 16 bits"):
        read_image(tmp_path / "a.tif")
