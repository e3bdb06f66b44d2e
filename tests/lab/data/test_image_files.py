"""Which files of a person's folders count, as what class, split and pair; and what a run remembers of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lab.data.image_files import class_folder, held_out, of_split
from lab.data.image_records import class_order, domains_record, folder_record
from lab.data.load import load_domains, load_image_pairs, load_images
from lab.data.matched_pairs import matched
from lab.data.record import compare
from lab.errors import LabError

CPU = torch.device("cpu")


def save(path: Path, value: int = 100, size: tuple[int, int] = (8, 8)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(path, format="JPEG" if path.suffix in (".jfif", ".jpe") else None)
    return path


def fill(root: Path, **classes: int) -> Path:
    """A folder of so many pictures of each class, all different."""
    for i, (name, count) in enumerate(classes.items()):
        for j in range(count):
            save(root / name / f"{j:03}.png", 100 * i + j)
    return root


def counts(root: Path) -> dict[str, int]:
    return {name: len(group) for name, group in class_folder(root).files["train"].items()}


# -- what counts ---------------------------------------------------------------------------------------------------


def test_a_link_that_leads_back_is_no_class(tmp_path: Path) -> None:
    root = fill(tmp_path / "mine", a=2, b=2)
    (root / "loop").symlink_to(root)
    (root / "up").symlink_to(tmp_path)
    (root / "c").symlink_to(fill(tmp_path / "elsewhere", c=3) / "c")
    assert counts(root) == {"a": 2, "b": 2, "c": 3}


def test_hidden_and_foreign_things_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, cats=3, dogs=2)
    for name in (".ipynb_checkpoints/a.png", "__MACOSX/cats/a.png", "@eaDir/a.png", "cats/._000.png", "dogs/.hidden/a.png", "cats/a.png~"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"no image")
    for name in ("Thumbs.db", ".DS_Store", "cats/desktop.ini", "cats/notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert counts(tmp_path) == {"cats": 3, "dogs": 2}
    assert class_folder(tmp_path).notes == [f"5 hidden images in {tmp_path} ignored (.ipynb_checkpoints, __MACOSX and the like)."]


def test_a_stray_picture_beside_the_classes_is_left_out_and_named(tmp_path: Path) -> None:
    fill(tmp_path, cats=12, dogs=12)
    save(tmp_path / "cover.png")
    assert counts(tmp_path) == {"cats": 12, "dogs": 12}
    assert class_folder(tmp_path).notes == [f"Ignored beside the class folders of {tmp_path}: 1 image (cover.png)."]


def test_pictures_that_outnumber_those_in_folders_are_not_left_out_silently(tmp_path: Path) -> None:
    fill(tmp_path, old=1)
    for i in range(3):
        save(tmp_path / f"{i}.png")
    with pytest.raises(LabError, match=r"holds 3 images of its own beside the 1 folders with 1: it is not clear"):
        class_folder(tmp_path)


def test_a_folder_without_sub_folders_is_one_class_of_its_name(tmp_path: Path) -> None:
    save(tmp_path / "faces" / "a.png")
    (tmp_path / "faces" / "empty").mkdir()
    assert counts(tmp_path / "faces") == {"faces": 1}


def test_sub_folders_of_a_class_belong_to_it(tmp_path: Path) -> None:
    save(tmp_path / "cats" / "old" / "a.png")
    save(tmp_path / "cats" / "a.png")
    save(tmp_path / "dogs" / "a.png")
    assert counts(tmp_path) == {"cats": 2, "dogs": 1}


def test_a_folder_around_the_class_folders_is_looked_through(tmp_path: Path) -> None:
    fill(tmp_path / "unpacked", cats=2, dogs=2)
    assert counts(tmp_path) == {"cats": 2, "dogs": 2}


def test_linked_class_folders_are_followed_and_loops_end(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", cats=3)
    fill(tmp_path / "mine", dogs=2)
    (tmp_path / "mine" / "cats").symlink_to(tmp_path / "elsewhere" / "cats")
    (tmp_path / "mine" / "dogs" / "loop").symlink_to(tmp_path / "mine")
    (tmp_path / "mine" / "broken").symlink_to(tmp_path / "nowhere")
    by_class = counts(tmp_path / "mine")
    assert by_class["cats"] == 3
    assert set(by_class) == {"cats", "dogs"}
    (tmp_path / "mine" / "dogs" / "loop").unlink()
    (tmp_path / "mine" / "dogs" / "loop").symlink_to(tmp_path / "mine" / "dogs")
    assert counts(tmp_path / "mine")["dogs"] == 2


@pytest.mark.parametrize("name", ["a.jfif", "a.JPG", "a.Jpeg", "a.PNG", "a.jpe", "a.TIF", "a.pnm", "a.dib"])
def test_all_endings_of_the_formats_count_in_any_case(tmp_path: Path, name: str) -> None:
    save(tmp_path / "cats" / "plain.png")
    save(tmp_path / "cats" / name)
    assert counts(tmp_path) == {"cats": 2}


def test_files_that_were_meant_as_images_are_counted(tmp_path: Path) -> None:
    fill(tmp_path, cats=1, dogs=1)
    for name in ("cats/a.HEIC", "cats/b.heic", "dogs.zip"):
        (tmp_path / name).write_bytes(b"x")
    assert class_folder(tmp_path).notes == [f"Ignored in {tmp_path}: 2 .heic, 1 .zip files."]
    (tmp_path / "zips").mkdir()
    (tmp_path / "zips" / "all.zip").write_bytes(b"x")
    with pytest.raises(LabError, match=r"holds no images: .* It has 1 \.zip files, which cannot be read here: .*unpack archives"):
        class_folder(tmp_path / "zips")


def test_classes_that_differ_in_case_only_are_told(tmp_path: Path) -> None:
    fill(tmp_path, cats=1, Cats=1)
    assert class_folder(tmp_path).notes == ["The classes Cats, cats differ only in case."]


def test_a_class_name_in_latin_1_is_shown_as_such(tmp_path: Path) -> None:
    save(tmp_path / "dogs" / "a.png")
    save(tmp_path / b"caf\xe9".decode("utf-8", "surrogateescape") / "a.png")
    assert list(counts(tmp_path)) == ["café", "dogs"]
    images = load_images(f"folder:{tmp_path}", "train", CPU, size=8)
    assert images.classes == ("café", "dogs")


# -- splits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("train", "val"), ("Train", "test"), ("training", "validation")])
def test_train_and_val_are_the_split_not_the_classes(tmp_path: Path, names: tuple[str, str]) -> None:
    for part, count in zip(names, (5, 2), strict=True):
        fill(tmp_path / part, cats=count, dogs=count)
    train, test = (load_images(f"folder:{tmp_path}", split, CPU, size=8) for split in ("train", "test"))  # type: ignore[arg-type]
    assert train.classes == test.classes == ("cats", "dogs")
    assert (len(train), len(test)) == (10, 4)
    assert class_folder(tmp_path).notes == [f"The folders {', '.join(sorted(names))} of {tmp_path} are the splits."]


def test_train_val_and_test_are_three_splits(tmp_path: Path) -> None:
    for part, count in (("train", 5), ("val", 3), ("test", 2)):
        fill(tmp_path / part, cats=count)
    sizes = [len(load_images(f"folder:{tmp_path}", split, CPU, size=8)) for split in ("train", "validation", "test")]  # type: ignore[arg-type]
    assert sizes == [5, 3, 2]


def test_splits_without_classes_are_of_one_class(tmp_path: Path) -> None:
    for part in ("train", "val"):
        save(tmp_path / part / "a.png")
    assert class_folder(tmp_path).files == {
        "train": {tmp_path.name: [tmp_path / "train" / "a.png"]}, "validation": {tmp_path.name: [tmp_path / "val" / "a.png"]},
    }  # fmt: skip


def test_splits_of_other_classes_are_refused(tmp_path: Path) -> None:
    fill(tmp_path / "train", cats=2, dogs=2)
    fill(tmp_path / "val", cats=2, owls=2)
    with pytest.raises(LabError, match=r"have different classes: dogs only in train, owls only in validation"):
        class_folder(tmp_path)


def test_a_class_called_test_beside_others_is_a_class(tmp_path: Path) -> None:
    assert counts(fill(tmp_path, cats=1, test=1, train=1)) == {"cats": 1, "test": 1, "train": 1}


@pytest.mark.parametrize(("count", "rows"), [(1, [0]), (2, [1]), (9, [8]), (10, [9]), (25, [9, 19])])
def test_at_least_one_of_a_class_is_held_out(count: int, rows: list[int]) -> None:
    assert [i for i, out in enumerate(held_out(count)) if out] == rows
    train, test = (of_split(list(range(count)), out) for out in (False, True))
    assert sorted({*train, *test}) == list(range(count))
    assert count == 1 or not set(train) & set(test)


def test_what_is_both_for_training_and_test_is_said(tmp_path: Path) -> None:
    notes = folder_record(f"folder:{fill(tmp_path, cats=1, dogs=3, owls=20)}", "white", None)["assumed"]
    assert notes == [
        "Every tenth image of a class is held out for test.", "Classes with fewer than ten images hold out one: dogs.",
        "Only one image, used for both training and test: cats.",
    ]  # fmt: skip


# -- pairs ---------------------------------------------------------------------------------------------------------


def test_pairs_have_the_same_place_below_their_folders(tmp_path: Path) -> None:
    for side, add in (("a", 0), ("b", 100)):
        save(tmp_path / side / "day" / "1.png", 10 + add)
        save(tmp_path / side / "night" / "1.png", 20 + add)
    assert [(x.parent.name, y.parent.name) for x, y in matched(tmp_path / "a", tmp_path / "b")] == [("day", "day"), ("night", "night")]


def test_two_endings_of_one_name_are_two_pairs_where_both_sides_have_them(tmp_path: Path) -> None:
    for side in ("a", "b"):
        save(tmp_path / side / "1.png")
        save(tmp_path / side / "1.jpg")
    assert [x.name for x, _ in matched(tmp_path / "a", tmp_path / "b")] == ["1.jpg", "1.png"]
    (tmp_path / "b" / "1.jpg").unlink()
    with pytest.raises(LabError, match=r"pairs of 1 are not clear: 1\.jpg, 1\.png in .*a, 1\.png in .*b"):
        matched(tmp_path / "a", tmp_path / "b")


def test_pairs_side_by_side_are_turned_before_they_are_cut(tmp_path: Path) -> None:
    upright = np.zeros((8, 16), np.uint8)
    upright[:, 8:] = 200
    for name, stored, orientation in (("1.png", upright[::-1, ::-1], 3), ("2.png", np.rot90(upright), 6)):
        image = Image.fromarray(np.ascontiguousarray(stored))
        exif = image.getexif()
        exif[0x0112] = orientation
        image.save(tmp_path / name, exif=exif)
    save(tmp_path / ".ipynb_checkpoints" / "1-checkpoint.png", size=(3, 3))
    train = load_image_pairs("outline", f"pairs:{tmp_path}", "train", CPU, size=8)
    test = load_image_pairs("outline", f"pairs:{tmp_path}", "test", CPU, size=8)
    for pair in (train, test):
        assert pair.a.images.unique().tolist() == [0]
        assert pair.b.images.unique().tolist() == [200]


def test_a_truncated_picture_of_a_pair_names_itself(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 40, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:1200])
    with pytest.raises(LabError, match=r"cut\.png cannot be read \(.*\)\. Take it and its partner out, or mend it"):
        load_image_pairs("outline", f"pairs:{tmp_path}", "train", CPU, size=8)


def test_pairs_and_domains_keep_their_own_splits(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("val", 2)):
        for i in range(count):
            save(tmp_path / "facades" / part / f"{i}.png", size=(16, 8))
    sizes = [len(load_image_pairs("outline", f"pairs:{tmp_path}/facades", split, CPU, size=8).a) for split in ("train", "test")]  # type: ignore[arg-type]
    assert sizes == [3, 2]
    for part, count in (("trainA", 4), ("trainB", 5), ("testA", 2), ("testB", 1)):
        for i in range(count):
            save(tmp_path / part / f"{i}.png")
    data = f"folders:{tmp_path}/trainA,{tmp_path}/trainB"
    both = [load_domains(data, split, CPU, size=8) for split in ("train", "test")]  # type: ignore[arg-type]
    assert [(len(part.a), len(part.b)) for part in both] == [(4, 5), (2, 1)]
    assert domains_record(data, "white", None)["assumed"] == [f"For test: {tmp_path}/testA and {tmp_path}/testB."]


def test_an_unreadable_file_for_test_is_replaced_by_one_that_can_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of three files of a class the last is for test; where it is broken, the second takes its place and is not trained on."""
    for name, first in (("cats", 10), ("dogs", 60)):
        for i in range(3):
            save(tmp_path / name / f"{i}.png", first + i)
    (tmp_path / "dogs" / "2.png").write_bytes(b"no picture")
    train, test = (load_images(f"folder:{tmp_path}", split, CPU, size=8) for split in ("train", "test"))  # type: ignore[arg-type]
    assert (train.images[:, 0, 0, 0].tolist(), test.images[:, 0, 0, 0].tolist()) == ([10, 11, 60], [12, 61])
    assert "dogs/1.png is for test in place of 2.png, which cannot be read." in caplog.text
    domains = f"folders:{tmp_path}/cats,{tmp_path}/dogs"
    train_b, test_b = (load_domains(domains, split, CPU, size=8).b for split in ("train", "test"))  # type: ignore[arg-type]
    assert (train_b.images[:, 0, 0, 0].tolist(), test_b.images[:, 0, 0, 0].tolist()) == ([60], [61])


