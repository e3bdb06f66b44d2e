"""Settings of the conditional GAN."""

from typing import ClassVar

from lab.recipes.generative.generative_config import CONDITIONAL_PAGES, LATENT_SPACE, ConvAdversarialConfig


class CGANConfig(ConvAdversarialConfig):
    """The conditional GAN (Mirza & Osindero 2014) with DCGAN's networks: both sides are given the class."""

    explanation: ClassVar[str] = (
        """<h3>Conditional GAN</h3>
<p>G and D are both given the class y: G must draw that class, D judges whether image and class go together.</p>
<p align="center"><i>min<sub>G</sub> max<sub>D</sub> E[log D(x|y)] + E[log(1 &minus; D(G(z|y)|y))]</i></p>
<p>Each row of the page <b>Classes</b> draws the same z as every class. In <i>lab eval</i> a separate classifier checks
whether the class asked for was drawn.</p>
<p>Mirza &amp; Osindero 2014, <a href="https://arxiv.org/abs/1411.1784">Conditional generative adversarial nets</a>.</p>
"""
        + LATENT_SPACE
    )
    pages: ClassVar[tuple[str, ...]] = CONDITIONAL_PAGES
