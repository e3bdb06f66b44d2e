"""Settings of the VQ-VAE."""

from typing import Any, ClassVar

from pydantic import Field, model_validator

from lab.config import unit, with_defaults, words
from lab.recipes.generative.generative_config import LATENT_SPACE, ImageConfig

CELL = 4
"""Pixels of a code's side: images are halved twice."""


class VQVAEConfig(with_defaults(ImageConfig, "VQVAEDefaults", data="mnist-5k", batch_size=64)):  # type: ignore[misc]
    """The VQ-VAE (van den Oord et al. 2017) with a PixelCNN that draws its codes."""

    explanation: ClassVar[str] = (
        """<h3>VQ-VAE: a code of discrete entries</h3>
<p>The encoder turns each cell of 4x4 pixels into a vector, which is replaced by the nearest entry of a codebook: the picture becomes a
small grid of whole numbers, from whose entries the decoder draws it again. The gradient passes this step as if it were not there
(straight-through).</p>
<p align="center"><i>k = argmin<sub>j</sub> ||E(x) &minus; e<sub>j</sub>||, &nbsp;
min &minus;log p(x | e<sub>k</sub>) + &beta; ||E(x) &minus; sg(e<sub>k</sub>)||<sup>2</sup>, &nbsp;
p(k) = &Pi;<sub>i</sub> p(k<sub>i</sub> | k<sub>1</sub>, ..., k<sub>i&minus;1</sub>)</i></p>
<p>Each entry is the moving average of the vectors that it replaced; one that is hardly used is <b>revived</b>: moved to a vector of the
batch. <b>Perplexity</b> is the effective number of entries in use: all of them where each is used equally often. A <b>PixelCNN</b> learns
the distribution of the grids at the same time, and alone once the codebook is fixed: it draws a class and then the codes of a new picture,
one after the other.</p>
<p><b>Codes</b>: paint entries into the grid of a picture. <b>Places</b>: see codes being drawn. van den Oord et al. 2017,
<a href="https://arxiv.org/abs/1711.00937">Neural discrete representation learning</a>; Razavi et al. 2019,
<a href="https://arxiv.org/abs/1906.00446">VQ-VAE-2</a>; Dhariwal et al. 2020, <a href="https://arxiv.org/abs/2005.00341">Jukebox</a>
(reviving entries).</p>
"""
        + LATENT_SPACE
    )
    former_values: ClassVar[dict[str, Any]] = {"prior_by_class": False, "prior_dropout": 0.0, "drawing_temperature": 1.0}
    pages: ClassVar[tuple[str, ...]] = ("codes", "places", "walk", "plane", "arithmetic", "diagnosis")
    first_views: ClassVar[tuple[str, ...]] = ("samples", "reconstructions", "codebook_usage")

    entries: int = Field(
        128, ge=2, le=4096, description="Entries of the codebook. More keep more detail and are harder to draw from.",
        json_schema_extra=unit("entries"),
    )  # fmt: skip
    entry_width: int = Field(
        16, ge=2, le=256, description="Numbers in an entry, its dimension. More tell more entries apart; too many leave some unused.",
        json_schema_extra=unit("numbers"),
    )  # fmt: skip
    features: int = Field(
        32, ge=4, le=512, description="Feature maps of encoder and decoder next to the image, doubled once. More draw better and are slower.",
        json_schema_extra=unit("maps"),
    )  # fmt: skip
    commitment: float = Field(
        0.25, ge=0, le=100, description="Weight of the encoder's distance from the entries it takes. Higher binds it to them more."
    )
    codebook_ema: float = Field(
        0.98, ge=0, lt=1, description="Decay of the moving averages that entries follow. Higher moves them more slowly and evenly."
    )
    revive_below: float = Field(
        0.03, ge=0, le=1,
        description="Entries used less than this share of the mean use are revived. Higher keeps more in use and disturbs more.",
        json_schema_extra=words({0.0: "never"}),
    )  # fmt: skip
    codebook_steps: int = Field(
        2_500, ge=1, le=10_000_000,
        description="Steps in which encoder, codebook and decoder learn; later ones train the prior alone. More draw sharper, and leave the prior less time.",
        json_schema_extra=unit("steps"),
    )  # fmt: skip
    prior_features: int = Field(
        48, ge=4, le=512, description="Feature maps of each of the PixelCNN's stacks. More have more capacity and are slower.",
        json_schema_extra=unit("maps"),
    )  # fmt: skip
    prior_layers: int = Field(
        6, ge=1, le=32, description="Layers of the PixelCNN. More see further and are slower.", json_schema_extra=unit("layers")
    )  # fmt: skip
    prior_by_class: bool = Field(
        True, description="Tell the prior the class, which it draws before the codes. On, classes are equally frequent and pictures clearer; off, it finds out by itself what there is."
    )  # fmt: skip
    prior_dropout: float = Field(
        0.2, ge=0, lt=1,
        description="Dropout in the PixelCNN. Higher keeps it from knowing the training pictures by heart, and learns slower.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    drawing_temperature: float = Field(
        0.8, gt=0, le=10,
        description="Temperature at which codes are drawn. Lower draws what is likely more often: clearer and less varied; 1 draws as learned.",
    )  # fmt: skip
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Learning rate (Adam). Higher learns faster until the loss jumps.")
    ema: float = Field(0.998, ge=0, lt=1, description="Decay of the averaged PixelCNN (EMA) that draws. Higher is smoother and lags more.")

    @model_validator(mode="after")
    def fits(self) -> "VQVAEConfig":
        if self.shape[1] % CELL:
            raise ValueError(f"--size must be a multiple of {CELL}, got {self.shape[1]}")
        return self

    def code_length(self, shape: tuple[int, int, int]) -> int:
        return self.entry_width * (shape[1] // CELL) * (shape[2] // CELL)