def test_transparent_and_deep_pictures_of_domains_are_read_as_everywhere(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(save(tmp_path / "a" / "1.png"))
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(save(tmp_path / "b" / "1.png"))
    domains = load_domains(f"folders:{tmp_path}/a,{tmp_path}/b", "train", CPU, size=4, ground="grey")
    assert domains.a.images.unique().tolist() == [round(40_000 / 65_535 * 255)]
    assert domains.b.images.unique().tolist() == [128]


# -- what a run remembers ------------------------------------------------------------------------------------------


def test_a_renamed_class_folder_is_known_by_what_it_holds(tmp_path: Path) -> None:
    data = f"folder:{fill(tmp_path, cats=20, dogs=20)}"
    stored = folder_record(data, "white", None)
    assert stored["classes"] == ["cats", "dogs"]
    (tmp_path / "cats").rename(tmp_path / "zebras")
    record = folder_record(data, "white", stored)
    assert compare(stored, record).kind == "same"
    assert "The folder zebras is read as the class cats." in record["assumed"]
    test = load_images(data, "test", CPU, size=8, remembered=stored)
    assert test.classes == ("cats", "dogs")
    assert [(int(image[0, 0, 0]), int(label)) for image, label in zip(test.images, test.labels, strict=True)] == [
        (109, 1), (119, 1), (9, 0), (19, 0),
    ]  # fmt: skip


def test_two_classes_that_hold_the_same_keep_their_names(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / name / "1.png")
    stored = folder_record(f"folder:{tmp_path}", "white", None)
    _, names = class_order("", {name: [stored["class_hashes"][name]] for name in ("a", "b")}, stored)
    assert names == {"a": "a", "b": "b"}
    save(tmp_path / "A copy" / "1.png")
    assert "new class 'A copy'" in compare(stored, folder_record(f"folder:{tmp_path}", "white", stored)).sentence


def test_a_moved_folder_is_the_same_data_elsewhere(tmp_path: Path) -> None:
    stored = folder_record(f"folder:{fill(tmp_path / 'here', cats=3, dogs=3)}", "white", None)
    (tmp_path / "here").rename(tmp_path / "there")
    record = folder_record(f"folder:{tmp_path}/there", "white", stored)
    assert compare(stored, record).kind == "moved"


def test_added_images_are_growth_and_a_changed_one_is_not(tmp_path: Path) -> None:
    data = f"folder:{fill(tmp_path, cats=3, dogs=3)}"
    stored = folder_record(data, "white", None)
    save(tmp_path / "cats" / "new.png", 250)
    change = compare(stored, folder_record(data, "white", stored))
    assert (change.kind, "7 images instead of 6" in change.sentence) == ("grown", True)
    save(tmp_path / "dogs" / "000.png", 251)
    assert compare(stored, folder_record(data, "white", stored)).kind == "other"


def test_a_new_class_is_left_out_and_named(tmp_path: Path) -> None:
    data = f"folder:{fill(tmp_path, cats=3, dogs=3)}"
    stored = folder_record(data, "white", None)
    fill(tmp_path / "more", owls=2)
    (tmp_path / "more" / "owls").rename(tmp_path / "owls")
    (tmp_path / "more").rmdir()
    change = compare(stored, folder_record(data, "white", stored))
    assert "new class 'owls'" in change.sentence
    images = load_images(data, "train", CPU, size=8, remembered=stored)
    assert (images.classes, len(images)) == (("cats", "dogs"), 4)


def test_a_class_that_is_renamed_and_changed_is_refused() -> None:
    stored = {"classes": ["cats", "dogs"], "class_hashes": {"cats": "aa", "dogs": "bb"}}
    with pytest.raises(LabError, match=r"no classes of this run \(kittens\), and none for cats\. Its classes are cats, dogs"):
        class_order("folder:x", {"kittens": ["cc"], "dogs": ["bb"]}, stored)


def test_the_span_of_deep_images_is_remembered(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 60_000, np.uint16)).save(save(tmp_path / "cats" / "1.png"))
    Image.fromarray(np.full((4, 4), 1000, np.uint16)).save(save(tmp_path / "cats" / "2.png"))
    data = f"folder:{tmp_path}"
    stored = folder_record(data, "white", None)
    assert stored["values"] == [0, 65535]
    (tmp_path / "cats" / "1.png").unlink()
    images = load_images(data, "test", CPU, size=4, channels=1, remembered=stored)
    assert images.images.unique().tolist() == [round(1000 / 65535 * 255)]


def test_a_changed_picture_of_a_pair_is_other_data(tmp_path: Path) -> None:
    data = f"pairs:{save(tmp_path / '1.png', size=(16, 8)).parent}"
    stored = domains_record(data, "white", None)
    assert stored["assumed"] == ["There is only one image: it is used for both training and test."]
    assert compare(stored, domains_record(data, "white", stored)).kind == "same"
    save(tmp_path / "1.png", 3, (16, 8))
    assert compare(stored, domains_record(data, "white", stored)).kind == "other"
