"""DCGAN (Radford et al. 2016): the GAN of convolutions, with batch norm and its initialisation. Its training is `adversarial.py`."""

import torch
from torch import nn

from lab.recipes.generative.adversarial import Adversarial
from lab.recipes.generative.generative_config import ConvAdversarialConfig
from models.generative.building_blocks import Norm
from models.generative.conv import draw_weights
from models.generative.dcgan import DCGANDiscriminator, DCGANGenerator
from models.processes import normalise_whole_batches


class DCGAN(Adversarial):
    """One step is k steps of D and one of G."""

    takes_processes = True

    def __init__(self, config: ConvAdversarialConfig, device: torch.device):
        self.config: ConvAdversarialConfig = config
        super().__init__(config, device)

    def build(self) -> tuple[nn.Module, nn.Module]:
        g, d = dcgan_networks(self.config, self.feed.shape)
        normalise_whole_batches(g)
        normalise_whole_batches(d)
        return g, d


def dcgan_networks(
    config: ConvAdversarialConfig, shape: tuple[int, int, int], classes: int = 0, norm: Norm | None = None
) -> tuple[nn.Module, nn.Module]:
    """(G, D) for images of `shape` (channels, height, width). D has `norm`; unless given, batch norm, or spectral norm in its place."""
    c, (channels, size, _) = config, shape
    norm = norm or ("none" if c.spectral_norm else "batch")
    g = DCGANGenerator(c.latent, channels, size, c.features, classes)
    d = DCGANDiscriminator(channels, size, c.features, classes, norm, c.spectral_norm)
    draw_weights(g)
    draw_weights(d)
    return g, d
