import pytest
import torch

from models.generative.elbo import ElboGradient, applies_to
from models.generative.vae import VAE, kl_divergence, negative_log_likelihood


@pytest.mark.parametrize("hidden", [(7,), (9, 6, 5)])
@pytest.mark.parametrize(("classes", "batch"), [(0, 8), (3, 8), (0, 100)])
def test_the_written_out_gradient_is_autograds(hidden: tuple[int, ...], classes: int, batch: int) -> None:
    torch.manual_seed(0)
    net = VAE((1, 4, 4), latent=3, hidden=hidden, classes=classes)
    with torch.no_grad():
        net.logvar.bias[0] = 9  # Log-variances that leave their range.
    images, noise = torch.rand(batch, 1, 4, 4), torch.randn(batch, 3)
    labels = torch.arange(batch) % 3 if classes else None
    logits, mu, logvar = net(images, noise, labels)
    assert (logvar == 8).any()
    reconstruction = negative_log_likelihood(logits, images, "bernoulli").mean()
    kl = kl_divergence(mu, logvar).sum(1).mean()
    expected = torch.autograd.grad(reconstruction + 0.7 * kl, list(net.parameters()))
    gradients = [torch.full_like(p, torch.nan) for p in net.parameters()]
    found = ElboGradient(net, gradients)(images, noise, labels, beta=0.7)
    assert found is not None
    torch.testing.assert_close(found[0], reconstruction.detach())
    torch.testing.assert_close(found[1], kl.detach())
    torch.testing.assert_close(gradients, list(expected), rtol=2e-4, atol=2e-4)
    again = [torch.full_like(p, torch.nan) for p in net.parameters()]
    assert ElboGradient(net, again)(images, noise, labels, beta=0.7, terms=False) is None
    assert all(torch.equal(a, b) for a, b in zip(again, gradients, strict=True))


def test_it_is_for_dense_networks_with_the_bernoulli_likelihood() -> None:
    assert applies_to(VAE((1, 8, 8), hidden=(4,)))
    assert not applies_to(VAE((1, 8, 8), hidden=(4,), likelihood="gaussian"))
    assert not applies_to(VAE((1, 8, 8), architecture="conv", features=2))
