"""Settings of the conditional VAE."""

from lab.recipes.generative.vae_config import VAEConfig


class CVAEConfig(VAEConfig):
    """The conditional VAE (Sohn et al. 2015): encoder and decoder are given the class."""
