"""Settings of WGAN-GP."""

from typing import Literal

from pydantic import Field

from lab.config import with_defaults
from lab.recipes.generative.generative_config import ConvAdversarialConfig


class WGANGPConfig(with_defaults(ConvAdversarialConfig, "WGANGPDefaults", beta1=0.0)):  # type: ignore[misc]
    """The Wasserstein GAN with gradient penalty (Gulrajani et al. 2017)."""

    loss: Literal["wasserstein"] = Field("wasserstein", description="The critic's mean score of real images minus that of generated ones.")
    r1: float = Field(0.0, ge=0, le=1000, description="Weight of a further penalty, on the gradient at real images; 0 is off.")
    gradient_penalty: float = Field(
        10.0, ge=0, le=1000, description="Weight (lambda) of the penalty. Higher holds the critic's slope nearer to 1."
    )
    critic_norm: Literal["instance", "none"] = Field("none", description="Normalisation in the critic; batch norm would mix the images.")
    d_steps: int = Field(
        3, ge=1, le=100, description="Steps of the critic for each of G (the paper has 5). More estimate the distance better."
    )
