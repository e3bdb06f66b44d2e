"""The conditional GAN (Mirza & Osindero 2014) with DCGAN's networks: G and D are both given the class. See `adversarial.py`."""

from typing import ClassVar

import torch
from torch import nn

from lab.recipes.generative.adversarial import Adversarial
from lab.recipes.generative.cgan_config import CGANConfig
from lab.recipes.generative.dcgan import dcgan_networks
from lab.recipes.generative.latent_views import ConditionalViews


class CGAN(Adversarial):
    """min_G max_D E[log D(s | y)] + E[log(1 - D(G(z | y) | y))]."""

    view_parts: ClassVar[dict[str, type]] = {**Adversarial.view_parts, "by_class": ConditionalViews}
    conditional: ClassVar[bool] = True

    def __init__(self, config: CGANConfig, device: torch.device):
        self.config: CGANConfig = config
        super().__init__(config, device)
        self.by_class = ConditionalViews(self.latent)

    def build(self) -> tuple[nn.Module, nn.Module]:
        return dcgan_networks(self.config, self.feed.shape, len(self.feed.class_names))
