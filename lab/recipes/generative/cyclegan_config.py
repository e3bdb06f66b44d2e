"""Settings of CycleGAN: a preset for small images, and the published one."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.atari.games import check_games
from lab.config import data_field, only, unit, unless, with_defaults, words
from lab.recipes.generative.image_translation_config import ImageTranslationConfig

# 600 steps at 1e-3 came as far as 1,200 at 4e-4. 32 images take half again the time of 16, as a step's many small operations cost the same.
# At the default length the rate has come down to a tenth.
DEFAULTS = with_defaults(ImageTranslationConfig, "CycleGANDefaults", batch_size=32, learning_rate=1e-3, constant_steps=250, decay_steps=500)


class CycleGANConfig(DEFAULTS):  # type: ignore[misc, valid-type]
    """CycleGAN (Zhu et al. 2017): two generators that undo each other, with no pairs to learn from."""

    explanation: ClassVar[str] = """<h3>CycleGAN</h3>
<p>Two sets of pictures, A and B, and no pairs. G: A &rarr; B and F: B &rarr; A learn together: a discriminator for each domain
asks that G(a) look like a picture of B, and translating back must return the original:</p>
<p align="center"><i>L = (D<sub>B</sub>(G(a)) &minus; 1)<sup>2</sup> + (D<sub>A</sub>(F(b)) &minus; 1)<sup>2</sup>
+ &lambda; (|F(G(a)) &minus; a| + |G(F(b)) &minus; b|) + &frac12; &lambda; (|G(b) &minus; b| + |F(a) &minus; a|)</i></p>
<p>The discriminators are PatchGANs: each score judges one patch (<b>verdict</b>), and half of what they see comes from a <b>pool</b> of
pictures generated earlier. A plain digit can be painted in any colour, but a function has one answer: without a <b>style</b> all come out
in one colour family. Here G takes a code as well, an encoder E must recover it from the picture, |E(G(a, s)) &minus; s|, and
b &rarr; a &rarr; b gets its own code back. The bars are that code.</p>
<p>Zhu et al. 2017, <a href="https://arxiv.org/abs/1703.10593">Unpaired image-to-image translation</a>; Huang et al. 2018,
<a href="https://arxiv.org/abs/1804.04732">Multimodal unsupervised translation</a>; Odena et al. 2016,
<a href="https://distill.pub/2016/deconv-checkerboard/">Checkerboard artifacts</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("triptychs", "verdict", "losses")

    data: str = data_field("digits", "image domains", about="Two domains without pairs")
    game: str = Field("pong", description="Atari game.", json_schema_extra=only(data="atari"))
    blocks: int = Field(
        3,
        ge=1,
        le=32,
        description="Residual blocks per generator (6 or 9 in the paper). More have more capacity and are slower.",
        json_schema_extra=unit("blocks"),
    )
    d_norm: Literal["instance", "none"] = Field(
        "none",
        description="Normalisation in D. instance (the paper) hides an image's brightness from D; none shows it and is faster.",
    )
    style: int = Field(
        8, ge=0, le=256,
        description="Dimensions of the style code that selects one of many possible pictures of B; with 0 (the paper) all come out in one colour family. More allow more variety.", json_schema_extra=unit("dimensions") | words({0: "off"}))  # fmt: skip
    cycle_weight: float = Field(
        10.0,
        ge=0,
        le=1000,
        description="Weight (lambda) of the cycle loss |F(G(a)) - a|. Higher preserves more of the image.",
        json_schema_extra=words({0.0: "off"}),
    )
    identity_weight: float = Field(
        0.5,
        ge=0,
        le=100,
        description="Weight of the identity loss |G(b) - b|, relative to the cycle loss. Higher preserves colours.",
        json_schema_extra=words({0.0: "off"}),
    )
    cycle_noise: float = Field(
        0.0, ge=0, le=2,
        description="Standard deviation of noise added to a translated image before it is translated back (images are in [-1, 1]; 0 in the paper). Higher lets G hide less in faint traces.", json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    style_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        description="Weight of recovering the style code from the picture drawn with it. Higher is more varied.",
        json_schema_extra=words({0.0: "off"}) | unless(style=0),
    )
    pool: int = Field(
        50, ge=0, le=10_000, description="Size of the pool of past generated images that D sees again. Larger makes D forget less; 0 shows only the newest.",
        json_schema_extra=words({0: "off"}) | unit("images"),
    )  # fmt: skip

    @field_validator("game")
    @classmethod
    def known_game(cls, value: str) -> str:
        if "," in value:
            raise ValueError("must be one game")
        return check_games(value)

    @model_validator(mode="after")
    def halves(self) -> "CycleGANConfig":
        if self.size % 4:
            raise ValueError(f"--size must be a multiple of 4, got {self.size}")
        return self

    @property
    def subject(self) -> str:
        return self.game if self.data == "atari" else super().subject


PUBLISHED = {
    "size": 256, "batch_size": 1, "features": 64, "d_features": 64, "patch_layers": 3, "learning_rate": 2e-4, "flip": True, "jitter": 30,
    "constant_steps": 133_400, "decay_steps": 133_400,
}  # fmt: skip
"""100 and 100 epochs of the 1,334 zebras; 286 pixels cut to 256."""

CycleGAN256Config = with_defaults(
    CycleGANConfig, "CycleGAN256Config", data="horse2zebra", blocks=9, style=0, d_norm="instance", cycle_noise=0.0, **PUBLISHED
)
