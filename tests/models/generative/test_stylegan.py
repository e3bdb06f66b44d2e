"""StyleGAN's generator: demodulated convolutions, styles per layer, truncation, pictures from coarse to fine; and style mixing in training."""

import pytest
import torch

from lab import registry
from models.generative.stylegan import Dense, ModulatedConv, StyleGenerator


@pytest.fixture
def g() -> StyleGenerator:
    torch.manual_seed(0)
    return StyleGenerator(latent=6, channels=1, size=16, features=8, mapping_layers=2)


def test_modulation_equals_a_convolution_with_scaled_and_normalised_weights() -> None:
    torch.manual_seed(0)
    conv = ModulatedConv(3, 5, 3, latent=4)
    x, w = torch.randn(2, 3, 6, 6), torch.randn(2, 4)
    for i in range(2):
        weight = conv.weight * conv.style(w[i : i + 1])[:, :, None, None]
        weight = weight / weight.square().sum((1, 2, 3), keepdim=True).sqrt()
        expected = torch.nn.functional.conv2d(x[i : i + 1], weight, padding=1)
        torch.testing.assert_close(conv(x, w)[i : i + 1], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("equalised", "moved"), [(True, 0.01 * 20), (False, 0.01 * 400)])
def test_an_equalised_layer_of_400_inputs_moves_a_twentieth_as_far_in_one_step_of_adam(equalised: bool, moved: float) -> None:
    torch.manual_seed(0)
    layer, ones = Dense(400, 50, equalised=equalised), torch.ones(1, 400)
    assert float(layer(torch.randn(500, 400)).detach().std()) == pytest.approx(1.0, abs=0.05)
    before = layer(ones) - layer.bias
    layer(ones).sum().backward()
    torch.optim.Adam(layer.parameters(), 0.01).step()  # Each weight goes down by the rate.
    torch.testing.assert_close(before - (layer(ones) - layer.bias), torch.full((1, 50), moved), rtol=1e-3, atol=1e-4)


def test_only_the_direction_of_z_counts(g: StyleGenerator) -> None:
    z = torch.randn(3, 6)
    torch.testing.assert_close(g(z), g(5 * z), rtol=1e-4, atol=1e-4)


def test_the_picture_is_added_up_from_the_smallest_side_to_the_largest(g: StyleGenerator) -> None:
    images = g.by_side(g.styles(torch.randn(2, 6)))
    assert [tuple(image.shape) for image in images] == [(2, 1, 4, 4), (2, 1, 8, 8), (2, 1, 16, 16)]
    assert len(g.layers) == 6


def test_fine_styles_leave_the_coarse_picture_as_it_is(g: StyleGenerator) -> None:
    w, other = g.styles(torch.randn(1, 6)), g.styles(torch.randn(1, 6))
    mixed = torch.cat([w[:, :4], other[:, 4:]], 1)
    before, after = g.by_side(w), g.by_side(mixed)
    assert torch.equal(before[1], after[1])
    assert not torch.equal(before[2], after[2])


def test_truncation_at_0_is_the_mean_style_and_at_1_changes_nothing(g: StyleGenerator) -> None:
    w = g.styles(torch.randn(2, 6))
    assert torch.equal(g.truncated(w, 1.0), w)
    torch.testing.assert_close(g.truncated(w, 0.0)[0, 0], g.style_of(g.known).mean(0))


def test_noise_has_no_effect_until_its_strength_is_learned(g: StyleGenerator) -> None:
    w = g.styles(torch.randn(1, 6))
    noise = [torch.randn(1, 1, side, side) for side in g.sides for _ in range(2)]
    assert torch.equal(g.synthesise(w), g.synthesise(w, noise))
    for layer in g.layers:
        layer.strength.data.fill_(0.5)
    assert not torch.equal(g.synthesise(w), g.synthesise(w, noise))


def test_directions_are_the_styles_slopes_by_z(g: StyleGenerator) -> None:
    """The slope of the first layer's affine function along one dimension of z, by differences."""
    z, step = g.known[:1], 1e-3 * torch.eye(6)[2:3]
    slope = (g.layers[0].conv.style(g.style_of(z + step)) - g.layers[0].conv.style(g.style_of(z - step)))[0] / 2e-3
    torch.testing.assert_close(g.directions()[: len(slope), 2], slope, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(("mixing", "expected"), [(0.0, 0.0), (1.0, 1.0)])
def test_the_first_layer_keeps_the_first_style_and_the_last_gets_the_second(mixing: float, expected: float) -> None:
    recipe = registry.recipe("stylegan")
    config = recipe.config_class().parse({"data": "digits", "size": 8, "features": 8, "d_features": 8, "mixing": mixing})
    second = recipe.experiment_class()(config, torch.device("cpu")).second_from(200, 4)
    assert not second[:, 0].any()
    assert float(second[:, -1].float().mean()) == expected
    assert 0 <= float(second[:, 1].float().mean()) <= expected
