"""The z of a generator without an encoder: a linear generator's is known."""

import torch
from torch import nn

from models.generative.inversion import invert
from models.generative.latent import class_directions, feature_directions


class Linear(nn.Module):
    """Two pixels, each a number of z."""

    classes = 0

    def decode(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return (3 * z).view(-1, 1, 1, 2)


def test_a_linear_generator_is_inverted_but_for_the_pull_towards_0() -> None:
    noise = torch.tensor([[5.0, 5.0], [0.5, 0.0]])
    z = invert(Linear(), torch.tensor([[[[0.9, -0.3]]]]), None, noise, steps=300)
    # The minimum of sum (3 z - x)^2 + 0.01 z^2 is at z = 3 x / 9.01.
    assert torch.allclose(z, torch.tensor([[2.7, -0.9]]) / 9.01, atol=1e-3)


def test_without_steps_it_is_the_nearest_of_the_noise() -> None:
    noise = torch.tensor([[5.0, 5.0], [0.5, 0.0]])
    assert torch.equal(invert(Linear(), torch.tensor([[[[0.9, -0.3]]]]), None, noise, steps=0), noise[1:])


def test_directions_of_features_are_found_in_z_in_the_order_of_their_variance() -> None:
    z = torch.randn(4000, 3, generator=torch.Generator().manual_seed(0))
    features = torch.stack([4 * z[:, 2], 2 * z[:, 0], 0 * z[:, 1]], 1)[:1000]
    directions, shares = feature_directions(features, z[:1000], 2)
    assert torch.allclose(directions.abs(), torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]), atol=0.08)
    assert torch.allclose(shares, torch.tensor([0.8, 0.2]), atol=0.03)  # 16 and 4 of 20.


def test_the_direction_of_a_class_leads_from_the_others_to_it() -> None:
    z = torch.tensor([[0.0, 2.0], [0.0, 4.0], [3.0, 3.0], [5.0, 3.0]])
    directions = class_directions(z, torch.tensor([0, 0, 1, 1]), 3)
    assert torch.equal(directions, torch.tensor([[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]))
