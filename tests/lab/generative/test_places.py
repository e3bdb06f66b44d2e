"""Pictures drawn place by place: films of places, half pictures completed, surprise, and exact likelihood."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lab.experiment import Experiment

Make = Callable[..., Experiment]


def ask(experiment: Experiment, view: str, **parameters: Any) -> Any:
    return experiment.answer(view, experiment.serving().eval(), experiment.views()[view].checked(parameters))


@pytest.fixture
def pixelcnn(make: Make) -> Experiment:
    experiment = make("pixelcnn")
    for _ in range(3):
        experiment.step()
    return experiment


def test_places_appear_in_reading_order_until_the_sample_is_whole(pixelcnn: Experiment) -> None:
    film = ask(pixelcnn, "appearing", n=1, label=3, frames=1000)
    assert film.steps == list(range(65))
    assert len({tuple(colour) for colour in film.history[0].reshape(-1, 3)}) == 1
    whole = film.history[-1]
    assert np.array_equal(whole[..., 0], ask(pixelcnn, "samples", n=1, label=3).pixels[0])
    assert np.array_equal(film.history[20][:2], whole[:2])
    assert not np.array_equal(film.history[20][2, 3], whole[2, 3])  # The place that was drawn last is marked.
    several = ask(pixelcnn, "appearing", n=8, frames=9)
    assert len(several.steps) == 9
    assert several.history[0].shape == (2 * 9, 2 * 9, 3)  # Four of them fill a square, with lines between.


def test_the_kept_part_of_a_test_image_stays(pixelcnn: Experiment) -> None:
    answer = ask(pixelcnn, "completions", images=2, n=3, kept=0.5)
    rows = answer.pixels.reshape(2, 5, 8, 8, 3)
    assert answer.captions[:3] == ["image", "kept", "drawn 1"]
    assert (rows[:, 1:, :4] == rows[:, :1, :4]).all()
    assert (ask(pixelcnn, "completions", images=1, n=2, kept=1.0).pixels[2:] == rows[0, 0]).all()


def test_a_drawing_is_completed(pixelcnn: Experiment) -> None:
    pixels = np.zeros((8, 8, 1), np.uint8)
    pixels[:2] = 255
    answer = ask(pixelcnn, "completions", n=2, kept=0.25, label=4, pixels=base64.b64encode(pixels.tobytes()).decode())
    assert (answer.pixels[2:, :2] == 255).all()


def test_surprise_adds_up_to_the_nats_of_the_evaluation(pixelcnn: Experiment) -> None:
    data = pixelcnn.feed.images("test")  # type: ignore[attr-defined]
    places = pixelcnn.places  # type: ignore[attr-defined]
    nats = places.nats_per_image(pixelcnn.serving(), data)
    assert nats == pytest.approx(float(places.nats(pixelcnn.serving(), data.images, data.labels).sum((1, 2)).mean()), rel=1e-4)
    assert 0 < nats < 8 * 8 * np.log(2) * 3
    assert float(ask(pixelcnn, "surprise", n=1).captions[-1]) == pytest.approx(
        float(places.nats(pixelcnn.serving(), data.images[:1], data.labels[:1]).sum()), abs=0.5
    )


def test_codes_appear_cell_by_cell(make: Make) -> None:
    experiment = make("vqvae")
    experiment.step()
    film = ask(experiment, "appearing", n=1)
    assert film.steps == [0, 1, 2, 3, 4]
    assert np.array_equal(film.history[-1][..., 0], ask(experiment, "samples", n=1).pixels[0])
