"""Splits and single pictures of the classifier's data, and the errors of folders and files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lab.errors import LabError, UsageError
from lab.recipes.vision.classify_config import ClassifyConfig
from lab.recipes.vision.classify_data import ImageSplits, image_format

CPU = torch.device("cpu")


def images(**fields: Any) -> ImageSplits:
    config = ClassifyConfig.parse({"data": "digits", **fields})
    return ImageSplits(config, image_format(config), CPU)


def fill(root: Path, counts: dict[str, int], size: tuple[int, int] = (20, 16)) -> Path:
    """A folder with this many pictures of each class, all of one grey."""
    for i, (name, count) in enumerate(counts.items()):
        (root / name).mkdir(parents=True)
        for j in range(count):
            Image.new("RGB", size, (40 * i, 100, 2 * j)).save(root / name / f"{j:03}.png")
    return root


def test_small_images_are_enlarged_for_networks_with_maps_only() -> None:
    assert image_format(ClassifyConfig.parse({})).size == 28
    assert image_format(ClassifyConfig.parse({"network": "linear", "data": "digits"})).size == 8
    assert image_format(ClassifyConfig.parse({"size": 48})).size == 48
    test = images().split("test")
    assert test.images.shape == (297, 1, 28, 28)
    assert test.images.dtype == torch.uint8


def test_a_folder_per_class(tmp_path: Path) -> None:
    data = images(data=f"folder:{fill(tmp_path, {'cats': 20, 'dogs': 30})}", size=16, network="mlp")
    assert data.format.classes == ("cats", "dogs")
    assert (len(data.split("test")), len(data.split("train")) + len(data.split("validation"))) == (5, 45)
    assert data.split("train").images.shape[1:] == (3, 16, 16)


def test_an_empty_class_folder_is_named(tmp_path: Path) -> None:
    fill(tmp_path, {"cats": 20, "dogs": 20})
    (tmp_path / "birds").mkdir()
    with pytest.raises(LabError, match=r"birds holds no images"):
        images(data=f"folder:{tmp_path}")


def test_a_single_class_is_no_task(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"at least two; it has 1"):
        images(data=f"folder:{fill(tmp_path, {'cats': 20})}")


def test_a_class_that_the_test_split_lacks_is_named(tmp_path: Path) -> None:
    data = images(data=f"folder:{fill(tmp_path, {'cats': 40, 'dogs': 2})}", size=16)
    (tmp_path / "dogs" / "001.png").write_bytes(b"no image")
    with pytest.raises(LabError, match=r"test split of folder:.* has no image of dogs\. Each class needs an image that can be read"):
        data.split("train")  # Refused before anything is trained.


def test_a_class_of_one_image_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"only one image of dogs: each class needs at least two"):
        images(data=f"folder:{fill(tmp_path, {'cats': 40, 'dogs': 1})}")


def test_small_classes_are_in_every_split_and_test_is_never_training(tmp_path: Path) -> None:
    data = images(data=f"folder:{fill(tmp_path, {'cats': 40, 'dogs': 3, 'owls': 2})}", size=16, validation=0.3)
    assert data.split("test").labels.bincount().tolist() == [4, 1, 1]
    assert (data.split("train").labels.bincount(minlength=3) > 0).all()
    assert sum(len(data.split(name)) for name in ("train", "validation")) == 39  # type: ignore[arg-type]
    assert "Classes with fewer than ten images hold out one: dogs, owls." in data.held_out_how()


def test_a_folders_own_validation_images_are_used(tmp_path: Path) -> None:
    for part, count in (("train", 12), ("val", 3), ("test", 4)):
        fill(tmp_path / part, {"cats": count, "dogs": count})
    data = images(data=f"folder:{tmp_path}", size=16)
    assert [len(data.split(name)) for name in ("train", "validation", "test")] == [24, 6, 8]  # type: ignore[arg-type]


def test_a_picture_of_the_data_by_its_number() -> None:
    data = images()
    pixels, label, name = data.picture("test:3")
    assert torch.equal(pixels[0], data.split("test").images[3])
    assert (label, name) == (int(data.split("test").labels[3]), "test:3")


def test_a_picture_from_a_file_is_seen_as_the_data_are(tmp_path: Path) -> None:
    Image.new("RGB", (60, 40), (255, 255, 255)).save(tmp_path / "white.png")
    pixels, label, _ = images().picture(str(tmp_path / "white.png"))
    assert pixels.shape == (1, 1, 28, 28)
    assert int(pixels.min()) == 255
    assert label is None


def test_a_drawing_keeps_its_place() -> None:
    drawing = np.zeros((112, 112), np.uint8)
    drawing[:56, 56:] = 200  # The upper right quarter.
    pixels, _, _ = images(data="digits", size=32).picture(drawing)
    assert pixels[0, 0, 4, 28] == 200
    assert pixels[0, 0, 28, 4] == 0


def test_a_games_screen_becomes_a_square() -> None:
    screen = np.zeros((210, 160, 3), np.uint8)
    screen[..., 0] = 250
    data = images(data="atari", games="pong,breakout", size=40)
    pixels, _, _ = data.picture(screen)
    assert pixels.shape == (1, 3, 40, 40)
    assert pixels[0, :, 0, 0].tolist() == [250, 0, 0]


@pytest.mark.parametrize("image", ["test:297", "test:x", "train:-1"])
def test_a_number_that_is_none_is_named(image: str) -> None:
    with pytest.raises(UsageError, match="from 0 to"):
        images().picture(image)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("these are words")
    with pytest.raises(LabError, match=r"notes\.png is not an image that can be read"):
        images().picture(str(tmp_path / "notes.png"))
    with pytest.raises(UsageError, match="there is no such file"):
        images().picture(str(tmp_path / "gone.png"))


def test_an_array_of_another_kind_is_named() -> None:
    with pytest.raises(UsageError, match=r"uint8, got \(3, 4, 5, 6\)"):
        images().picture(np.zeros((3, 4, 5, 6), np.uint8))


def test_the_folds_are_all_training_images_each_held_out_once() -> None:
    held = []
    for fold in range(3):
        parts = images(folds=3, fold=fold)
        validation, train = parts.split("validation"), parts.split("train")
        assert len(validation) + len(train) == 1500
        held.append(validation.images.flatten(1))
    assert [len(part) for part in held] == [500, 500, 500]
    whole = images(validation=0.0).split("train").images.flatten(1)
    counts = [torch.unique(rows, dim=0, return_counts=True) for rows in (torch.cat(held), whole)]
    assert torch.equal(counts[0][0], counts[1][0])
    assert torch.equal(counts[0][1], counts[1][1])


def test_leaving_one_out_is_as_many_folds_as_images() -> None:
    assert len(images(folds=1500, fold=7).split("validation")) == 1
    with pytest.raises(LabError, match="there are 1500 training images"):
        images(folds=1501, fold=0).split("train")


@pytest.mark.parametrize("settings", [{"folds": 1}, {"folds": 3, "fold": 3}, {"folds": 3, "validation": 0.0}])
def test_a_fold_that_does_not_exist_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--folds"):
        images(**settings)
