import pytest
import torch
from torch import nn

import models
from models.generative.autoencoder import Autoencoder
from models.generative.building_blocks import stages
from models.generative.conv import draw_weights
from models.generative.dcgan import DCGANDiscriminator, DCGANGenerator
from models.generative.gan import DenseDiscriminator, DenseGenerator


def test_dcgan_has_the_published_numbers_of_parameters() -> None:
    count = [sum(p.numel() for p in models.build(f"dcgan-{part}").parameters()) for part in ("generator", "discriminator")]
    assert count == [3_576_704, 2_765_568]


@pytest.mark.parametrize(("size", "expected"), [(8, (4, 1)), (28, (7, 2)), (32, (4, 3)), (48, (6, 3)), (64, (4, 4)), (36, (9, 2))])
def test_a_size_is_halved_to_its_base(size: int, expected: tuple[int, int]) -> None:
    assert stages(size) == expected


@pytest.mark.parametrize("size", [7, 30, 84, 100, 33])
def test_a_size_that_cannot_be_halved_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="power of 2"):
        stages(size)


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (28, 1), (32, 3), (64, 3)])
@pytest.mark.parametrize("classes", [0, 4])
def test_dcgan_shapes_and_range(size: int, channels: int, classes: int) -> None:
    g, d = DCGANGenerator(5, channels, size, 4, classes), DCGANDiscriminator(channels, size, 4, classes)
    labels = torch.tensor([0, 1, 3]) if classes else None
    images = g(torch.randn(3, 5), labels)
    assert images.shape == (3, channels, size, size)
    assert images.abs().max() <= 1
    assert d(images, labels).shape == (3,)
    assert g.decode(torch.randn(3, 5), labels).min() >= 0
    assert g.directions().shape[1] == 5


@pytest.mark.parametrize("classes", [0, 4])
def test_dense_gan_shapes(classes: int) -> None:
    g, d = DenseGenerator((3, 6, 6), 5, (7, 9), classes), DenseDiscriminator((3, 6, 6), (9, 7), classes)
    labels = torch.tensor([0, 1, 3]) if classes else None
    images = g(torch.randn(3, 5), labels)
    assert images.shape == (3, 3, 6, 6)
    assert d(images, labels).shape == (3,)
    assert g.directions().shape == (7, 5)


def test_spectral_norm_keeps_every_layer_from_stretching() -> None:
    torch.manual_seed(0)
    d = DenseDiscriminator((1, 6, 6), (20, 10), spectral=True)
    for _ in range(50):  # One power iteration a pass.
        d(torch.randn(4, 1, 6, 6))
    linear = [layer for layer in d.layers if isinstance(layer, torch.nn.Linear)]
    assert all(float(torch.linalg.matrix_norm(layer.weight.detach(), 2)) == pytest.approx(1, abs=0.02) for layer in linear)


def test_a_critic_without_batch_norm_scores_each_image_by_itself() -> None:
    d = DCGANDiscriminator(1, 16, 4, norm="none")
    images = torch.randn(4, 1, 16, 16)
    torch.testing.assert_close(d(images)[:2], d(images[:2]))


def test_dcgan_weights_begin_small() -> None:
    torch.manual_seed(0)
    g = DCGANGenerator(50, 1, 32, 16)
    draw_weights(g)
    assert float(g.first.weight.detach().std()) == pytest.approx(0.02, rel=0.02)


def test_weights_under_spectral_norm_are_drawn_too_and_have_norm_one() -> None:
    torch.manual_seed(0)
    d = DCGANDiscriminator(1, 32, 16, norm="none", spectral=True)
    draw_weights(d)
    layers = [layer for layer in d.modules() if isinstance(layer, nn.Conv2d) and hasattr(layer, "parametrizations")]
    assert layers
    for layer in layers:
        assert float(layer.parametrizations.weight.original.detach().std()) == pytest.approx(0.02, rel=0.2)
        assert float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)) == pytest.approx(1, abs=0.05)


def test_an_autoencoders_stand_in_for_a_prior_has_the_codes_mean_and_covariance() -> None:
    net = Autoencoder((1, 4, 4), latent=2, hidden=(8,))
    generator = torch.Generator().manual_seed(0)
    mix = torch.tensor([[2.0, 0.0], [1.0, 0.5]])
    for _ in range(400):
        net.update_code_statistics(torch.randn(256, 2, generator=generator) @ mix.T + torch.tensor([3.0, -1.0]), 0.02)
    drawn = net.prior(torch.randn(50_000, 2, generator=generator))
    torch.testing.assert_close(drawn.mean(0), torch.tensor([3.0, -1.0]), atol=0.1, rtol=0)
    torch.testing.assert_close(torch.cov(drawn.T), mix @ mix.T, atol=0.25, rtol=0)


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_autoencoder_shapes(architecture: str) -> None:
    net = Autoencoder((3, 16, 16), latent=4, hidden=(8,), features=4, architecture=architecture)  # type: ignore[arg-type]
    logits, code = net(torch.rand(2, 3, 16, 16))
    assert logits.shape == (2, 3, 16, 16)
    assert code.shape == (2, 4)
