"""The conditional VAE (Sohn et al. 2015): encoder and decoder are given the class, so z is left with the style. See `vae.py`."""

from typing import ClassVar

import torch

from lab.recipes.generative.cvae_config import CVAEConfig
from lab.recipes.generative.latent_views import ConditionalViews
from lab.recipes.generative.vae import VAE


class CVAE(VAE):
    """-log p(x|z, y) + beta * KL(q(z|x, y) || N(0, I)), in nats per image."""

    view_parts: ClassVar[dict[str, type]] = {**VAE.view_parts, "by_class": ConditionalViews}
    conditional: ClassVar[bool] = True

    def __init__(self, config: CVAEConfig, device: torch.device):
        super().__init__(config, device)
        self.by_class = ConditionalViews(self.latent)
