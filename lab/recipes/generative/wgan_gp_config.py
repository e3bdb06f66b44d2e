"""Settings of WGAN-GP."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import unit, with_defaults, words
from lab.recipes.generative.generative_config import LATENT_SPACE, ConvAdversarialConfig


class WGANGPConfig(with_defaults(ConvAdversarialConfig, "WGANGPDefaults", beta1=0.0)):  # type: ignore[misc]
    """The Wasserstein GAN with gradient penalty (Gulrajani et al. 2017)."""

    explanation: ClassVar[str] = (
        """<h3>Wasserstein GAN with gradient penalty</h3>
<p>D is a critic: its score is unbounded, and the difference of its mean on real and generated images estimates how far the
generated ones would have to be moved (the Wasserstein distance), as long as its slope is at most 1 everywhere:</p>
<p align="center"><i>min<sub>D</sub> E[D(G(z))] &minus; E[D(x)] + &lambda; E[(||&nabla;D(x&#770;)|| &minus; 1)<sup>2</sup>]</i></p>
<p>with x&#770; anywhere between a real and a generated image. Unlike a GAN's losses the estimate should fall as samples
improve. D takes several steps for each of G.</p>
<p>Gulrajani et al. 2017, <a href="https://arxiv.org/abs/1704.00028">Improved training of Wasserstein GANs</a>; Arjovsky et al.
2017, <a href="https://arxiv.org/abs/1701.07875">Wasserstein GAN</a>.</p>
"""
        + LATENT_SPACE
    )

    loss: Literal["wasserstein"] = Field(
        "wasserstein", description="Wasserstein loss: the critic's mean score of real images minus that of generated ones."
    )
    r1: float = Field(
        0.0,
        ge=0,
        le=1000,
        description="Weight (gamma) of an additional R1 penalty on the gradient at real images. Higher is more stable; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )
    gradient_penalty: float = Field(
        10.0,
        ge=0,
        le=1000,
        description="Weight (lambda) of the gradient penalty. Higher holds the critic's slope closer to 1.",
        json_schema_extra=words({0.0: "off"}),
    )
    critic_norm: Literal["instance", "none"] = Field(
        "none", description="Normalisation in the critic. Batch norm is not offered: the penalty is per image."
    )
    d_steps: int = Field(
        3,
        ge=1,
        le=100,
        description="Critic steps per G step (5 in the paper). More estimate the distance better and are slower.",
        json_schema_extra=unit("steps"),
    )
