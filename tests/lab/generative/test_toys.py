"""The toys: their distributions, what is measured of points, and that both learn."""

import logging
import math
import re
from typing import Any

import numpy as np
import pytest
import torch

from lab import registry
from lab.answers import Curves, Landscape
from lab.data import toy_distributions
from lab.data.toy_distributions import centres, energy_distance, modes_found
from lab.errors import UsageError
from lab.recipes.generative.diagnosis import CHECK_EVERY
from lab.recipes.generative.toy_config import parse_points
from lab.recipes.generative.toy_gan import TOY_ADVICE


def make(name: str, **fields: Any) -> Any:
    recipe = registry.recipe(name)
    return recipe.experiment_class()(recipe.config_class().parse(fields), torch.device("cpu"))


def ask(experiment: Any, view: str, **parameters: Any) -> Any:
    return experiment.answer(view, experiment.serving(), experiment.views()[view].checked(parameters))


def test_a_ring_has_its_centres_on_a_circle_and_a_grid_on_a_square() -> None:
    ring, grid = centres("ring"), centres("grid")
    assert ring is not None
    assert grid is not None
    assert torch.allclose(ring.norm(dim=1), torch.full((8,), 2.0))
    assert torch.allclose(ring[1], torch.full((2,), math.sqrt(2)))
    assert grid.unique(dim=0).shape == (25, 2)
    assert (float(grid.min()), float(grid.max())) == (-2.0, 2.0)
    assert centres("moons") is None


@pytest.mark.parametrize("name", ["ring", "grid", "moons", "spiral", "circle", "normal", "two peaks"])
def test_points_lie_where_the_plane_is_shown_and_come_again_with_the_seed(name: str) -> None:
    first, again = (toy_distributions.sample(name, 2000, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == (2000, toy_distributions.dimensions(name))
    assert float(first.abs().max()) < 3
    assert float(first.mean(0).abs().max()) < 0.6


def test_points_of_a_circle_are_as_far_from_its_middle() -> None:
    radius = toy_distributions.sample("circle", 4000, torch.Generator().manual_seed(0)).norm(dim=1)
    assert float(radius.mean()) == pytest.approx(1.8, abs=0.02)
    assert float(radius.std()) == pytest.approx(0.08, abs=0.01)


def test_modes_are_found_where_a_fifth_of_their_due_lies() -> None:
    middle = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    points = torch.cat([torch.zeros(8, 2), torch.tensor([[2.0, 0.1], [1.0, 0.0]])])  # One of ten at the second centre, whose due is five.
    assert modes_found(points, middle, 0.1) == (2, pytest.approx(0.9))
    assert modes_found(points[:8], middle, 0.1) == (1, pytest.approx(1.0))


def test_the_energy_distance_by_hand() -> None:
    """|a - b| is 1 or 3 (mean 2), |a - a'| is 2, |b - b'| is 2... of {0, 2} and {1, 3}: 2 * 1.5 - 2 - 2."""
    a, b = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [3.0]])
    assert energy_distance(a, b) == pytest.approx(2 * (1 + 3 + 1 + 1) / 4 - 2 - 2)


def test_ones_own_points_are_read_and_refused_in_words() -> None:
    assert parse_points(" 0.5,-1  2,2 ") == [(0.5, -1.0), (2.0, 2.0)]
    for text, reason in (("1", "x,y"), ("9,0", "between"), ("a,b", "x,y")):
        with pytest.raises(UsageError, match=reason):
            make("toy-gan", distribution="drawn", drawn=text)
    with pytest.raises(UsageError, match="at least one point"):
        make("toy-flow", distribution="drawn")
    points = make("toy-flow", distribution="drawn", drawn="1,1").points.shown(500)
    assert torch.allclose(points.mean(0), torch.ones(2), atol=0.02)


@pytest.mark.parametrize("name", ["toy-gan", "toy-flow"])
@pytest.mark.parametrize("distribution", ["ring", "two peaks"])
def test_every_view_answers_and_can_be_drawn(name: str, distribution: str) -> None:
    experiment = make(name, distribution=distribution, hidden="8")
    experiment.step()
    shown, along = ask(experiment, "landscape", n=50), ask(experiment, "densities", n=100)
    assert isinstance(shown, Landscape)
    assert isinstance(along, Curves)
    assert shown.groups["real"].shape == (50, 2)
    assert all(np.isfinite(array).all() for array in shown.arrays().values())
    assert shown.picture().dtype == np.uint8


def test_arrows_point_up_the_scores_of_d_and_the_longest_has_a_length_of_its_own() -> None:
    experiment = make("toy-gan")
    experiment.step()
    arrows = torch.from_numpy(ask(experiment, "landscape", n=100).arrows).float()
    d, step = experiment.nets.d, 1e-2
    assert float(arrows[:, 2:].norm(dim=1).max()) == pytest.approx(0.35, abs=1e-3)
    with torch.no_grad():
        assert float((d(arrows[:, :2] + step * arrows[:, 2:]) - d(arrows[:, :2])).mean()) > 0


def test_the_ways_of_a_flow_begin_in_noise_and_stop_at_the_time_asked_for() -> None:
    experiment = make("toy-flow", hidden="8")
    start, half = ask(experiment, "landscape", t=0.0, n=20), ask(experiment, "landscape", t=0.5, n=20, ways=10, evaluations=8)
    assert set(start.groups) == {"real", "noise"}
    assert half.paths.shape == (10, 5, 2)
    assert np.array_equal(half.paths[:, 0], half.groups["noise"][:10])
    assert np.allclose(half.paths[:, -1], half.groups["generated"][:10])


