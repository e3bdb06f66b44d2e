"""Boxes and masks to the pixel: hand-worked pictures of a few pixels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.answers import Boxes, Masks, class_colour
from lab.answers.images import GROUND

RED, GREEN = class_colour(0), class_colour(1)


def boxes(**changes: object) -> Boxes:
    """Two black pictures of 6 x 6: the first with a box of class 1, the second with none."""
    values = {
        "pixels": np.zeros((2, 6, 6), np.uint8),
        "boxes": [np.array([[1, 1, 5, 4]], np.float32), np.zeros((0, 4), np.float32)],
        "classes": [np.array([1]), np.zeros(0, np.int64)],
        "scores": [np.array([0.5]), np.zeros(0)],
        "names": ["cat", "dog"],
        "legend": False,
    }
    return Boxes(**{**values, **changes})  # type: ignore[arg-type]


def test_a_box_is_a_line_on_its_first_and_last_row_and_column() -> None:
    first, second = boxes().drawn()
    expected = np.zeros((6, 6), bool)
    expected[1:4, 1:5] = True
    expected[2, 2:4] = False
    assert (first == np.where(expected[..., None], GREEN, 0)).all()
    assert not second.any()


def test_boxes_are_enlarged_with_their_picture_and_cut_at_its_edge() -> None:
    large = boxes(boxes=[np.array([[-3, 2, 9, 9]], np.float32), np.zeros((0, 4))], scale=2).drawn()[0]
    assert large.shape == (12, 12, 3)
    rows, columns = np.where((large == GREEN).all(-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 11, 0, 11)


def test_a_label_names_class_and_score_in_a_picture_that_has_room() -> None:
    answer = boxes(
        pixels=np.zeros((1, 100, 100), np.uint8), boxes=[np.array([[10, 40, 60, 60]])], classes=[np.array([1])], scores=[np.array([0.5])]
    )
    assert answer.labels(0) == ["dog 0.50"]
    assert (answer.drawn()[0, 30, 11] == GREEN).all()  # Above the box, on the colour of the class.
    assert boxes(names=[], scores=None).labels(0) == ["1"]


def test_the_numbers_of_boxes_say_in_which_picture_each_is(tmp_path: Path) -> None:
    both = boxes(
        boxes=[np.array([[1, 1, 5, 4]]), np.array([[0, 0, 1, 1], [2, 2, 3, 3]])], classes=[[1], [0, 1]], scores=[[0.5], [0.25, 1.0]]
    )
    stored = np.load(both.save(tmp_path / "boxes.npz"))
    assert stored["image"].tolist() == [0, 1, 1]
    assert stored["boxes"].tolist() == [[1, 1, 5, 4], [0, 0, 1, 1], [2, 2, 3, 3]]
    assert stored["classes"].tolist() == [1, 0, 1]
    assert stored["scores"].tolist() == [0.5, 0.25, 1.0]
    assert stored["names"].tolist() == ["cat", "dog"]


def test_no_boxes_at_all_is_a_picture_and_empty_arrays(tmp_path: Path) -> None:
    none = boxes(boxes=[np.zeros((0, 4))] * 2, classes=[[], []], scores=[[], []], legend=True)
    assert none.picture().shape == (8, 16, 3)
    assert np.load(none.save(tmp_path / "none.npz"))["boxes"].shape == (0, 4)


def masks(**changes: object) -> Masks:
    values = {
        "pixels": np.array([[[0, 100], [200, 255]]], np.uint8), "maps": np.array([[[0, 1], [2, 255]]]), "names": ["ground", "cat", "dog"],
        "legend": False,
    }  # fmt: skip
    return Masks(**{**values, **changes})  # type: ignore[arg-type]


def test_a_mask_mixes_the_picture_with_the_colour_of_its_class() -> None:
    """Class 1 is (60, 180, 75): a quarter of it on 100 is (90, 120, 94); background and unlabelled pixels stay."""
    drawn = masks(opacity=0.25, background=0).drawn()[0]
    assert drawn[0, 0].tolist() == [0, 0, 0]
    assert drawn[0, 1].tolist() == [90, 120, 94]
    assert drawn[1, 0].tolist() == [round(150 + channel / 4) for channel in class_colour(2)]
    assert drawn[1, 1].tolist() == [255, 255, 255]


def test_without_a_background_every_class_is_painted_and_scaled() -> None:
    drawn = masks(opacity=1.0, scale=3).drawn()[0]
    assert drawn.shape == (6, 6, 3)
    assert (drawn[:3, :3] == RED).all()
    assert (drawn[:3, 3:] == GREEN).all()


def test_the_legend_shows_the_classes_that_occur() -> None:
    answer = masks(background=0, legend=True)
    picture = answer.picture()
    assert answer.shown_classes() == [1, 2]
    below = picture[4:]
    assert (below[3:12, 2:11] == class_colour(1)).all()
    assert (below == class_colour(2)).all(-1).any()
    assert not (below == class_colour(0)).all(-1).any()
    assert (picture[-1, -1] == GROUND).all()


@pytest.mark.parametrize("ending", [".png", ".gif", ".mp4", ".npz", ".PNG"])
def test_both_are_saved_in_every_format(tmp_path: Path, ending: str) -> None:
    for name, answer in (("boxes", boxes(legend=True)), ("masks", masks(legend=True))):
        path = answer.save(tmp_path / f"{name}{ending}")
        assert path.stat().st_size
        if ending.lower() == ".png":
            assert (np.asarray(Image.open(path)) == answer.picture()).all()
        if ending == ".npz":
            assert "pixels" in np.load(path)
    if ending == ".gif":
        with Image.open(tmp_path / "boxes.gif") as film:
            assert film.n_frames == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([f"boxes{ending}", f"masks{ending}"])


def test_the_maps_are_among_the_numbers_of_masks(tmp_path: Path) -> None:
    stored = np.load(masks().save(tmp_path / "masks.npz"))
    assert stored["maps"].tolist() == [[[0, 1], [2, 255]]]
    assert stored["names"].tolist() == ["ground", "cat", "dog"]
