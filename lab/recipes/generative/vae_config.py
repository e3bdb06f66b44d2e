"""Settings of the variational autoencoder."""

from typing import Literal

from pydantic import Field

from lab.config import only
from lab.recipes.generative.generative_config import CodingConfig


class VAEConfig(CodingConfig):
    """The variational autoencoder (Kingma & Welling 2014); beta-VAE where beta is not 1."""

    beta: float = Field(1.0, ge=0, le=1000, description="Weight of the KL term. Higher gives a smoother latent space and blurrier images.")
    beta_warmup: int = Field(
        0, ge=0, le=10_000_000, description="Steps over which beta rises from 0. More helps against posterior collapse."
    )
    likelihood: Literal["bernoulli", "gaussian"] = Field(
        "bernoulli", description="p(x|z): bernoulli suits near black-and-white images, gaussian suits photographs and frames."
    )
    sigma: float = Field(
        0.1,
        gt=0,
        le=10,
        description="Standard deviation of a pixel. Lower asks for sharper reconstructions.",
        json_schema_extra=only(likelihood="gaussian"),
    )
