"""Settings of the dense GAN."""

from lab.recipes.generative.generative_config import DenseAdversarialConfig


class GANConfig(DenseAdversarialConfig):
    """The generative adversarial network of dense layers (Goodfellow et al. 2014)."""
