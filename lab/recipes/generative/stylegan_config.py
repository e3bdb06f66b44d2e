"""Settings of StyleGAN."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.config import unit, with_defaults, words
from lab.recipes.generative.generative_config import LATENT_SPACE, ConvAdversarialConfig


class StyleGANConfig(
    with_defaults(  # type: ignore[misc]
        ConvAdversarialConfig, "StyleGANDefaults", data="mnist-5k", size=0, loss="relativistic", latent=64, beta1=0.0, ema=0.995,
        r1_every=2, g_learning_rate=2e-3, d_learning_rate=5e-4, beta2=0.99,
    )
):  # fmt: skip
    """StyleGAN (Karras et al. 2019; 2020): styles for each layer, from coarse to fine."""

    explanation: ClassVar[str] = (
        """<h3>StyleGAN</h3>
<p>A mapping network of dense layers turns z into a style w, and w scales the feature maps of every convolution: the picture itself
starts from a learned constant. Noise, added to each pixel with a strength that each layer learns, decides the details that are left to chance.</p>
<p align="center"><i>w = f(&radic;d z / |z|), &nbsp; W'<sub>oik</sub> = s<sub>i</sub>(w) W<sub>oik</sub> /
&radic;(&Sigma;<sub>ik</sub> (s<sub>i</sub>(w) W<sub>oik</sub>)<sup>2</sup>)</i></p>
<p><b>Styles</b> mixes the coarse layers of one sample with the fine ones of another, moves samples towards the mean style
(<i>truncation</i>, w' = mean + &psi; (w &minus; mean)), and shows what each side adds, from coarse to fine, and what noise changes.</p>
<p>D, the relativistic loss and its two gradient penalties are those of <b>r3gan</b>; the paper's own loss is non-saturating, with R1 alone.
Karras et al. 2019, <a href="https://arxiv.org/abs/1812.04948">A style-based
generator architecture</a>; 2020, <a href="https://arxiv.org/abs/1912.04958">Analyzing and improving the image quality of
StyleGAN</a> (demodulation; each size adds its part to the image); Mescheder et al. 2018, <a href="https://arxiv.org/abs/1801.04406">R1</a>.</p>
"""
        + LATENT_SPACE
    )
    former_values: ClassVar[dict[str, Any]] = {**ConvAdversarialConfig.former_values, "equalised": False}
    pages: ClassVar[tuple[str, ...]] = ("styles", *ConvAdversarialConfig.pages)

    spectral_norm: Literal[False] = Field(False, description="StyleGAN's D has no normalisation.")
    features: int = Field(
        24, ge=8, le=512, multiple_of=8,
        description="Feature maps of G's layers next to the image, doubled at every halving, up to four times as many. More have more capacity and are slower.",
        json_schema_extra=unit("maps"),
    )  # fmt: skip
    d_features: int = Field(
        16, ge=8, le=512, multiple_of=8,
        description="The same of D. More tell finer differences and are slower.",
        json_schema_extra=unit("maps"),
    )  # fmt: skip
    mapping_layers: int = Field(
        4, ge=1, le=16,
        description="Dense layers from z to the style (8 in the paper). More disentangle the styles further and learn slower.",
        json_schema_extra=unit("layers"),
    )  # fmt: skip
    equalised: bool = Field(
        True, description="Equalised learning rate of G: on, wide layers learn no faster than narrow ones; off, they run ahead and samples collapse. On needs a learning rate about four times as high."
    )  # fmt: skip
    mixing: float = Field(
        0.5, ge=0, le=1,
        description="Share of training images with two styles, the second from a random layer on. Higher makes layers depend less on each other.",
        json_schema_extra=words({0.0: "none"}),
    )  # fmt: skip