def test_of_points_on_a_line_up_is_time() -> None:
    """With the velocity 2 t: the ways of Euler's four steps to t = 1 gain 2 t / 4 each, and an arrow leans as 2 t to the 4.2 from bottom to top."""
    experiment = make("toy-flow", distribution="normal", hidden="8")
    net = torch.nn.Module()
    net.forward = lambda x, t: 2 * t[:, None].expand_as(x)
    shown = experiment.answer("landscape", net, {"t": 1.0, "n": 20, "ways": 10, "evaluations": 4})
    assert np.allclose(shown.paths[:, :, 1], [-2.7, -1.65, -0.6, 0.45, 1.5])
    assert np.allclose(shown.paths[:, :, 0] - shown.paths[:, :1, 0], [0, 0, 0.125, 0.375, 0.75], atol=1e-6)
    heights = {name: points[:, 1] for name, points in shown.groups.items()}
    assert {name: (h.min(), h.max()) for name, h in heights.items()} == {
        "real": pytest.approx((1.668, 1.668)), "noise": pytest.approx((-2.7, -2.7)), "generated": pytest.approx((1.5, 1.5)),
    }  # fmt: skip
    assert list(shown.heights) == pytest.approx([-2.7, -1.65, -0.6, 0.45, 1.5])
    assert list(shown.heights.values()) == ["t = 0", "t = 0.25", "t = 0.5", "t = 0.75", "t = 1"]
    assert shown.picture().dtype == np.uint8
    x, y, dx, dy = shown.arrows.T
    assert (len(x), x.min(), x.max(), y.min(), y.max()) == (225, -3, 3, pytest.approx(-2.7), pytest.approx(1.5))
    assert np.allclose(dx / dy, 2 * np.minimum((y + 2.7) / 4.2, 0.99) / 4.2, atol=1e-6)
    assert float(np.hypot(dx, dy).max()) == pytest.approx(0.3)
    assert "up is time" in shown.title
    assert "up is time" not in ask(make("toy-flow", hidden="8"), "landscape", n=5).title


def test_a_flow_learns_two_peaks() -> None:
    experiment = make("toy-flow", distribution="two peaks", hidden="32,32", ema=0.9, evaluations=20, learning_rate=0.02)
    before = experiment.evaluate()
    for _ in range(300):
        experiment.step()
    figures = experiment.evaluate()
    assert figures["energy_distance"] < 0.4 * before["energy_distance"]
    assert figures["modes_found"] == figures["modes"] == 2


@pytest.mark.parametrize("loss", ["non-saturating", "relativistic", "wasserstein"])
def test_the_accuracy_of_d_is_that_on_the_measured_points_and_a_critic_has_none(loss: str) -> None:
    experiment = make("toy-gan", distribution="normal", hidden="8", loss=loss)
    experiment.nets.d = torch.nn.Sequential(torch.nn.Flatten(0))  # The score of a point is its place.
    experiment.nets.g[-1].weight.data.zero_()
    experiment.nets.g[-1].bias.data.fill_(-1.0)
    figures = experiment.evaluate(samples=1000)
    if loss == "wasserstein":
        assert not any("accuracy" in name for name in figures)
        return
    real = experiment.points.shown(1000, 1)
    limit = 0.0 if loss == "non-saturating" else 0.5 * (float(real.mean()) - 1)
    assert figures["d_fake_accuracy"] == 1
    assert figures["d_accuracy"] == pytest.approx(0.5 * (1 + figures["d_real_accuracy"]))
    assert figures["d_real_accuracy"] == pytest.approx(float((real > limit).float().mean()))


def test_a_toy_whose_d_has_won_says_so_in_the_log_and_in_its_view(caplog: pytest.LogCaptureFixture) -> None:
    experiment = make("toy-gan", hidden="8", d_hidden="8", batch_size=8)
    won = {name: torch.tensor(1.0) for name in ("losses/discriminator", "charts/d_real_accuracy", "charts/d_fake_accuracy")}
    experiment.diversity = lambda: 1.0
    with caplog.at_level(logging.WARNING, logger="lab.recipes"):
        for experiment.steps in range(1, 2 * CHECK_EVERY + 1):
            experiment.diagnose(won)
            if experiment.steps == CHECK_EVERY - 1:
                assert ask(experiment, "warnings").nothing
    assert [record.getMessage()[:20] for record in caplog.records] == ["step 500: D has won:"]
    assert "D has won" in ask(experiment, "warnings").text
    again = make("toy-gan", hidden="8", d_hidden="8", batch_size=8)
    again.restore(experiment.state())
    again.diversity = experiment.diversity
    assert ask(again, "warnings") == ask(experiment, "warnings")


def test_what_a_toy_is_advised_to_try_it_has() -> None:
    fields = registry.recipe("toy-gan").config_class().model_fields
    flags = re.findall(r"--([a-z0-9-]+)", " ".join(TOY_ADVICE[name] for name in ("collapse", "dead_d", "weak_d", "not_finite")))
    assert flags
    assert {flag.replace("-", "_") for flag in flags} <= set(fields)


def test_a_toy_gan_stored_before_it_was_watched_goes_on() -> None:
    experiment = make("toy-gan", hidden="8", d_hidden="8")
    experiment.step()
    state = experiment.state()
    del state["diagnosis"]
    again = make("toy-gan", hidden="8", d_hidden="8")
    again.restore(state)
    again.step()
    assert again.diagnosis.seen["d_accuracy"] == 1
