"""Settings of the autoencoder."""

from typing import ClassVar

from pydantic import Field, model_validator

from lab.config import unit, words
from lab.recipes.generative.generative_config import LATENT_SPACE, CodingConfig


class AutoencoderConfig(CodingConfig):
    """An autoencoder: undercomplete by a narrow code, denoising and sparse where their settings are above 0."""

    explanation: ClassVar[str] = (
        """<h3>Autoencoder</h3>
<p>An encoder E compresses an image s into a few numbers, the code h = E(s); a decoder D reconstructs the image from them.
Both learn to lose as little as possible:</p>
<p align="center"><i>min &Sigma; (s &minus; D(E(s&#771;)))<sup>2</sup> + &lambda; &Sigma; |h|</i></p>
<p>s&#771; is s itself, or s with noise or holes (<b>denoising</b>: the code must capture what an image of this kind looks like, not
its pixels). &lambda; &gt; 0 makes the code <b>sparse</b>: few numbers differ from 0 at a time. With fewer dimensions than pixels
(<b>undercomplete</b>) it must choose what matters.</p>
<p>Nothing makes the codes fill the space evenly, so points between them may decode to nothing recognisable. Samples are drawn from
a normal distribution fitted to the codes.</p>
<p>Hinton &amp; Salakhutdinov 2006, <a href="https://doi.org/10.1126/science.1127647">Reducing the dimensionality of data with
neural networks</a>; Vincent et al. 2008, <a href="https://doi.org/10.1145/1390156.1390294">Denoising autoencoders</a>.</p>
"""
        + LATENT_SPACE
    )

    latent: int = Field(
        16,
        ge=1,
        le=1024,
        description="Length of the code. Shorter forces compression; longer reconstructs more exactly.",
        json_schema_extra=unit("numbers"),
    )
    left_out: str = Field(
        "", description="A class that training does not see; evaluation then measures how well the error of the reconstruction finds it (anomaly_auc).",
        json_schema_extra=words({"": "none"}),
    )  # fmt: skip
    noise: float = Field(
        0.0,
        ge=0,
        le=2,
        description="Denoising: standard deviation of the noise added to the input in training. Higher learns to repair more.",
        json_schema_extra=words({0.0: "off"}),
    )
    mask: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Denoising: fraction of input pixels set to 0 in training. Higher learns to repair more.",
        json_schema_extra=words({0.0: "off"}),
    )
    sparsity: float = Field(
        0.0,
        ge=0,
        le=100,
        description="Weight (lambda) of the L1 norm of the code. Higher uses fewer units.",
        json_schema_extra=words({0.0: "off"}),
    )

    @model_validator(mode="after")
    def has_the_class(self) -> "AutoencoderConfig":
        if self.left_out and self.left_out not in self.classes:
            raise ValueError(f"--left-out must be one of the classes {', '.join(self.classes) or '(there are none)'}, got {self.left_out}")
        return self
