"""The conditional VAE (Sohn et al. 2015): encoder and decoder are given the class, so z is left with the style. See `vae.py`."""

from typing import ClassVar

from lab.recipes.generative.latent_views import ConditionalViews
from lab.recipes.generative.vae import VAE


class CVAE(VAE, ConditionalViews):
    """-log p(x|z, y) + beta * KL(q(z|x, y) || N(0, I)), in nats per image."""

    conditional: ClassVar[bool] = True
