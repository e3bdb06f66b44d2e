"""Labelled scenes: what is read off frames of games, composed of digits, and taken from a person's masks."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lab.data.border_weights import border_weights, class_weights
from lab.data.cluttered_digits import cluttered_digits
from lab.data.game_things import HEIGHT, RULES, WIDTH, class_names, labels_of, sized
from lab.data.images import Request
from lab.data.mask_folders import mask_record, masked_pictures
from lab.data.scenes import boxes_of, load_scenes
from lab.errors import LabError

PONG = dict(zip(("ball", "opponent", "player"), ((236, 236, 236), (213, 130, 74), (92, 186, 92)), strict=True))


def test_a_box_holds_pixels_that_touch_or_lie_one_apart() -> None:
    labels = np.zeros((8, 8), np.uint8)
    labels[1, 1] = labels[1, 2] = labels[2, 4] = 1  # One apart: the same thing.
    labels[6, 6:8] = 1
    labels[5, 0] = 2  # A single pixel is too little, and 2 has no boxes here anyway.
    assert boxes_of(labels, [1]).tolist() == [[1, 1, 1, 5, 3], [1, 6, 6, 8, 7]]
    assert boxes_of(labels, [2]).shape == (0, 5)


def test_things_of_pong_are_read_off_colours_and_rows() -> None:
    frame = np.full((HEIGHT, WIDTH, 3), (144, 72, 17), np.uint8)
    frame[24:34] = frame[100:104, 50:52] = PONG["ball"]  # The wall has the ball's colour.
    frame[60:76, 16:20], frame[80:96, 140:144] = PONG["opponent"], PONG["player"]
    frame[5:15, 20:30] = PONG["opponent"]  # The score has the opponent's.
    names = class_names("pong")
    labels = labels_of("pong", frame[None])[0]
    at = {
        name: names[labels[place]] for name, place in {"ball": (101, 51), "wall": (30, 3), "opponent": (70, 17), "score": (9, 25)}.items()
    }
    assert at == {name: name for name in at}
    boxes = boxes_of(labels, [names.index(name) for name in PONG])
    assert [[names[int(row[0])], *row[1:].tolist()] for row in boxes] == [
        ["ball", 50, 100, 52, 104], ["opponent", 16, 60, 20, 76], ["player", 140, 80, 144, 96],
    ]  # fmt: skip


def test_a_frame_that_flashes_as_a_whole_holds_no_enemies() -> None:
    frames = np.zeros((2, HEIGHT, WIDTH, 3), np.uint8)
    frames[:, 60:64, 40:48] = (200, 120, 40)
    frames[1, 24:188][(frames[1, 24:188] == 0).all(-1)] = 236
    names = class_names("demon_attack")
    enemies = (labels_of("demon_attack", frames) == names.index("enemy")).sum((1, 2))
    assert enemies.tolist() == [32, 0]


def test_what_moves_is_a_thing_in_games_without_rules() -> None:
    frames = np.zeros((5, HEIGHT, WIDTH, 3), np.uint8)
    for i in range(5):
        frames[i, 10:14, 10 * i : 10 * i + 4] = 200
    assert "tennis" not in RULES
    labels = labels_of("tennis", frames)
    assert class_names("tennis") == ("background", "moving thing")
    assert boxes_of(labels[2], [1]).tolist() == [[1, 20, 10, 24, 14]]


def test_frames_of_every_height_get_the_common_one() -> None:
    tall = np.arange(214, dtype=np.uint8)[None, :, None, None].repeat(WIDTH, 2).repeat(3, 3)
    assert sized(tall).shape == (1, HEIGHT, WIDTH, 3)
    assert sized(tall[:, :200])[0, -1].max() == 0


def test_test_frames_come_from_other_episodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path / "cache"))
    train, test = (load_scenes("atari", split, games="pong", frames=10, player="random") for split in ("train", "test"))
    assert (train.images.shape, test.images.shape) == ((10, 3, HEIGHT, WIDTH), (2, 3, HEIGHT, WIDTH))
    assert not any((test.images[0] == image).all() for image in train.images)
    assert all(len(boxes) for boxes in train.boxes)


def test_digits_lie_in_their_boxes_and_the_rest_is_background() -> None:
    scenes = cluttered_digits(Request("digits", "train", frames=6))
    assert scenes.classes == ("background", *"0123456789")
    for labels, boxes in zip(scenes.maps.numpy(), scenes.boxes, strict=True):
        covered = np.zeros(labels.shape, bool)
        for kind, x0, y0, x1, y1 in boxes.astype(int):
            inside = labels[y0:y1, x0:x1]
            assert set(np.unique(inside)) <= {0, kind}
            assert (inside.any(1)[[0, -1]].all(), inside.any(0)[[0, -1]].all()) == (True, True)
            covered[y0:y1, x0:x1] = True
        assert not labels[~covered].any()


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    """Ten pictures and masks of 12x8 pixels: 0, 7 and 255, which is not labelled."""
    for name in ("pictures", "masks"):
        (tmp_path / name).mkdir()
    for i in range(10):
        mask = np.zeros((8, 12), np.uint8)
        mask[2:4, 4:8] = 7
        mask[0, :] = 255
        Image.fromarray(np.full((8, 12, 3), 20 * i, np.uint8)).save(tmp_path / "pictures" / f"{i}.png")
        Image.fromarray(mask).save(tmp_path / "masks" / f"{i}.png")
    return tmp_path


def test_masks_of_ones_own_are_numbers_with_names_from_a_file(masked: Path) -> None:
    (masked / "masks" / "classes.txt").write_text("ground\ncat\n")
    scenes = masked_pictures(Request(f"pairs:{masked}/pictures,{masked}/masks", "train", size=8))
    assert (scenes.classes, len(scenes)) == (("ground", "cat"), 9)
    assert scenes.maps[0, 2].tolist() == [0, 0, 1, 1, 1, 1, 0, 0]
    assert scenes.maps[0, 0].tolist() == [255] * 8
    assert scenes.boxes[0].tolist() == [[1, 2, 2, 6, 4]]


def test_masks_without_names_are_called_by_their_numbers(masked: Path) -> None:
    assert mask_record(f"pairs:{masked}/pictures,{masked}/masks", "white", None)["classes"] == ["0", "7"]


def test_masks_with_soft_edges_are_refused(masked: Path) -> None:
    Image.fromarray(np.arange(96, dtype=np.uint8).reshape(8, 12)).save(masked / "masks" / "0.png")
    with pytest.raises(LabError, match="more than 64 different values"):
        mask_record(f"pairs:{masked}/pictures,{masked}/masks", "white", None)


def test_a_wrong_number_of_names_is_refused(masked: Path) -> None:
    (masked / "masks" / "classes.txt").write_text("ground\n")
    with pytest.raises(LabError, match="has 1 names, and the masks have 2"):
        mask_record(f"pairs:{masked}/pictures,{masked}/masks", "white", None)


def test_the_border_weight_is_that_of_the_u_nets_paper() -> None:
    labels = np.zeros((9, 9), np.uint8)
    labels[4, 2] = labels[4, 6] = 1
    weights = border_weights(labels, 3.0, [1])
    assert weights[4, 4] == pytest.approx(np.exp(-(4**2) / 18))  # d1 = d2 = 2.
    assert weights[4, 3] == pytest.approx(np.exp(-(4**2) / 18))  # 1 and 3.
    assert weights[4, 2] == 0  # No background.


def test_classes_weigh_by_their_frequency_to_minus_the_balance() -> None:
    maps = torch.tensor([[[0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 255, 255]]])
    weights = class_weights(maps, 3, 0.5)
    assert float(weights[1] / weights[0]) == pytest.approx(2)  # 2 pixels against 8.
    assert float((8 * weights[0] + 2 * weights[1]) / 10) == pytest.approx(1)
    assert float(weights[2]) == 0
