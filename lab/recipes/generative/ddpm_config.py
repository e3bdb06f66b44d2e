"""Settings of denoising diffusion."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import unit
from lab.recipes.generative.denoising_config import READING, DenoisingConfig
from lab.recipes.generative.generative_config import LATENT_SPACE


class DDPMConfig(DenoisingConfig):
    """Denoising diffusion (Ho et al. 2020), drawn by DDIM (Song et al. 2021) or DDPM."""

    explanation: ClassVar[str] = (
        """<h3>Denoising diffusion</h3>
<p>Add noise to a picture at one of 1,000 levels, x = &radic;&alpha;&#772; picture + &radic;(1 &minus; &alpha;&#772;) noise, and let a network
guess the noise:</p>
<p align="center"><i>min E ||&epsilon;(x, t, y) &minus; noise||<sup>2</sup></i></p>
<p>To draw, start from noise; at each step the guess says what the clean picture may be, and a little less noise is put on that.
DDPM puts on new noise each time, DDIM the noise that it guessed, so that one way leads from each noise.</p>
<p>Ho et al. 2020, <a href="https://arxiv.org/abs/2006.11239">Denoising diffusion probabilistic models</a>; Song et al. 2021,
<a href="https://arxiv.org/abs/2010.02502">DDIM</a>; Nichol &amp; Dhariwal 2021,
<a href="https://arxiv.org/abs/2102.09672">Improved DDPM</a> (the cosine schedule).</p>
"""
        + READING
        + LATENT_SPACE
    )

    evaluations: int = Field(
        20,
        ge=1,
        le=1000,
        description="Network evaluations for a picture. More are more exact and slower.",
        json_schema_extra=unit("evaluations"),
    )
    sampler: Literal["ddim", "ddpm"] = Field(
        "ddim", description="DDIM goes one way from each noise and needs few evaluations; DDPM adds noise on the way and needs more."
    )
