"""The variational autoencoder (Kingma & Welling 2014; beta-VAE: Higgins et al. 2017). Read first: `VAE.step`.

It minimises -ELBO = -log p(x|z) + beta * KL(q(z|x) || N(0, I)), in nats per image, at z = mu + sigma * noise. The same code
trains the conditional VAE (`cvae.py`), which hands the label to both sides.
"""

from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves
from lab.device import autocast, compute_dtype
from lab.experiment import Experiment, Metrics, view
from lab.recipes.generative.code_uses import CodeUses
from lab.recipes.generative.direction_views import DirectionViews
from lab.recipes.generative.encoder_views import EncoderViews
from lab.recipes.generative.generative import Seeds, exported, flat_network, newest_picture, shared_state
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.latent_views import LatentViews
from lab.recipes.generative.pixels import unit_images
from lab.recipes.generative.sample_monitor import SampleMonitor
from lab.recipes.generative.vae_config import VAEConfig
from lab.schedules import warmup
from lab.state import Tree
from models.generative import vae as networks
from models.generative.building_blocks import class_weights
from models.generative.vae import importance_nll, kl_divergence, negative_log_likelihood
from models.kernels.cuda_graphs import CapturedSteps
from models.processes import group

TERMS_EVERY = 4
"""Interval in steps at which the terms of the bound are computed: a hand-written gradient does not need them."""


class VAE(Experiment):
    """One step is one mini-batch."""

    log_every: ClassVar[int] = 100
    checkpoint_every: ClassVar[int] = 2_000
    headline: ClassVar[tuple[str, ...]] = ("losses/negative_elbo", "losses/reconstruction", "losses/kl")
    takes_processes = True
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    view_parts: ClassVar[dict[str, type]] = {
        "monitor": SampleMonitor, "latent": LatentViews, "encoder": EncoderViews, "directions": DirectionViews, "uses": CodeUses,
    }  # fmt: skip
    conditional: ClassVar[bool] = False
    newest_picture, exported = newest_picture, exported

    def __init__(self, config: VAEConfig, device: torch.device):
        super().__init__(config, device)
        self.config: VAEConfig = config
        self.dtype = compute_dtype(config.precision, device)
        self.seeds = Seeds.of(config.seed, device)
        self.feed = ImageFeed(config, device, self.seeds.order, self.remembered)
        self.net, self.optimizer = flat_network(self.build, self.seeds.weights, config, self.dtype, device)
        self.captured = CapturedSteps(device, lambda: [*self.optimizer.changing, *self.net.compute.buffers()], [self.seeds.noise])
        self.monitor = SampleMonitor(config, self.feed, self.net.master, self.conditional, partial(autocast, device, self.dtype))
        self.latent = LatentViews(config, self.feed)
        self.encoder = EncoderViews(self.latent)
        self.directions = DirectionViews(self.latent)
        self.uses = CodeUses(self.latent)
        # Where there is one, it takes autograd's place: see models/kernels/dense_elbo.py.
        self.elbo_gradient = self.net.compute.elbo_gradient(self.net.compute_gradient_views)  # type: ignore[operator]

    def build(self) -> nn.Module:
        c = self.config
        classes = len(self.feed.class_names) if self.conditional else 0
        return networks.VAE(self.feed.shape, c.latent, c.widths, c.features, c.architecture, classes, c.likelihood)

    def read_data(self) -> None:
        self.feed.read_own()

    def step(self) -> Metrics:
        told = self.elbo_gradient is None or self.steps % TERMS_EVERY == 0
        beta = self.beta()
        learn, batch = partial(self.learn, beta, told), self.feed.batch()
        # While beta rises, each step is another one.
        terms = self.captured((beta, told), learn, *batch) if self.steps >= self.config.beta_warmup else learn(*batch)
        metrics: Metrics = {}
        if told:
            reconstruction, kl = terms["reconstruction"], terms["kl"]
            self.monitor.diagnosis.see(kl=kl, reconstruction=reconstruction)
            metrics = {"losses/negative_elbo": reconstruction + kl, "losses/reconstruction": reconstruction, "losses/kl": kl}
        self.steps += 1
        return {**metrics, **self.monitor.after_step(self.steps)}

    def learn(self, beta: float, told: bool, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """One step on a batch; the terms of the bound, where they are to be `told`."""
        x = unit_images(images, torch.float32)
        noise = group.drawn(len(x), lambda count: torch.randn(count, self.config.latent, generator=self.seeds.noise, device=self.device))
        given = labels if self.conditional else None
        if self.elbo_gradient is not None:
            classes = None if given is None else class_weights(given, len(self.feed.class_names), self.dtype)
            terms = self.elbo_gradient(x, noise, classes, beta, terms=told)
            self.optimizer.step(self.net.cast_gradient())
        else:
            logits, mu, logvar = self.net.compute(x.to(self.dtype), noise.to(self.dtype), given)
            reconstruction = self.reconstruction(logits.float(), x)
            kl = kl_divergence(mu.float(), logvar.float()).sum(1).mean()
            self.optimizer.step(self.net.backward(reconstruction + beta * kl))
            terms = reconstruction.detach(), kl.detach()
        self.net.sync()
        return {} if terms is None else {"reconstruction": terms[0], "kl": terms[1]}

    def reconstruction(self, logits: Tensor, x: Tensor) -> Tensor:
        """-log p(x|z), the mean over the batch, in nats per image."""
        return negative_log_likelihood(logits, x, self.config.likelihood, self.config.sigma).mean()

    def beta(self) -> float:
        """The weight of the KL term now."""
        return self.config.beta * warmup(self.steps, self.config.beta_warmup)

    def serving(self) -> nn.Module:
        return self.net.master

    def stateful(self) -> Tree:
        return {"net": self.net, "adam": self.optimizer, **shared_state(self, self.feed, self.seeds.noise, self.monitor)}

    @torch.no_grad()
    def elbo_terms(self, passes: int = 1) -> tuple[Tensor, Tensor]:
        """(-log p(x|z), KL of each dimension), means over the test images: 0-d and (latent,), in nats per image."""
        data, net = self.feed.images("test"), self.net.master
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
        data = self.feed.images("test")
        samples, count = 100, min(300, len(data))
        x, labels = unit_images(data.images[:count], torch.float32), data.labels[:count] if self.conditional else None
        nll = importance_nll(self.net.master, x, labels, samples, torch.Generator().manual_seed(1), self.config.sigma).mean()  # type: ignore[arg-type]
        variance = self.latent.encode(self.net.master, slice(0, len(data))).var(0)
        return {
            "loss": float(reconstruction + kl.sum()), "negative_elbo": float(reconstruction + kl.sum()), "reconstruction": float(reconstruction),
            "kl": float(kl.sum()), "nll": float(nll), "nll_samples": samples, "nll_images": count, "unit": "nats per image",
            "active_units": int((variance > 0.01).sum()), "images": len(data), **self.monitor.quality(),
        }  # fmt: skip

    @view
    def elbo(self) -> Curves:
        """The KL of each dimension over the test images, in nats per image, the largest first; the title has both terms of the ELBO."""
        reconstruction, kl = self.elbo_terms()
        values = kl.sort(descending=True).values.cpu().numpy()
        title = f"-ELBO {float(reconstruction) + values.sum():.2f} = reconstruction {float(reconstruction):.2f} + KL {values.sum():.2f} nats per image"
        return Curves({"KL": (np.arange(len(values)), values)}, x_label="dimension, by size", y_label="KL (nats)", title=title)
