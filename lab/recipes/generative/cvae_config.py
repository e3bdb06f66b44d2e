"""Settings of the conditional VAE."""

from typing import ClassVar

from lab.config import with_defaults
from lab.recipes.generative.generative_config import CONDITIONAL_PAGES, LATENT_SPACE
from lab.recipes.generative.vae_config import VAEConfig


class CVAEConfig(with_defaults(VAEConfig, "CVAEDefaults", data="digits")):  # type: ignore[misc]
    """The conditional VAE (Sohn et al. 2015): encoder and decoder are given the class."""

    explanation: ClassVar[str] = (
        """<h3>Conditional VAE</h3>
<p>Encoder and decoder are given the class y, so z need not encode it: what is left is the style.</p>
<p align="center"><i>&minus;ELBO = E<sub>q(z|x,y)</sub>[&minus;log p(x|z,y)] + &beta; KL(q(z|x,y) || N(0, I))</i></p>
<p>Each row of the page <b>Classes</b> draws the same z as every class: slant and thickness should stay.</p>
<p>Sohn et al. 2015, <a href="https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html">Learning
structured output representation using deep conditional generative models</a>.</p>
"""
        + LATENT_SPACE
    )
    pages: ClassVar[tuple[str, ...]] = (*CONDITIONAL_PAGES[:-1], "uses", CONDITIONAL_PAGES[-1])
