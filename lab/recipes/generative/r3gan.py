"""R3GAN (Huang et al. 2024): a relativistic loss with both gradient penalties needs no tricks. Its training is `adversarial.py`.

D: softplus(D(G(z)) - D(x)) + gamma / 2 (||grad D(x)||^2 + ||grad D(G(z))||^2); G: softplus(D(x) - D(G(z))).
"""

import torch
from torch import nn

from lab.recipes.generative.adversarial import Adversarial
from lab.recipes.generative.r3gan_config import R3GANConfig
from models.generative.r3gan import R3Discriminator, R3Generator


class R3GAN(Adversarial):
    """One step is k steps of D and one of G."""

    def __init__(self, config: R3GANConfig, device: torch.device):
        self.config: R3GANConfig = config
        super().__init__(config, device)

    def build(self) -> tuple[nn.Module, nn.Module]:
        c, (channels, size, _) = self.config, self.feed.shape
        return R3Generator(c.latent, channels, size, c.features), R3Discriminator(channels, size, c.features)
