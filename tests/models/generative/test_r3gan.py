"""R3GAN's networks: sizes, mirror images, blocks that do nothing at first; and its penalty at real and generated images."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from lab import registry
from models.generative.r3gan import R3Discriminator, R3Generator, ResidualBlock, widths


def test_maps_are_halved_as_sides_are_doubled_up_to_four_times_the_features() -> None:
    assert widths(28, 32) == (7, [128, 64, 32])
    assert widths(32, 8) == (4, [32, 32, 16, 8])


@pytest.mark.parametrize(("channels", "size", "classes"), [(1, 28, 0), (3, 32, 5)])
def test_both_networks_take_and_give_images(channels: int, size: int, classes: int) -> None:
    g, d = R3Generator(12, channels, size, 16, classes), R3Discriminator(channels, size, 16, classes)
    labels = torch.tensor([0, classes - 1]) if classes else None
    images = g(torch.randn(2, 12), labels)
    assert images.shape == (2, channels, size, size)
    assert d(images, labels).shape == (2,)
    assert g.decode(torch.randn(2, 12), labels).min() >= 0
    assert g.directions().shape == (g.first.out_features, 12)


def test_a_block_begins_as_its_shortcut() -> None:
    x = torch.randn(2, 32, 4, 4)
    assert torch.equal(ResidualBlock(32)(x), x)


def test_the_penalty_is_half_the_squared_slope_at_real_and_at_generated_images() -> None:
    """Of a linear D the slope is its weights everywhere: gamma (1/2 + 1/2) |w|^2, times the steps between penalties."""

    class Linear(nn.Module):
        def forward(self, x: torch.Tensor, labels: Any) -> torch.Tensor:
            return (x * weights).flatten(1).sum(1)

    recipe = registry.recipe("r3gan")
    config = recipe.config_class().parse({"data": "digits", "size": 8, "features": 8, "r1": 3.0, "r1_every": 2})
    experiment = recipe.experiment_class()(config, torch.device("cpu"))
    weights = torch.randn(1, 8, 8, generator=torch.Generator().manual_seed(0))
    experiment.d.master = Linear()
    real, fake = torch.randn(4, 1, 8, 8), torch.randn(4, 1, 8, 8)
    penalty: Callable[..., Any] = experiment.penalty
    assert float(penalty(real, fake, None)) == pytest.approx(2 * 3.0 * float(weights.square().sum()), rel=1e-4)
    experiment.d_count = 1
    assert penalty(real, fake, None) == 0.0
