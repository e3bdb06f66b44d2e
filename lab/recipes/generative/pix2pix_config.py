"""Settings of pix2pix: a preset for small images, and the published one."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.atari.games import check_games
from lab.config import data_field, only, unless, with_defaults, words
from lab.data.catalogue import find, listed
from lab.recipes.generative.image_translation_config import ImageTranslationConfig

# G has the published width: it learns in fewer steps than a narrow one, and large sums are what a processor is quick at.
DEFAULTS = with_defaults(ImageTranslationConfig, "Pix2PixDefaults", features=64, d_features=32, constant_steps=600, decay_steps=600)


class Pix2PixConfig(DEFAULTS):  # type: ignore[misc, valid-type]
    """pix2pix (Isola et al. 2017): a U-Net learns from pairs, by L1 and a discriminator of patches."""

    explanation: ClassVar[str] = """<h3>pix2pix</h3>
<p>Pairs (a, b) are given: an outline and its digit, a half and the whole, grey and colour. A U-Net G draws b from a; its skip connections
carry edges past the narrow middle. D sees a together with the true or the generated picture, patch by patch:</p>
<p align="center"><i>min<sub>G</sub> max<sub>D</sub> L<sub>GAN</sub>(G, D) + &lambda; |G(a) &minus; b|</i></p>
<p>|G(a) &minus; b| alone would draw the blurred average of all possible answers; D insists on a definite one.</p>
<p>Isola et al. 2017, <a href="https://arxiv.org/abs/1611.07004">Image-to-image translation with conditional adversarial networks</a>;
Ronneberger et al. 2015, <a href="https://arxiv.org/abs/1505.04597">U-Net</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("results", "verdict", "losses")

    data: str = data_field("digits", "images", "image pairs", about="Images to make pairs of, or pairs")
    task: Literal["outline", "half", "upscale", "colour", "denoise", "deblur", "holes", "segment"] = Field(
        "outline",
        description="Input from which the image is drawn: its outline, left half, a small, grey, noisy or blurred version, one with holes drawn into it, or (atari) the sprite label map.",
        json_schema_extra=unless(data="pairs:"),
    )
    games: str = Field(
        "pong,breakout,space_invaders,seaquest", description="Atari games, separated by commas.", json_schema_extra=only(data="atari")
    )
    norm: Literal["instance", "batch"] = Field(
        "instance",
        description="Normalisation in G and D: instance normalises each image alone; batch (the paper) normalises over the batch.",
    )
    dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Dropout in G's inner layers, its only noise (0.5 in the paper). Higher is more varied.",
        json_schema_extra=words({0.0: "off"}),
    )
    l1_weight: float = Field(
        100.0,
        ge=0,
        le=1e4,
        description="Weight of the L1 loss |G(a) - b|. Higher is more faithful and blurrier.",
        json_schema_extra=words({0.0: "off"}),
    )

    @field_validator("games")
    @classmethod
    def known_games(cls, value: str) -> str:
        return check_games(value)

    @model_validator(mode="after")
    def halves(self) -> "Pix2PixConfig":
        if self.size & (self.size - 1):
            raise ValueError(f"--size must be a power of 2, got {self.size}")
        if self.task == "segment" and not {"label maps", "image pairs"} & set(find(self.data).gives):
            raise ValueError(f"--task segment needs --data {listed('label maps')}, got {self.data}")
        return self


Pix2Pix256Config = with_defaults(
    Pix2PixConfig, "Pix2Pix256Config", size=256, batch_size=1, features=64, d_features=64, patch_layers=3, learning_rate=2e-4, norm="batch", dropout=0.5,
    loss="non-saturating", flip=True, jitter=30, data="atari", task="segment", constant_steps=100_000, decay_steps=100_000,
)  # fmt: skip
