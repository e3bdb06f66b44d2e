"""The generative adversarial network of dense layers (Goodfellow et al. 2014). Its training is `adversarial.py`.

min_G max_D E[log D(s)] + E[log(1 - D(G(z)))], with the non-saturating form max log D(G(z)) for G by default.
"""

import torch
from torch import nn

from lab.recipes.generative.adversarial import Adversarial
from lab.recipes.generative.gan_config import GANConfig
from models.generative.gan import DenseDiscriminator, DenseGenerator


class GAN(Adversarial):
    """One step is k steps of D and one of G."""

    def __init__(self, config: GANConfig, device: torch.device):
        self.config: GANConfig = config
        super().__init__(config, device)

    def build(self) -> tuple[nn.Module, nn.Module]:
        c = self.config
        g = DenseGenerator(self.feed.shape, c.latent, [int(w) for w in c.g_hidden.split(",")])
        return g, DenseDiscriminator(self.feed.shape, [int(w) for w in c.d_hidden.split(",")], spectral=c.spectral_norm)
