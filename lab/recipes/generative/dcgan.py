"""DCGAN (Radford et al. 2016): the GAN of convolutions, with batch norm and its initialisation. Its training is `adversarial.py`."""

import torch
from torch import nn

from lab.recipes.generative.adversarial import Adversarial
from lab.recipes.generative.generative_config import ConvAdversarialConfig
from models.generative.dcgan import DCGANDiscriminator, DCGANGenerator, draw_weights
from models.generative.layers import Norm


class DCGAN(Adversarial):
    """One step is k steps of D and one of G."""

    def __init__(self, config: ConvAdversarialConfig, device: torch.device):
        self.config: ConvAdversarialConfig = config
        super().__init__(config, device)

    def build(self) -> tuple[nn.Module, nn.Module]:
        c = self.config
        channels, size, _ = self.shape
        classes = len(self.class_names) if self.conditional else 0
        g = DCGANGenerator(c.latent, channels, size, c.features, classes)
        d = DCGANDiscriminator(channels, size, c.features, classes, self.norm(), c.spectral_norm)
        draw_weights(g)
        draw_weights(d)
        return g, d

    def norm(self) -> Norm:
        """The normalisation in D: spectral norm takes batch norm's place."""
        return "none" if self.config.spectral_norm else "batch"
