"""Settings of rectified flow."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.recipes.generative.denoising_config import READING, DenoisingConfig
from lab.recipes.generative.generative_config import LATENT_SPACE


class FlowConfig(DenoisingConfig):
    """Rectified flow, also called flow matching (Liu et al. 2023, Lipman et al. 2023)."""

    explanation: ClassVar[str] = (
        """<h3>Rectified flow (flow matching)</h3>
<p>Mix a picture with noise, x<sub>t</sub> = (1 &minus; t) noise + t picture, and let a network guess the direction from the noise to
the picture. It can only give the mean of all directions that pass there:</p>
<p align="center"><i>min E ||v(x<sub>t</sub>, t, y) &minus; (picture &minus; noise)||<sup>2</sup></i></p>
<p>To draw, start from noise and follow these directions from t = 0 to 1: <i>dx/dt = v(x, t, y)</i>. The ways bend little, so a few
evaluations are enough. As the class is withheld from a share of the training images, <i>guidance</i> w > 1 can exaggerate what it changes,
v = v(none) + w (v(y) &minus; v(none)).</p>
<p>Liu et al. 2023, <a href="https://arxiv.org/abs/2209.03003">Flow straight and fast</a>; Lipman et al. 2023,
<a href="https://arxiv.org/abs/2210.02747">Flow matching</a>; Esser et al. 2024,
<a href="https://arxiv.org/abs/2403.03206">Scaling rectified flow transformers</a> (the times); Ho &amp; Salimans 2022,
<a href="https://arxiv.org/abs/2207.12598">Classifier-free guidance</a>; Peebles &amp; Xie 2023,
<a href="https://arxiv.org/abs/2212.09748">DiT</a>.</p>
"""
        + READING
        + LATENT_SPACE
    )

    times: Literal["logit-normal", "uniform"] = Field(
        "logit-normal",
        description="Times drawn in training: uniform, or logit-normal, most often halfway, where the direction is hardest to guess.",
    )
    evaluations: int = Field(
        8, ge=1, le=1000, description="Network evaluations for a picture. More follow the way more exactly and are slower."
    )
    sampler: Literal["euler", "heun"] = Field(
        "euler", description="Euler goes straight on from each point; Heun corrects each step by a second evaluation."
    )
