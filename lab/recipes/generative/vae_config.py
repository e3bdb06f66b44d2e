"""Settings of the variational autoencoder."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import only, unit, words
from lab.recipes.generative.generative_config import LATENT_SPACE, CodingConfig


class VAEConfig(CodingConfig):
    """The variational autoencoder (Kingma & Welling 2014); beta-VAE where beta is not 1."""

    explanation: ClassVar[str] = (
        """<h3>Variational autoencoder</h3>
<p>The encoder maps each image not to a point but to a distribution q(z|x) = N(&mu;, &sigma;<sup>2</sup>), and a z drawn from it must
decode to the image again. These distributions are pulled towards one standard normal N(0, I), so that the space between them
decodes to images too. Training maximises the evidence lower bound (ELBO), that is, it minimises in nats per image</p>
<p align="center"><i>&minus;ELBO = E<sub>q</sub>[&minus;log p(x|z)] + &beta; KL(q(z|x) || N(0, I))</i><br>
<i>KL = &frac12; &Sigma; (&mu;<sup>2</sup> + &sigma;<sup>2</sup> &minus; 1 &minus; log &sigma;<sup>2</sup>),
&nbsp; z = &mu; + &sigma; &epsilon;</i></p>
<p>The first term favours sharp pictures, the second a smooth space. &beta; &gt; 1 (beta-VAE) pulls harder: dimensions that are not worth
their cost are abandoned and only <b>active units</b> (*) still carry information. If all are abandoned it is <b>posterior collapse</b>.</p>
<p>Kingma &amp; Welling 2014, <a href="https://arxiv.org/abs/1312.6114">Auto-encoding variational Bayes</a>; Higgins et al. 2017,
<a href="https://openreview.net/forum?id=Sy2fzU9gl">beta-VAE</a>; Burda et al. 2016,
<a href="https://arxiv.org/abs/1509.00519">Importance weighted autoencoders</a> (active units).</p>
"""
        + LATENT_SPACE
    )
    first_views: ClassVar[tuple[str, ...]] = ("samples", "reconstructions", "elbo")

    beta: float = Field(1.0, ge=0, le=1000, description="Weight of the KL term. Higher gives a smoother latent space and blurrier images.")
    beta_warmup: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="Steps over which beta rises linearly from 0. More helps against posterior collapse.",
        json_schema_extra=unit("steps") | words({0: "off"}),
    )
    likelihood: Literal["bernoulli", "gaussian"] = Field(
        "bernoulli",
        description="Decoder distribution p(x|z): bernoulli suits nearly black-and-white images, gaussian suits photographs and frames.",
    )
    sigma: float = Field(
        0.1,
        gt=0,
        le=10,
        description="Standard deviation of a pixel. Lower asks for sharper reconstructions.",
        json_schema_extra=only(likelihood="gaussian"),
    )
