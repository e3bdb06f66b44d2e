from collections.abc import Callable

import numpy as np
import pytest
import torch

from lab.data.images import LabelledImages
from lab.data.load import load_images
from lab.experiment import Experiment
from lab.quality import judge as judges
from lab.quality.measure import class_shares, density_and_coverage, frechet_distance, kernel_distance, quality

CPU = torch.device("cpu")


def test_frechet_distance_of_shifted_points_is_the_squared_shift() -> None:
    points = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    assert frechet_distance(points, points + torch.tensor([3.0, 0.0, 4.0])) == pytest.approx(25, rel=1e-3)


def test_frechet_distance_of_stretched_points_by_hand() -> None:
    points = torch.tensor([[-1.0], [1.0]]).repeat(200, 1)
    variance = float(points.var())
    assert frechet_distance(points, 3 * points) == pytest.approx((3 - 1) ** 2 * variance, rel=1e-3)


def test_kernel_distance_is_about_zero_for_the_same_distribution_and_grows_with_the_shift() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(400, 4, generator=generator) for _ in range(2))
    distances = [kernel_distance(a, b + shift) for shift in (0.0, 0.5, 1.0)]
    assert abs(distances[0]) < 0.2
    assert 2 * distances[0] < distances[1] < 0.5 * distances[2]


def test_density_and_coverage_by_hand() -> None:
    reference = torch.tensor([[0.0], [1.0], [3.0], [10.0]])  # Distances to the nearest other: 1, 1, 2, 7.
    samples = torch.tensor([[0.5], [0.6], [2.0], [50.0]])
    # 0.5 and 0.6 lie in the balls of 0 and 1, 2.0 in that of 3 (2 - 1 = 1 is no longer inside that of 1), 50 in none.
    density, coverage = density_and_coverage(reference, samples, k=1)
    assert density == pytest.approx(5 / 4)
    assert coverage == pytest.approx(3 / 4)


def test_coverage_shows_a_collapse_that_density_does_not() -> None:
    reference = torch.randn(300, 5, generator=torch.Generator().manual_seed(0))
    density, coverage = density_and_coverage(reference, torch.zeros(300, 5))
    assert density > 1
    assert coverage < 0.5


def test_class_shares_are_relative_to_the_data() -> None:
    shares = class_shares(torch.tensor([0, 0, 0, 1]), torch.tensor([0, 1, 1, 1]), 2)
    assert shares.tolist() == [3.0, pytest.approx(1 / 3)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "STEPS", 150)


@pytest.mark.usefixtures("quick")
def test_real_images_are_near_and_noise_is_far() -> None:
    train, test = load_images("digits", "train", CPU), load_images("digits", "test", CPU)
    real = quality(train.images[:600].float() / 255, train.labels[:600], train, test, "digits")
    noise = quality(torch.rand(600, 1, 8, 8, generator=torch.Generator().manual_seed(0)), train.labels[:600], train, test, "digits")
    assert real["judge_accuracy"] > 0.85
    assert real["conditional_accuracy"] > 0.9
    assert noise["conditional_accuracy"] < 0.3
    assert real["frechet_distance"] < 0.2 * noise["frechet_distance"]
    assert real["coverage"] > 0.7 > 0.1 > noise["coverage"]
    assert real["class_share_min"] > 0.7


@pytest.mark.usefixtures("quick")
def test_the_judge_is_kept_and_is_the_same_when_trained_again(data_home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = load_images("digits", "train", CPU), load_images("digits", "test", CPU)
    first = judges.judge("digits", train, test)
    monkeypatch.setattr(judges, "fit", None)  # It would fail if it were called.
    second = judges.judge("digits", train, test)
    assert all(torch.equal(a, b) for a, b in zip(first.net.parameters(), second.net.parameters(), strict=True))
    assert first.accuracy == second.accuracy


@pytest.mark.usefixtures("quick")
def test_images_of_one_class_are_judged_by_their_turns() -> None:
    train, test = (
        LabelledImages(d.images, torch.zeros_like(d.labels), ("all",))
        for d in (load_images("digits", "train", CPU), load_images("digits", "test", CPU))
    )
    judged = judges.judge("one", train, test)
    assert judged.task == "rotations"
    assert judged.accuracy > 0.5  # Chance is a quarter.
    assert "class_shares" not in quality(train.images[:300].float() / 255, None, train, test, "one")


@pytest.mark.usefixtures("quick")
def test_a_recipe_measures_its_samples(make: Callable[..., Experiment]) -> None:
    experiment = make("cvae", quality_every=2)
    assert "quality/coverage" not in experiment.step()
    metrics = experiment.step()
    assert 0 <= metrics["quality/conditional_accuracy"][0] <= 1
    shares = experiment.answer("class_share", experiment.serving(), {"n": 100})
    assert len(shares.names) == 10
    assert np.isfinite(shares.values).all()
    figures = experiment.evaluate()
    assert figures["nll"] < figures["negative_elbo"] + 1
    assert {"frechet_distance", "frechet_distance_floor", "judge_accuracy"} <= figures.keys()
