"""Sprites: what is cut out of a frame, which of them are one, and how they are divided."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lab.data import sprites
from lab.data.catalogue import find
from lab.data.load import load_images

CPU = torch.device("cpu")
GROUND, RED, BLUE = (0, 80, 0), (200, 0, 0), (80, 80, 250)


def frames(count: int = 5) -> np.ndarray:
    """A ship of two colours that goes right by 12 pixels a frame, a rock that stays, a digit of the score, a dot, a rectangle and a wide wall."""
    made = np.full((count, 210, 160, 3), GROUND, np.uint8)
    for i, frame in enumerate(made):
        left = 10 + 12 * i
        frame[100:106, left : left + 8] = RED
        frame[103:106, left : left + 8] = BLUE
        frame[60:70, 20:30] = BLUE  # The rock.
        frame[10:17, 50 + 6 * i : 54 + 6 * i] = RED  # The score.
        frame[150:152, 3 * i : 3 * i + 2] = RED  # The dot.
        frame[160:170, 20 + 9 * i : 28 + 9 * i] = RED  # The rectangle.
        frame[120 + i : 128 + i, 40:140] = RED  # The wall.
    return made


def test_what_moves_and_hangs_together_is_cut_out_and_centred() -> None:
    objects = list(sprites.objects(frames()))
    assert len(objects) == 5
    ship = objects[0]
    assert ship.shape == (24, 24, 3)
    assert (ship[9:12, 8:16] == RED).all()
    assert (ship[12:15, 8:16] == BLUE).all()
    assert ship.any(2).sum() == 48  # Nothing beside it, not even the ground.
    assert all(np.array_equal(ship, other) for other in objects)


def test_sprites_that_differ_little_are_one_and_the_most_frequent_comes_first() -> None:
    ship, other = np.zeros((2, 24, 24, 3), np.uint8)
    ship[9:15, 8:16] = RED
    other[4:20, 10:12] = BLUE
    nearly = ship.copy()
    nearly[9, 8:12] = BLUE  # 4 of 48 pixels.
    recoloured = np.where(ship.any(2, keepdims=True), np.array(BLUE, np.uint8), 0).astype(np.uint8)
    kept = sprites.distinct(np.stack([ship, other, nearly, other, recoloured]))
    assert len(kept) == 3
    assert np.array_equal(kept[0], other)
    assert {image.tobytes() for image in kept} == {image.tobytes() for image in (other, ship, recoloured)}
    assert len(sprites.distinct(np.stack([ship, other]), most=1)) == 1


def test_each_games_fifth_sprites_are_for_test_and_all_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    games = find("sprites").classes
    asked = []

    def of_game(game: str) -> np.ndarray:
        asked.append(game)
        return np.full((12 if game == games[3] else 5, 24, 24, 3), games.index(game), np.uint8)

    monkeypatch.setattr(sprites, "of_game", of_game)
    train, test = load_images("sprites", "train", CPU), load_images("sprites", "test", CPU)
    assert asked == list(games)
    assert "freeway" in games
    assert "joust" not in games  # It needs two people.
    assert "tetris" not in games  # It has none.
    assert train.labels.bincount(minlength=len(games))[2:5].tolist() == [4, 10, 4]
    assert test.labels.bincount(minlength=len(games))[2:5].tolist() == [1, 2, 1]
    assert all(int(image[0, 0, 0]) == int(label) for image, label in zip(train.images, train.labels, strict=True))
    grey = load_images("sprites", "test", CPU, size=16, channels=1)
    assert grey.images.shape[1:] == (1, 16, 16)


def test_a_game_gives_the_same_sprites_again() -> None:
    first, again = sprites.of_game("freeway", 12), sprites.of_game("freeway", 12)
    assert len(first) >= 3
    assert np.array_equal(first, again)
