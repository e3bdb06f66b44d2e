"""Settings of the dense GAN."""

from typing import ClassVar

from pydantic import Field, field_validator

from lab.config import with_defaults
from lab.recipes.generative.generative_config import LATENT_SPACE, AdversarialConfig, check_widths


class GANConfig(with_defaults(AdversarialConfig, "GANDefaults", ema=0.998)):  # type: ignore[misc]
    """The generative adversarial network of dense layers (Goodfellow et al. 2014)."""

    explanation: ClassVar[str] = (
        """<h3>Generative adversarial network</h3>
<p>A generator G draws an image from noise z; a discriminator D sees real and generated images and says which is which. D
learns to tell them apart, G to fool it:</p>
<p align="center"><i>min<sub>G</sub> max<sub>D</sub> E[log D(x)] + E[log(1 &minus; D(G(z)))]</i></p>
<p>With the <b>non-saturating</b> loss G maximises log D(G(z)) instead: its gradient does not vanish when D is ahead.
<b>Hinge</b> and <b>LSGAN</b> are gentler games. R1 and spectral norm keep D smooth.</p>
<p>The losses need not fall: they are two players' scores. Watch the samples, D's accuracy (near 100 % on both:
G learns little; near 50 %: D guesses) and whether samples differ (else <b>mode collapse</b>). There is no
encoder: a real image has no code in this space. Samples are drawn by the averaged G (EMA).</p>
<p>Goodfellow et al. 2014, <a href="https://arxiv.org/abs/1406.2661">Generative adversarial nets</a>.</p>
"""
        + LATENT_SPACE
    )

    g_hidden: str = Field(
        "512,1024", description="Units of G's hidden layers, separated by commas. More have more capacity and are slower."
    )
    d_hidden: str = Field(
        "1024,512", description="Units of D's hidden layers, separated by commas. More have more capacity and are slower."
    )

    @field_validator("g_hidden", "d_hidden")
    @classmethod
    def some_widths(cls, value: str) -> str:
        return check_widths(value)
