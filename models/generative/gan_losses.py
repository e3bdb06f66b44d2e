"""Losses of adversarial training and the penalties on the discriminator's gradient. Scores are logits (any shape).

Each loss is the mean over the scores. Image-to-image models use these too (a PatchGAN's scores are (B, 1, h, w)).
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Loss = Literal["non-saturating", "minimax", "hinge", "lsgan", "wasserstein", "relativistic"]


def discriminator_loss(kind: Loss, real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """What D minimises, given its scores of real and of generated images.

    non-saturating, minimax: -log D(x) - log(1 - D(G(z))), D = sigmoid(score) (Goodfellow et al. 2014); the target of real
    images is 1 - `smoothing` (Salimans et al. 2016). hinge: max(0, 1 - D(x)) + max(0, 1 + D(G(z))) (Lim & Ye 2017).
    lsgan: (D(x) - 1 + smoothing)^2 + D(G(z))^2 (Mao et al. 2017). wasserstein: D(G(z)) - D(x) (Arjovsky et al. 2017).
    relativistic: softplus(D(G(z)) - D(x)) of pairs (Jolicoeur-Martineau 2019), as many of the one as of the other.
    """
    if kind == "relativistic":
        return F.softplus(fake - real).mean()
    if kind in ("non-saturating", "minimax"):
        # -t log s(r) - (1 - t) log(1 - s(r)) = softplus(-r) + (1 - t) r
        return F.softplus(-real).mean() + smoothing * real.mean() + F.softplus(fake).mean()
    if kind == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    if kind == "lsgan":
        return (real - (1 - smoothing)).square().mean() + fake.square().mean()
    return fake.mean() - real.mean()


def generator_loss(kind: Loss, fake: Tensor, real: Tensor | None = None) -> Tensor:
    """What G minimises, given D's scores of its images; relativistic also of as many real ones.

    non-saturating: -log D(G(z)). minimax: log(1 - D(G(z))), whose gradient vanishes where D is confident.
    hinge, wasserstein: -D(G(z)). lsgan: (D(G(z)) - 1)^2. relativistic: softplus(D(x) - D(G(z))).
    """
    if kind == "relativistic":
        assert real is not None
        return F.softplus(real - fake).mean()
    if kind == "non-saturating":
        return F.softplus(-fake).mean()
    if kind == "minimax":
        return -F.softplus(fake).mean()
    if kind == "lsgan":
        return (fake - 1).square().mean()
    return -fake.mean()


def boundary(kind: Loss) -> float:
    """The score above which D classifies an image as real."""
    return 0.5 if kind == "lsgan" else 0.0


def threshold(kind: Loss, real: Tensor, fake: Tensor) -> Tensor | float:
    """The same where it depends on the scores: a relativistic D's have no zero, so it lies midway between their means."""
    return 0.5 * (real.mean() + fake.mean()) if kind == "relativistic" else boundary(kind)


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """E[(||grad D(x^)||_2 - 1)^2] at x^ = share * real + (1 - share) * fake (Gulrajani et al. 2017, eq. 3).

    `share` (B, 1, ...) is uniform in [0, 1). The critic must score each image by itself.
    """
    between = (share * real + (1 - share) * fake).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def r1_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """0.5 * E[||grad D(x)||^2] at real images (Mescheder et al. 2018, eq. 9, without its gamma)."""
    real = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return 0.5 * gradient.flatten(1).square().sum(1).mean()
