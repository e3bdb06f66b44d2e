"""Masks of one's own: which pixel is which class, whatever form the files have."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.data.image_reader import ORIENTATION
from lab.data.images import Request
from lab.data.mask_folders import mask_record, masked_pictures
from lab.errors import LabError

UPPER = np.zeros((4, 4), np.uint8)
UPPER[:2] = 1
"""The class above, the background below."""


def coloured(red: np.ndarray, white: np.ndarray | None = None) -> Image.Image:
    pixels = np.zeros((*red.shape, 3), np.uint8)
    pixels[red > 0] = (255, 0, 0)
    if white is not None:
        pixels[white > 0] = (255, 255, 255)
    return Image.fromarray(pixels)


def with_palette(numbers: np.ndarray, *colours: tuple[int, int, int]) -> Image.Image:
    image = Image.fromarray(numbers, "P")
    image.putpalette([part for colour in colours for part in colour])
    return image


def folders(home: Path, masks: Sequence[Image.Image], ending: str = "png") -> str:
    """The data set of these masks and of black pictures."""
    for name in ("pictures", "masks"):
        (home / name).mkdir()
    for i, mask in enumerate(masks):
        Image.new("RGB", mask.size).save(home / "pictures" / f"{i}.png")
        mask.save(home / "masks" / f"{i}.{ending}")
    return f"pairs:{home}/pictures,{home}/masks"


def maps_of(data: str) -> tuple[list[str], list[list[list[int]]]]:
    record = mask_record(data, "white", None)
    return record["classes"], masked_pictures(Request(data, "train", size=4, remembered=record)).maps.tolist()


ALPHA = np.dstack([np.full((4, 4, 3), 255, np.uint8), 255 * UPPER])


@pytest.mark.parametrize(
    ("names", "mask"),
    [
        (["0", "255"], Image.fromarray(255 * UPPER)),
        (["0", "1"], Image.fromarray(255 * UPPER).convert("1")),
        (["0", "255"], Image.fromarray(255 * UPPER).convert("RGB")),
        (["0", "255"], Image.fromarray(ALPHA)),
        (["#000000", "#ff0000"], coloured(UPPER)),
        (["0", "1"], with_palette(UPPER, (0, 0, 0), (128, 0, 0))),
        (["0", "1000"], Image.fromarray(1000 * UPPER.astype(np.uint16))),
    ],
    ids=["0 and 255", "1 bit", "grey as RGB", "white on transparent", "colours", "palette", "16 bits"],
)
def test_the_upper_half_is_the_class_in_every_form(tmp_path: Path, names: list[str], mask: Image.Image) -> None:
    assert maps_of(folders(tmp_path, [mask, mask])) == (names, [UPPER.tolist()])


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_whole_numbers_of_deep_masks_are_classes(tmp_path: Path, kind: type) -> None:
    mask = Image.fromarray((3 * UPPER).astype(kind))
    assert maps_of(folders(tmp_path, [mask, mask], "tif")) == (["0", "3"], [UPPER.tolist()])


def test_fractions_are_no_classes(tmp_path: Path) -> None:
    mask = Image.fromarray((0.5 * UPPER).astype(np.float32))
    with pytest.raises(LabError, match=r"0\.tif holds 0\.5: a mask has one whole number"):
        maps_of(folders(tmp_path, [mask, mask], "tif"))


def test_black_and_white_are_the_same_classes_in_masks_with_and_without_other_colours(tmp_path: Path) -> None:
    empty, white = coloured(0 * UPPER), coloured(0 * UPPER, 1 + 0 * UPPER)
    names, maps = maps_of(folders(tmp_path, [coloured(UPPER, 1 - UPPER), empty, white, empty]))
    assert names == ["#000000", "#ff0000", "#ffffff"]
    assert maps == [(2 - UPPER).tolist(), (0 * UPPER).tolist(), (0 * UPPER + 2).tolist()]


def test_palettes_in_another_order_are_the_same_colours(tmp_path: Path) -> None:
    black, red = (0, 0, 0), (255, 0, 0)
    data = folders(tmp_path, [with_palette(UPPER, black, red), with_palette(1 - UPPER, red, black), with_palette(UPPER, black, red)])
    assert maps_of(data) == (["#000000", "#ff0000"], [UPPER.tolist()] * 2)
    assert "The palettes of the masks differ: a class is a colour, not a number." in mask_record(data, "white", None)["assumed"]


def test_pixels_that_are_not_labelled_are_said(tmp_path: Path) -> None:
    mask = UPPER.copy()
    mask[3] = 255
    data = folders(tmp_path, [Image.fromarray(mask)] * 2)
    assert maps_of(data) == (["0", "1"], [mask.tolist()])
    assert mask_record(data, "white", None)["assumed"][-1] == "Pixels of the value 255 in masks are not labelled: they count for no class."


def test_a_mask_is_turned_as_its_picture_is(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[ORIENTATION] = 3
    data = folders(tmp_path, [Image.fromarray(UPPER)] * 2)
    Image.fromarray(UPPER).save(tmp_path / "masks" / "0.png", exif=turned)
    assert maps_of(data)[1] == [(1 - UPPER).tolist()]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_names_of_classes_are_read_in_the_encodings_of_editors(tmp_path: Path, encoding: str) -> None:
    data = folders(tmp_path, [Image.fromarray(UPPER)] * 2)
    (tmp_path / "masks" / "classes.txt").write_bytes("grün\r\nKuh\r\n".encode(encoding))
    assert mask_record(data, "white", None)["classes"] == ["grün", "Kuh"]


def test_two_classes_of_one_name_are_refused(tmp_path: Path) -> None:
    data = folders(tmp_path, [Image.fromarray(UPPER)] * 2)
    (tmp_path / "masks" / "classes.txt").write_text("cow\ncow\n")
    with pytest.raises(LabError, match="names cow twice"):
        mask_record(data, "white", None)


def test_a_jpeg_that_mixes_classes_is_refused(tmp_path: Path) -> None:
    mask = np.zeros((16, 16), np.uint8)
    mask[3:11, 5:9] = 255
    with pytest.raises(LabError, match=r"values in a JPEG, as 0\.jpg shows.*Save masks as PNG"):
        mask_record(folders(tmp_path, [Image.fromarray(mask)] * 2, "jpg"), "white", None)


def test_numbers_of_masks_do_not_darken_deep_pictures(tmp_path: Path) -> None:
    data = folders(tmp_path, [Image.fromarray(3 * UPPER.astype(np.int32))] * 2, "tif")
    for i in range(2):
        (tmp_path / "pictures" / f"{i}.png").unlink()
        Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(tmp_path / "pictures" / f"{i}.tif")
    scenes = masked_pictures(Request(data, "train", size=4))
    assert scenes.images.unique().tolist() == [128]


def test_masks_of_other_values_than_in_training_are_refused_or_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = folders(tmp_path, [Image.fromarray(255 * UPPER)] * 2)
    record = mask_record(data, "white", None)
    Image.fromarray(UPPER).save(tmp_path / "masks" / "0.png")
    with pytest.raises(LabError, match="hold 1, and the classes of this run are 0, 255"):
        masked_pictures(Request(data, "train", size=4, remembered=record))
    both = 255 * UPPER
    both[3] = 7
    Image.fromarray(both).save(tmp_path / "masks" / "0.png")
    with caplog.at_level(logging.WARNING, "lab.data"):
        scenes = masked_pictures(Request(data, "train", size=4, remembered=record))
    assert "hold 7, no class of this run" in caplog.text
    assert scenes.maps[0, :, 0].tolist() == [1, 1, 0, 255]


def test_a_run_that_remembers_no_colours_reads_masks_as_it_did(tmp_path: Path) -> None:
    data = folders(tmp_path, [coloured(UPPER)] * 2)
    before = {"mask_values": [256, 256 + 0xFF0000], "classes": ["ground", "cow"]}
    assert masked_pictures(Request(data, "train", size=4, remembered=before)).maps.tolist() == [UPPER.tolist()]
