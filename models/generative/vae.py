"""The variational autoencoder (Kingma & Welling 2014), beta-VAE (Higgins et al. 2017), conditional VAE (Sohn et al. 2015).

The evidence lower bound of an image is ELBO = E_q[log p(x|z)] - KL(q(z|x) || N(0, I)), in nats. Read `VAE.forward` first.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.autoencoder import Architecture, DenseDecoder, DenseEncoder, decoder, encoder
from models.kernels.dense_elbo import ElboGradient

Likelihood = Literal["bernoulli", "gaussian"]

LOGVAR_RANGE = (-12.0, 8.0)
"""The range that log-variances are clamped to: beyond it exp overflows, or the noise vanishes."""


class VAE(nn.Module):
    """images in [0, 1] (B, C, H, W) -> q(z|x) = N(mu, exp(logvar)) -> z -> logits. With `classes` both sides get the label.

    The default is 784-400-20 with 652,824 parameters.
    """

    has_encoder = True

    def __init__(
        self, shape: Sequence[int] = (1, 28, 28), latent: int = 20, hidden: Sequence[int] = (400,), features: int = 32,
        architecture: Architecture = "dense", classes: int = 0, likelihood: Likelihood = "bernoulli",
    ):  # fmt: skip
        super().__init__()
        self.shape, self.latent, self.classes, self.likelihood = tuple(shape), latent, classes, likelihood
        self.encoder = encoder(architecture, shape, hidden, features, classes)
        self.mu = nn.Linear(int(self.encoder.width), latent)  # type: ignore[arg-type]
        self.logvar = nn.Linear(int(self.encoder.width), latent)  # type: ignore[arg-type]
        self.decoder = decoder(architecture, shape, hidden, features, latent, classes)

    def forward(self, images: Tensor, noise: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """(logits (B, C, H, W), mu (B, latent), logvar (B, latent)) for images and standard normal noise (B, latent)."""
        mu, logvar = self.posterior(images, labels)
        return self.decoder(reparameterize(mu, logvar, noise), labels), mu, logvar

    def posterior(self, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """mu and logvar of q(z|x), each (B, latent)."""
        h = self.encoder(images, labels)
        return self.mu(h), self.logvar(h).clamp(*LOGVAR_RANGE)

    def encode(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """The mean of q(z|x) (B, latent)."""
        return self.posterior(images, labels)[0]

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """The mean of p(x|z): images in [0, 1] (B, C, H, W)."""
        return torch.sigmoid(self.decoder(z, labels))

    def prior(self, noise: Tensor) -> Tensor:
        return noise

    def elbo_gradient(self, gradients: Sequence[Tensor]) -> ElboGradient | None:
        """The bound's gradient without autograd, written into `gradients` (one per parameter): for dense layers and Bernoulli likelihood."""
        if not (isinstance(self.encoder, DenseEncoder) and isinstance(self.decoder, DenseDecoder) and self.likelihood == "bernoulli"):
            return None
        encoder, decoder = ([m for m in side.modules() if isinstance(m, nn.Linear)] for side in (self.encoder, self.decoder))
        return ElboGradient(encoder, self.mu, self.logvar, decoder, LOGVAR_RANGE, dict(zip(self.parameters(), gradients, strict=True)))


def reparameterize(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """z = mu + sigma * noise."""
    return mu + (0.5 * logvar).exp() * noise


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, exp(logvar)) || N(0, I)) of each dimension (B, latent), in nats (Kingma & Welling 2014, app. B)."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar)


def negative_log_likelihood(logits: Tensor, images: Tensor, likelihood: Likelihood, sigma: float = 0.1) -> Tensor:
    """-log p(x|z) of each image (B,), in nats, for logits and images (B, ...).

    Bernoulli: the cross-entropy of grey values in [0, 1] taken as probabilities. Gaussian: mean sigmoid(logits),
    standard deviation `sigma`.
    """
    if likelihood == "bernoulli":
        return F.binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(1)
    per_pixel = 0.5 * ((images - torch.sigmoid(logits)) / sigma).square() + math.log(sigma) + 0.5 * math.log(2 * math.pi)
    return per_pixel.flatten(1).sum(1)


def log_normal(z: Tensor, mu: Tensor | float = 0.0, logvar: Tensor | float = 0.0) -> Tensor:
    """log N(z; mu, exp(logvar)) summed over the last dimension."""
    spread = logvar if isinstance(logvar, Tensor) else torch.tensor(logvar, device=z.device)
    return (-0.5 * (math.log(2 * math.pi) + spread + (z - mu).square() / spread.exp())).sum(-1)


@torch.no_grad()
def importance_nll(net: VAE, images: Tensor, labels: Tensor | None, samples: int, generator: torch.Generator, sigma: float = 0.1) -> Tensor:
    """-log p(x) of each image (B,) in nats by importance sampling from q(z|x) (Burda et al. 2016, eq. 8).

    -log (1/K) sum_k p(x|z_k) p(z_k) / q(z_k|x), never above -ELBO in expectation, and tighter with more samples.
    """
    mu, logvar = net.posterior(images, labels)
    weights = []
    for _ in range(samples):
        noise = torch.randn(mu.shape, generator=generator, device=generator.device).to(mu.device)
        z = reparameterize(mu, logvar, noise)
        logits = net.decoder(z, labels)
        log_joint = log_normal(z) - negative_log_likelihood(logits, images, net.likelihood, sigma)
        weights.append(log_joint - log_normal(z, mu, logvar))
    return math.log(samples) - torch.stack(weights).logsumexp(0)
