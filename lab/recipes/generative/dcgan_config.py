"""Settings of DCGAN."""

from lab.config import with_defaults
from lab.recipes.generative.generative_config import ConvAdversarialConfig


class DCGANConfig(with_defaults(ConvAdversarialConfig, "DCGANDefaults", ema=0.998)):  # type: ignore[misc]
    """DCGAN (Radford et al. 2016): generator and discriminator of convolutions."""
