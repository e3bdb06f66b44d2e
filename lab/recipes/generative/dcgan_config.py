"""Settings of DCGAN."""

from typing import ClassVar

from lab.config import with_defaults
from lab.recipes.generative.generative_config import LATENT_SPACE, ConvAdversarialConfig


class DCGANConfig(with_defaults(ConvAdversarialConfig, "DCGANDefaults", ema=0.998)):  # type: ignore[misc]
    """DCGAN (Radford et al. 2016): generator and discriminator of convolutions."""

    explanation: ClassVar[str] = (
        """<h3>DCGAN</h3>
<p>The adversarial game with convolutions: G starts from a map 4 to 9 pixels wide and doubles it with transposed
convolutions, batch norm and ReLU; D halves it with strided convolutions and leaky ReLU.</p>
<p align="center"><i>D: max E[log D(x)] + E[log(1 &minus; D(G(z)))], &nbsp; G: max E[log D(G(z))]</i></p>
<p>Walking through z should turn one image into another without a jump, and sums of z have a meaning: see the pages
<b>Walk</b> and <b>Arithmetic</b>. Samples are drawn by the averaged G (EMA).</p>
<p>Radford et al. 2016, <a href="https://arxiv.org/abs/1511.06434">Unsupervised representation learning with deep convolutional
GANs</a>; Miyato et al. 2018, <a href="https://arxiv.org/abs/1802.05957">Spectral normalisation</a>; Mescheder et al. 2018,
<a href="https://arxiv.org/abs/1801.04406">Which training methods for GANs do converge?</a> (R1).</p>
"""
        + LATENT_SPACE
    )
