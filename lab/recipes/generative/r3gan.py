"""R3GAN (Huang et al. 2024): a relativistic loss with both gradient penalties needs no tricks. Its training is `adversarial.py`.

D: softplus(D(G(z)) - D(x)) + gamma / 2 (||grad D(x)||^2 + ||grad D(G(z))||^2); G: softplus(D(x) - D(G(z))).
"""

import torch
from torch import Tensor, nn

from lab.experiment import Metrics
from lab.recipes.generative.adversarial import Adversarial
from lab.recipes.generative.r3gan_config import R3GANConfig
from models.generative.gan_losses import generator_loss, r1_penalty
from models.generative.r3gan import R3Discriminator, R3Generator


class R3GAN(Adversarial):
    """One step is k steps of D and one of G."""

    def __init__(self, config: R3GANConfig, device: torch.device):
        self.config: R3GANConfig = config
        super().__init__(config, device)

    def build(self) -> tuple[nn.Module, nn.Module]:
        c, (channels, size, _) = self.config, self.feed.shape
        return R3Generator(c.latent, channels, size, c.features), R3Discriminator(channels, size, c.features)

    def d_step(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Metrics:
        self.real = real
        return super().d_step(real, fake, labels)

    def penalty(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor | float:
        """R1 and R2, computed every `r1_every` steps and weighted by that number."""
        c = self.config
        if not c.r1 or self.d_count % c.r1_every:
            return 0.0
        with self.autocast():
            both = r1_penalty(lambda x: self.d.master(x, labels).float(), torch.cat([real, fake.float()]))
        return 2 * c.r1 * c.r1_every * both  # The mean over twice as many images.

    def g_loss(self, scores: Tensor, labels: Tensor | None) -> Tensor:
        with torch.no_grad(), self.autocast():
            real_scores = self.d.master(self.real, labels).float()
        return generator_loss("relativistic", scores, real_scores)
