import math

import pytest
import torch

from models.generative import latent


def test_the_spherical_path_goes_round_at_an_even_angle() -> None:
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    third = latent.slerp(a, b, torch.tensor([1 / 3]))
    torch.testing.assert_close(third, torch.tensor([math.cos(math.pi / 6), math.sin(math.pi / 6)]))


def test_the_spherical_path_changes_its_length_evenly() -> None:
    middle = latent.slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), torch.tensor([0.5]))
    assert float(middle.norm()) == pytest.approx(2)


def test_the_spherical_path_between_points_of_one_direction_is_straight() -> None:
    midpoint = latent.slerp(torch.tensor([1.0, 1.0]), torch.tensor([3.0, 3.0]), torch.tensor([0.5]))
    torch.testing.assert_close(midpoint, torch.tensor([2.0, 2.0]))


@pytest.mark.parametrize("mode", ["linear", "spherical"])
def test_a_path_passes_through_its_anchors(mode: latent.Mode) -> None:
    anchors = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    points = latent.path(anchors, 5, mode)
    torch.testing.assert_close(points[[0, 2, 4]], anchors)


def test_a_loop_comes_back_to_the_first_anchor_without_showing_it_twice() -> None:
    anchors = torch.tensor([[0.0], [1.0]])
    torch.testing.assert_close(latent.path(anchors, 4, "linear", loop=True), torch.tensor([[0.0], [0.5], [1.0], [0.5]]))


def test_the_squares_corners_and_middle() -> None:
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    u, v = torch.tensor([[0.0], [1.0], [0.0], [1.0], [0.5]]), torch.tensor([[0.0], [0.0], [1.0], [1.0], [0.5]])
    points = latent.square(corners, u, v, "linear")
    torch.testing.assert_close(points, torch.cat([corners, torch.tensor([[0.5, 0.5]])]))


def test_principal_directions_are_those_of_the_points() -> None:
    points = torch.randn(4000, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([0.5, 3.0, 1.0]) + 2
    mean, axes = latent.principal_directions(points)
    torch.testing.assert_close(mean, torch.full((3,), 2.0), atol=0.15, rtol=0)
    torch.testing.assert_close(axes, torch.tensor([[0.0, 3.0, 0.0], [0.0, 0.0, 1.0]]), atol=0.15, rtol=0)


def test_the_strongest_directions_of_a_layer_are_its_right_singular_vectors() -> None:
    weights = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
    expected = torch.linalg.svd(weights).Vh[:2]
    axes = latent.strongest_directions(weights)
    torch.testing.assert_close((axes * expected).sum(1).abs(), torch.ones(2), atol=1e-4, rtol=0)


def test_a_plane_beside_zero_holds_points_as_long_as_noise() -> None:
    axes = torch.eye(50)[:2]
    noise = torch.randn(50, generator=torch.Generator().manual_seed(0))
    origin = latent.origin_beside(axes, noise)
    assert torch.equal(origin[:2], torch.zeros(2))
    assert float(origin.norm()) == pytest.approx(48**0.5, rel=1e-5)
    assert float(torch.cosine_similarity(origin[2:], noise[2:], dim=0)) == pytest.approx(1, abs=1e-6)
    assert float((origin + axes[0] + axes[1]).norm()) == pytest.approx(50**0.5, rel=1e-5)
