"""Settings of DCGAN."""

from lab.recipes.generative.generative_config import ConvAdversarialConfig


class DCGANConfig(ConvAdversarialConfig):
    """DCGAN (Radford et al. 2016): generator and discriminator of convolutions."""
