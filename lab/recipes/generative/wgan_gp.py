"""The Wasserstein GAN with gradient penalty (Gulrajani et al. 2017): the critic's slope is held near 1. See `adversarial.py`.

The critic maximises D(s) - D(G(z)) - lambda * (||grad D(x^)|| - 1)^2, an estimate of the earth mover's distance; G lowers it.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from lab.experiment import Metrics
from lab.recipes.generative.adversarial import Adversarial
from lab.recipes.generative.dcgan import dcgan_networks
from lab.recipes.generative.wgan_gp_config import WGANGPConfig
from models.generative.gan_losses import gradient_penalty


class WGANGP(Adversarial):
    """One step is k steps of the critic and one of G."""

    headline: ClassVar[tuple[str, ...]] = ("charts/wasserstein", "losses/gradient_penalty", "losses/generator")

    def __init__(self, config: WGANGPConfig, device: torch.device):
        self.config: WGANGPConfig = config
        super().__init__(config, device)
        self.last_penalty = torch.zeros((), device=device)

    def build(self) -> tuple[nn.Module, nn.Module]:
        return dcgan_networks(self.config, self.feed.shape, norm=self.config.critic_norm)

    def penalty(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor | float:
        share = torch.rand(len(real), 1, 1, 1, generator=self.seeds.noise, device=self.device)
        with self.autocast():
            penalty = gradient_penalty(lambda x: self.d.master(x, labels).float(), real, fake.float(), share)
        self.last_penalty = penalty.detach()
        return self.config.gradient_penalty * penalty + super().penalty(real, fake, labels)

    def d_step(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Metrics:
        metrics = super().d_step(real, fake, labels)
        distance = -metrics["losses/discriminator"]
        return {**metrics, "charts/wasserstein": distance, "losses/gradient_penalty": self.last_penalty}
