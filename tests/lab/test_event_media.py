"""What TensorBoard gets beside the scalars: settings, histograms of weights and the newest picture, at checkpoints."""

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import lab
from lab.event_media import HISTOGRAMS, SAMPLE, SIDE, histogram, png, samples, settings_text


def seen(folder: Path) -> EventAccumulator:
    reader = EventAccumulator(str(folder), size_guidance={"histograms": 0, "images": 0, "tensors": 0})
    reader.Reload()
    return reader


def test_settings_and_weights_are_in_the_event_file(runs_home: Path) -> None:
    reader = seen(lab.train("toy", steps=20, seed=3, run=runs_home / "a").path)
    assert [event.step for event in reader.Histograms("weights/weight")] == [10, 20]
    histogram_of_weights = reader.Histograms("weights/weight")[-1].histogram_value
    assert histogram_of_weights.num == 3
    (text,) = reader.Tensors("settings")
    assert text.step == 10
    assert b"| seed | 3 |" in text.tensor_proto.string_val[0]
    assert "losses/loss" in reader.Tags()["scalars"]


def test_a_generative_run_has_its_newest_picture(runs_home: Path) -> None:
    run = lab.train("vae", steps=2, hidden="8", latent=3, device="cpu", run=runs_home / "a")
    (event,) = seen(run.path).Images("pictures/newest")
    picture = Image.open(io.BytesIO(event.encoded_image_string))
    assert picture.size == (event.width, event.height)
    assert max(picture.size) <= SIDE


def test_a_histogram_counts_each_finite_value_once() -> None:
    fields = histogram(np.array([0.0, 1.0, 1.0, np.nan, np.inf], np.float32))
    assert (fields["num"], fields["min"], fields["max"], fields["sum"], fields["sum_squares"]) == (3, 0, 1, 2, 2)
    assert (fields["bucket"][0], fields["bucket"][-1], sum(fields["bucket"])) == (1, 2, 3)
    assert fields["bucket_limit"][-1] == 1
    assert histogram(np.array([np.nan]))["num"] == 1


def test_few_values_of_the_largest_tensors_are_taken() -> None:
    weights = {f"w{i}": torch.zeros(i + 2) for i in range(HISTOGRAMS + 3)} | {
        "count": torch.zeros(99, dtype=torch.int64),
        "one": torch.zeros(1),
    }
    assert list(samples(weights)) == [f"w{i}" for i in range(3, HISTOGRAMS + 3)]
    large = samples({"w": torch.arange(2.5 * SAMPLE)})["w"]
    assert len(large) <= SAMPLE
    assert large[:3].tolist() == [0, 3, 6]


def test_a_large_picture_shrinks() -> None:
    data, height, width = png(np.zeros((100, 4 * SIDE), np.uint8))
    assert (height, width) == (25, SIDE)
    assert Image.open(io.BytesIO(data)).size == (SIDE, 25)


def test_settings_keep_their_bars() -> None:
    assert settings_text("toy", {"a": "x|y", "b": 1}).splitlines()[2:] == ["| setting | value |", "|---|---|", "| a | x\\|y |", "| b | 1 |"]
