"""Settings of R3GAN."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import unit, with_defaults, words
from lab.recipes.generative.generative_config import LATENT_SPACE, ConvAdversarialConfig


class R3GANConfig(
    with_defaults(  # type: ignore[misc]
        ConvAdversarialConfig, "R3GANDefaults", size=0, batch_size=32, latent=64, beta1=0.0, ema=0.995, r1_every=2,
        g_learning_rate=1e-3, d_learning_rate=5e-4, beta2=0.99,
    )
):  # fmt: skip
    """R3GAN (Huang et al. 2024): the GAN baseline of today."""

    explanation: ClassVar[str] = (
        """<h3>R3GAN</h3>
<p>D compares a real with a generated image instead of judging each alone, and penalties keep its slope small at both. With them training
converges near the equilibrium, and what earlier GANs needed for stability may go: batch norm, spectral norm, statistics over the batch.
Both networks are plain residual ones; the last layer of each block begins at 0 (Fixup), in place of a normalisation.</p>
<p align="center"><i>D: min E[log(1 + e<sup>D(G(z)) &minus; D(x)</sup>)] + &gamma;/2 E[||&nabla;D(x)||<sup>2</sup> + ||&nabla;D(G(z))||<sup>2</sup>],
&nbsp; G: min E[log(1 + e<sup>D(x) &minus; D(G(z))</sup>)]</i></p>
<p>Only differences of D's scores mean anything: its accuracy is counted from midway between the two means.</p>
<p>Huang et al. 2024, <a href="https://arxiv.org/abs/2501.05441">The GAN is dead; long live the GAN!</a>; Jolicoeur-Martineau 2019,
<a href="https://arxiv.org/abs/1807.00734">The relativistic discriminator</a>; Mescheder et al. 2018,
<a href="https://arxiv.org/abs/1801.04406">Which training methods for GANs do converge?</a> (R1 and R2).</p>
"""
        + LATENT_SPACE
    )

    loss: Literal["relativistic"] = Field("relativistic", description="Relativistic loss: D compares real with generated images.")
    spectral_norm: Literal[False] = Field(False, description="R3GAN has no normalisation.")
    r1: float = Field(
        1.0, ge=0, le=1000,
        description="Weight (gamma) of the penalties R1 and R2 on D's gradient at real and at generated images. Higher is more stable and slower to learn detail; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    features: int = Field(
        16, ge=8, le=512, multiple_of=8,
        description="Feature maps of the layer next to the image, doubled at every downsampling, up to four times as many. More have more capacity and are slower.",
        json_schema_extra=unit("maps"),
    )  # fmt: skip
