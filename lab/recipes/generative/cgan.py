"""The conditional GAN (Mirza & Osindero 2014) with DCGAN's networks: G and D are both given the class. See `dcgan.py`."""

from typing import ClassVar

from lab.recipes.generative.dcgan import DCGAN
from lab.recipes.generative.latent_views import ConditionalViews


class CGAN(DCGAN, ConditionalViews):
    """min_G max_D E[log D(s | y)] + E[log(1 - D(G(z | y) | y))]."""

    conditional: ClassVar[bool] = True
