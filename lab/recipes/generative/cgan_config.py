"""Settings of the conditional GAN."""

from lab.recipes.generative.generative_config import ConvAdversarialConfig


class CGANConfig(ConvAdversarialConfig):
    """The conditional GAN (Mirza & Osindero 2014) with DCGAN's networks: both sides are given the class."""
