"""What an agent sees of a picture, against a plain computation."""

import numpy as np
import pytest

from lab.atari.games import cut_rows, load_ale
from lab.atari.preprocessing import observed, on_screen
from lab.atari.vector import AtariVector


def shares(length: int) -> np.ndarray:
    """(84, length): how much of each of `length` pixels in a row belongs to each of 84 equal parts of it, with sums of 1."""
    edges = np.arange(85) * length / 84
    low, high = edges[:-1, None], edges[1:, None]
    pixel = np.arange(length)
    return np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None) * 84 / length


def test_each_pixel_is_the_mean_of_the_area_that_it_covers_of_the_rows_that_are_left() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (210, 160), np.uint8)
    pixels = observed(grey, "34,16")
    expected = shares(160) @ grey[34:194].T @ shares(160).T  # (84, 84), transposed
    assert np.abs(pixels - expected.T).max() <= 0.51  # rounded
    whole = shares(210) @ grey @ shares(160).T
    assert np.abs(observed(grey) - whole).max() <= 0.51


def test_half_size_by_hand() -> None:
    grey = np.zeros((210, 168), np.uint8)
    grey[20:22, :2] = [[10, 20], [30, 40]]
    assert observed(grey, "20,22")[0, 0] == 25


def test_the_first_frame_of_a_cropped_environment_is_that_of_the_emulator_cut_and_shrunk() -> None:
    env = AtariVector("pong", 1, seed=0, noop_max=0, fire_reset=False, crop="34,16")
    frame = env.reset()[0]
    ale = load_ale("pong", int(env.seeds[0]))
    ale.reset_game()
    assert np.array_equal(frame, observed(ale.getScreenGrayscale(), "34,16"))
    assert not np.array_equal(frame, observed(ale.getScreenGrayscale()))
    env.close()


@pytest.mark.parametrize("crop", ["34", "a,b", "-1,0", "1,2,3", "100,27", "1.5,0"])
def test_rows_that_cannot_be_cut_away_are_refused(crop: str) -> None:
    with pytest.raises(ValueError, match="rows"):
        cut_rows(crop)


def test_a_map_over_what_is_seen_lies_over_those_rows_of_the_picture() -> None:
    seen = np.ones((84, 84), np.float32)
    placed = on_screen(seen, 210, "34,16")
    assert placed.shape == (210, 84)
    assert placed[34:194].min() == 1
    assert placed[:34].max() == placed[194:].max() == 0
    assert on_screen(seen, 210) is seen
