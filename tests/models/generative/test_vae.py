import math

import pytest
import torch

import models
from models.generative.vae import VAE, importance_nll, kl_divergence, log_normal, negative_log_likelihood, reparameterize


def test_the_default_has_the_published_number_of_parameters() -> None:
    assert sum(p.numel() for p in models.build("vae").parameters()) == 652_824


def test_kl_agrees_with_a_monte_carlo_estimate() -> None:
    mu, logvar = torch.tensor([[0.7, -1.2]]), torch.tensor([[-0.5, 0.8]])
    noise = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0))
    z = reparameterize(mu, logvar, noise)
    estimate = (log_normal(z, mu, logvar) - log_normal(z)).mean()
    assert float(kl_divergence(mu, logvar).sum()) == pytest.approx(float(estimate), rel=0.01)


def test_kl_of_the_prior_is_zero() -> None:
    assert not kl_divergence(torch.zeros(3, 4), torch.zeros(3, 4)).any()


def test_bernoulli_likelihood_by_hand() -> None:
    logits, images = torch.tensor([[math.log(3.0), 0.0]]), torch.tensor([[1.0, 0.25]])  # probabilities 3/4 and 1/2
    expected = -math.log(3 / 4) - math.log(1 / 2)
    assert float(negative_log_likelihood(logits, images, "bernoulli")) == pytest.approx(expected, rel=1e-6)


def test_gaussian_likelihood_by_hand() -> None:
    logits, images = torch.zeros(1, 1), torch.ones(1, 1)  # mean 1/2, one and a quarter deviations of 0.4 away
    expected = 0.5 * 1.25**2 + math.log(0.4) + 0.5 * math.log(2 * math.pi)
    assert float(negative_log_likelihood(logits, images, "gaussian", sigma=0.4)) == pytest.approx(expected, rel=1e-6)


def test_importance_sampling_finds_the_likelihood_of_a_model_whose_decoder_ignores_z() -> None:
    net = VAE((1, 2, 2), latent=3, hidden=(4,))
    with torch.no_grad():
        for parameter in net.decoder.parameters():
            parameter.zero_()  # p(x|z) is 1/2 a pixel, so log p(x) = 4 log 1/2 whatever q is.
    images = torch.tensor([[[[0.0, 1.0], [1.0, 1.0]]]])
    nll = importance_nll(net, images, None, 2_000, torch.Generator().manual_seed(0))
    assert float(nll) == pytest.approx(4 * math.log(2), abs=0.05)


def test_importance_sampling_is_tighter_than_the_elbo() -> None:
    torch.manual_seed(0)
    net = VAE((1, 4, 4), latent=4, hidden=(16,))
    images = torch.rand(50, 1, 4, 4)
    generator = torch.Generator().manual_seed(0)
    elbo = []
    for _ in range(50):
        logits, mu, logvar = net(images, torch.randn(50, 4, generator=generator))
        elbo.append(negative_log_likelihood(logits, images, "bernoulli") + kl_divergence(mu, logvar).sum(1))
    assert float(importance_nll(net, images, None, 200, generator).mean()) < float(torch.stack(elbo).mean().detach())


@pytest.mark.parametrize("architecture", ["dense", "conv"])
@pytest.mark.parametrize(("size", "channels"), [(8, 1), (28, 1), (32, 3), (64, 3)])
@pytest.mark.parametrize("classes", [0, 5])
def test_shapes(architecture: str, size: int, channels: int, classes: int) -> None:
    net = VAE((channels, size, size), latent=3, hidden=(16, 8), features=4, architecture=architecture, classes=classes)  # type: ignore[arg-type]
    images, labels = torch.rand(2, channels, size, size), torch.tensor([0, 4]) if classes else None
    logits, mu, logvar = net(images, torch.randn(2, 3), labels)
    assert logits.shape == images.shape
    assert mu.shape == logvar.shape == (2, 3)
    assert net.decode(net.encode(images, labels), labels).shape == images.shape


def test_a_conditional_network_refuses_to_go_without_labels() -> None:
    net = VAE((1, 8, 8), latent=2, hidden=(8,), classes=3)
    with pytest.raises(ValueError, match="labels"):
        net.decode(torch.zeros(1, 2))


def test_a_mixture_of_classes_lies_between_them_in_the_input() -> None:
    net = VAE((1, 8, 8), latent=2, hidden=(8,), classes=3)
    z = torch.zeros(1, 2)
    one_hot = net.decode(z, torch.tensor([[0.0, 1.0, 0.0]]))
    torch.testing.assert_close(one_hot, net.decode(z, torch.tensor([1])))
