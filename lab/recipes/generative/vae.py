"""The variational autoencoder (Kingma & Welling 2014; beta-VAE: Higgins et al. 2017). Read first: `VAE.step`.

It minimises -ELBO = -log p(x|z) + beta * KL(q(z|x) || N(0, I)), in nats per image, at z = mu + sigma * noise. The same code
trains the conditional VAE (`cvae.py`), which hands the label to both sides.
"""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves
from lab.experiment import Metrics, view
from lab.recipes.generative.coding import Coding
from lab.recipes.generative.generative import unit_images
from lab.recipes.generative.vae_config import VAEConfig
from models.generative import vae as networks
from models.generative.elbo import ElboGradient, applies_to
from models.generative.vae import importance_nll, kl_divergence, negative_log_likelihood

TERMS_EVERY = 4
"""Steps between two looks at the terms of the bound, which a written-out step does not need for itself."""


class VAE(Coding):
    """One step is one mini-batch."""

    headline: ClassVar[tuple[str, ...]] = ("losses/negative_elbo", "losses/reconstruction", "losses/kl")

    def __init__(self, config: VAEConfig, device: torch.device):
        self.config: VAEConfig = config
        super().__init__(config, device)
        # Where it applies, autograd is not used: see models/generative/elbo.py.
        net, gradients = self.net.compute, self.net.compute_gradient_views
        self.written_out = ElboGradient(net, gradients) if applies_to(net) else None  # type: ignore[arg-type]

    def build(self) -> nn.Module:
        c = self.config
        classes = len(self.class_names) if self.conditional else 0
        return networks.VAE(self.shape, c.latent, c.widths, c.features, c.architecture, classes, c.likelihood)

    def step(self) -> Metrics:
        images, labels = self.batch()
        x = unit_images(images, torch.float32)
        noise = self.normal(len(x), self.config.latent)
        given = labels if self.conditional else None
        terms: tuple[Tensor, Tensor] | None
        if self.written_out is not None:
            terms = self.written_out(x, noise, given, self.beta(), terms=self.steps % TERMS_EVERY == 0)
            self.optimizer.step(self.net.cast_gradient())
            self.net.sync()
        else:
            logits, mu, logvar = self.net.compute(x.to(self.dtype), noise.to(self.dtype), given)
            reconstruction = self.reconstruction(logits.float(), x)
            kl = kl_divergence(mu.float(), logvar.float()).sum(1).mean()
            self.descend(reconstruction + self.beta() * kl)
            terms = reconstruction.detach(), kl.detach()
        metrics: Metrics = {}
        if terms is not None:
            reconstruction, kl = terms
            self.diagnosis.see(kl=kl, reconstruction=reconstruction)
            metrics = {"losses/negative_elbo": reconstruction + kl, "losses/reconstruction": reconstruction, "losses/kl": kl}
        self.after_step()
        return {**metrics, **self.quality_metrics()}

    def reconstruction(self, logits: Tensor, x: Tensor) -> Tensor:
        """-log p(x|z), the mean over the batch, in nats per image."""
        return negative_log_likelihood(logits, x, self.config.likelihood, self.config.sigma).mean()

    def beta(self) -> float:
        """The weight of the KL term now."""
        warmup = self.config.beta_warmup
        return self.config.beta * (min(1.0, (self.steps + 1) / warmup) if warmup else 1.0)

    @torch.no_grad()
    def elbo_terms(self, passes: int = 1) -> tuple[Tensor, Tensor]:
        """(-log p(x|z), KL of each dimension), means over the test images: 0-d and (latent,), in nats per image."""
        data, net = self.images("test"), self.net.master
        generator = torch.Generator().manual_seed(0)
        reconstructions, kls = [], []
        for part, labels in zip(data.images.split(500), data.labels.split(500), strict=True):
            x, given = unit_images(part, torch.float32), labels if self.conditional else None
            for _ in range(passes):
                noise = torch.randn(len(x), self.config.latent, generator=generator).to(self.device)
                logits, mu, logvar = net(x, noise, given)
                reconstructions.append(negative_log_likelihood(logits, x, self.config.likelihood, self.config.sigma))
                kls.append(kl_divergence(mu, logvar))
        return torch.cat(reconstructions).mean(), torch.cat(kls).mean(0)

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        reconstruction, kl = self.elbo_terms(passes=4)
        data = self.images("test")
        samples, count = 100, min(300, len(data))
        x, labels = unit_images(data.images[:count], torch.float32), data.labels[:count] if self.conditional else None
        nll = importance_nll(self.net.master, x, labels, samples, torch.Generator().manual_seed(1), self.config.sigma).mean()  # type: ignore[arg-type]
        variance = self.encode(self.net.master, slice(0, len(data))).var(0)
        return {
            "loss": float(reconstruction + kl.sum()), "negative_elbo": float(reconstruction + kl.sum()), "reconstruction": float(reconstruction),
            "kl": float(kl.sum()), "nll": float(nll), "nll_samples": samples, "nll_images": count, "unit": "nats per image",
            "active_units": int((variance > 0.01).sum()), "images": len(data), **self.quality(),
        }  # fmt: skip

    @view
    def elbo(self) -> Curves:
        """The KL of each dimension over the test images, in nats per image, the largest first; the title has both terms of the ELBO."""
        reconstruction, kl = self.elbo_terms()
        values = kl.sort(descending=True).values.cpu().numpy()
        title = f"-ELBO {float(reconstruction) + values.sum():.2f} = reconstruction {float(reconstruction):.2f} + KL {values.sum():.2f} nats per image"
        return Curves({"KL": (np.arange(len(values)), values)}, x_label="dimension, by size", y_label="KL (nats)", title=title)
