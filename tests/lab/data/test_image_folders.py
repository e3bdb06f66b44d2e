"""Folders as they come from other machines and programs: links, splits beside other folders, names that look alike."""

from pathlib import Path

import pytest
from PIL import Image

from lab.data.image_files import class_folder
from lab.data.image_records import class_order, domains_record
from lab.data.matched_pairs import matched
from lab.errors import LabError

ACCENT, TWO_SIGNS = "caf\u00e9", "cafe\u0301"
"""One name, as Linux and as a Mac store it."""


def pictures(root: Path, *names: str) -> Path:
    for i, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), i).save(root / name)
    return root


def names_by_split(root: Path) -> dict[str, dict[str, int]]:
    return {part: {name: len(files) for name, files in group.items()} for part, group in class_folder(root).files.items()}


def test_links_that_lead_to_themselves_are_left_out_and_named(tmp_path: Path) -> None:
    pictures(tmp_path, "x/1.png", "y/1.png")
    (tmp_path / "x" / "2.png").symlink_to("2.png")
    (tmp_path / "x" / "there").symlink_to("back")
    (tmp_path / "x" / "back").symlink_to("there")
    assert names_by_split(tmp_path) == {"train": {"x": 1, "y": 1}}
    assert class_folder(tmp_path).notes == [f"3 links to nothing in {tmp_path} ignored: 2.png, back, there."]


def test_links_whose_files_were_not_fetched_are_told(tmp_path: Path) -> None:
    pictures(tmp_path, "x/1.png", "y/1.png")
    (tmp_path / "y" / "2.png").symlink_to(tmp_path / "store" / "2.png")
    assert class_folder(tmp_path).notes == [f"1 link to nothing in {tmp_path} ignored: 2.png."]
    assert (
        f"1 link to nothing in {tmp_path / 'y'} ignored: 2.png."
        in domains_record(f"folders:{tmp_path}/x,{tmp_path}/y", "white", None)["assumed"]
    )
    for file in tmp_path.glob("*/1.png"):
        file.unlink()
    with pytest.raises(LabError, match=r"holds no images.*It has 1 link to nothing \(2\.png\): fetch what they stand for"):
        class_folder(tmp_path)


@pytest.mark.parametrize("beside", ["notes/about.txt", "predictions/1.png"])
def test_splits_stay_splits_beside_another_folder(tmp_path: Path, beside: str) -> None:
    pictures(tmp_path, "train/x/1.png", "train/x/2.png", "train/y/1.png", "test/x/1.png", "test/y/1.png")
    (tmp_path / beside).parent.mkdir()
    (tmp_path / beside).write_bytes((tmp_path / "test" / "x" / "1.png").read_bytes())
    assert names_by_split(tmp_path) == {"train": {"x": 2, "y": 1}, "test": {"x": 1, "y": 1}}
    assert class_folder(tmp_path).notes[-1] == f"Ignored beside the splits of {tmp_path}: the folder {beside.partition('/')[0]}."


def test_trains_beside_buses_are_a_class(tmp_path: Path) -> None:
    pictures(tmp_path, "train/1.png", "bus/1.png", "test/1.png")
    assert names_by_split(tmp_path) == {"train": {"bus": 1, "test": 1, "train": 1}}


def test_splits_in_a_folder_around_them_are_splits(tmp_path: Path) -> None:
    pictures(tmp_path / "set", "train/x/1.png", "train/y/1.png", "val/x/1.png", "val/y/1.png")
    (tmp_path / "set" / "licence.txt").write_text("free")
    assert names_by_split(tmp_path) == {"train": {"x": 1, "y": 1}, "validation": {"x": 1, "y": 1}}
    assert class_folder(tmp_path).notes[0] == f"{tmp_path} holds one folder only: {tmp_path / 'set'} is used."


def test_two_folders_for_one_split_are_refused(tmp_path: Path) -> None:
    pictures(tmp_path, "train/x/1.png", "val/x/1.png", "valid/x/1.png")
    with pytest.raises(LabError, match="holds val, valid, which are the same split"):
        class_folder(tmp_path)


def test_splits_of_other_classes_say_which_are_where(tmp_path: Path) -> None:
    pictures(tmp_path, "train/x/1.png", "train/y/1.png", "test/1.png")
    with pytest.raises(LabError, match="different classes: x, y only in train, test only in test"):
        class_folder(tmp_path)


def test_two_class_folders_that_read_the_same_are_not_joined(tmp_path: Path) -> None:
    pictures(tmp_path, "a\nb/1.png", "a?b/1.png")
    with pytest.raises(LabError, match=r"two folders that read a\?b: rename one"):
        class_folder(tmp_path)


def test_classes_that_look_the_same_are_told(tmp_path: Path) -> None:
    pictures(tmp_path, f"{ACCENT}/1.png", f"{TWO_SIGNS}/1.png")
    assert "look the same" in class_folder(tmp_path).notes[-1]


def test_pairs_are_matched_however_accents_are_stored(tmp_path: Path) -> None:
    pictures(
        tmp_path,
        f"a/{ACCENT}.png",
        f"b/{TWO_SIGNS}.png",
        f"a/{ACCENT} 2.png",
        f"a/{ACCENT} 2.jpg",
        f"b/{TWO_SIGNS} 2.png",
        f"b/{TWO_SIGNS} 2.jpg",
    )
    pairs = [(a.name, b.name) for a, b in matched(tmp_path / "a", tmp_path / "b")]
    assert sorted(pairs) == [
        (f"{ACCENT} 2.jpg", f"{TWO_SIGNS} 2.jpg"),
        (f"{ACCENT} 2.png", f"{TWO_SIGNS} 2.png"),
        (f"{ACCENT}.png", f"{TWO_SIGNS}.png"),
    ]


def test_a_class_keeps_its_place_where_its_accents_are_stored_otherwise() -> None:
    stored = {"classes": ["a", TWO_SIGNS], "class_hashes": {"a": "0" * 12, TWO_SIGNS: "1" * 12}}
    assert class_order("folder:x", {"a": ["2" * 12], ACCENT: ["3" * 12]}, stored) == (("a", TWO_SIGNS), {"a": "a", ACCENT: TWO_SIGNS})
