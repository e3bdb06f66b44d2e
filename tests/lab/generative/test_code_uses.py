"""Anomalies, retrieval and clusters by codes."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lab.errors import UsageError
from lab.recipes.generative.code_uses import k_means


def test_points_in_two_clouds_are_two_clusters() -> None:
    points = torch.tensor([[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 2.0]])
    middles, nearest = k_means(points, 2)
    assert sorted(middles.tolist()) == [[0.0, 1.0], [10.0, 1.0]]
    assert nearest[0] == nearest[1] != nearest[2] == nearest[3]


def test_a_class_that_is_left_out_is_never_learned_and_its_errors_are_ranked(make: Callable[..., Any]) -> None:
    experiment = make("autoencoder", left_out="1", batch_size=64)
    for _ in range(30):  # More than an epoch.
        assert not bool((experiment.feed.batch()[1] == 1).any())
    experiment.config = experiment.config.model_copy(update={"quality_every": 0})
    experiment.monitor.quality = dict
    assert 0 <= experiment.evaluate()["anomaly_auc"] <= 1


def test_a_class_that_is_none_is_refused(make: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match="--left-out must be one of the classes 0, 1"):
        make("autoencoder", left_out="x")


def test_the_largest_error_comes_first_and_an_image_is_the_most_similar_to_itself(make: Callable[..., Any]) -> None:
    experiment = make("autoencoder")
    net = experiment.serving().eval()
    numbers = [float(caption.split()[1]) for caption in experiment.answer("anomalies", net, {"n": 9}).captions]
    assert numbers == sorted(numbers, reverse=True)
    answer = experiment.answer("similar", net, {"index": 3, "n": 4})
    test = experiment.answer("test_images", net, {"n": 1, "first": 3})
    assert (answer.pixels[0] == test.pixels[0]).all()
