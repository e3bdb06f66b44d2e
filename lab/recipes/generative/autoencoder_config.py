"""Settings of the autoencoder."""

from pydantic import Field

from lab.recipes.generative.generative_config import CodingConfig


class AutoencoderConfig(CodingConfig):
    """An autoencoder: undercomplete by a narrow code, denoising and sparse where their settings are above 0."""

    latent: int = Field(16, ge=1, le=1024, description="Length of the code. Narrower forces a summary; wider copies more exactly.")
    noise: float = Field(
        0.0, ge=0, le=2, description="Denoising: deviation of the noise added to the input in training only. Higher repairs more."
    )
    mask: float = Field(
        0.0, ge=0, lt=1, description="Denoising: share of the input's pixels set to 0 in training only. Higher repairs more."
    )
    sparsity: float = Field(0.0, ge=0, le=100, description="Weight (lambda) of the code's sum of absolute values. Higher uses fewer units.")
