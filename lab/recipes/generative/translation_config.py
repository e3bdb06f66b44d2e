"""The settings that image-to-image recipes share."""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from lab.config import Config, only, unit
from lab.data.catalogue import subject
from lab.recipes.generative.generative_config import PRECISION, Precision
from lab.recipes.images_config import GROUND, Ground


class TranslationConfig(Config):
    """Settings of a recipe that turns pictures of one domain into those of another."""

    pages: ClassVar[tuple[str, ...]] = ("image_translation",)
    first_views: ClassVar[tuple[str, ...]] = ("losses",)

    data: str = Field("digits", description="The images.")
    size: int = Field(
        32, ge=16, le=512, description="Side of the images in pixels. Larger shows more and is slower.", json_schema_extra=unit("pixels")
    )
    frames: int = Field(
        1000,
        ge=10,
        le=100_000,
        description="Frames of each game. More are more varied and take longer to play.",
        json_schema_extra=only(data="atari"),
    )
    batch_size: int = Field(16, ge=1, le=1024, description="Images of each domain in one step. Larger is steadier and slower.")
    features: int = Field(
        24, ge=4, le=256, description="Maps of G's layer next to the image, doubled at every halving. More draw finer and are slower."
    )
    d_features: int = Field(24, ge=4, le=256, description="Maps of D's first layer. More tell more apart and are slower.")
    patch_layers: int = Field(
        2, ge=1, le=5, description="Halvings in PatchGAN: each score sees patches of 16, 34, 70, 142 or 286 pixels. More judge the whole, less the detail."
    )  # fmt: skip
    upsampling: Literal["transpose", "resize"] = Field(
        "transpose", description="How G enlarges: resize draws no checkerboards and is slower; transpose is the papers'."
    )
    loss: Literal["lsgan", "non-saturating", "hinge"] = Field(
        "lsgan", description="What G and D minimise. lsgan is CycleGAN's and the steadiest, non-saturating that of pix2pix."
    )
    flip: bool = Field(False, description="Mirror images at random. More variety, but mirrored digits are no digits.")
    jitter: int = Field(
        0, ge=0, le=128, description="Pixels by which images are read larger and then cut at random. More variety.", json_schema_extra=unit("pixels")
    )  # fmt: skip
    learning_rate: float = Field(
        4e-4,
        gt=0,
        le=0.1,
        description="Adam's step size for G and D (the papers': 2e-4, for batches of 1). Higher learns faster until it swings.",
    )
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam's memory of past gradients. Lower follows the other player's moves sooner.")
    constant_steps: int = Field(
        900, ge=0, le=100_000_000, description="Steps at the full learning rate. More learn more before it falls.", json_schema_extra=unit("steps")
    )  # fmt: skip
    decay_steps: int = Field(
        900, ge=0, le=100_000_000, description="Steps over which the learning rate then falls to 0 in a line; 0 keeps it constant. More end steadier.",
        json_schema_extra=unit("steps"),
    )  # fmt: skip
    precision: Precision = PRECISION
    ground: Ground = GROUND

    def data_record(self, remembered: dict[str, Any] | None) -> dict[str, Any]:
        from lab.data.image_records import image_record

        return image_record(self.data, ground=self.ground, remembered=remembered)

    @property
    def subject(self) -> str:
        return subject(self.data)

    @model_validator(mode="after")
    def patches_fit(self) -> "TranslationConfig":
        least = 3 * 2**self.patch_layers  # The smallest on which PatchGAN still gives a score: two convolutions follow the halvings.
        if self.size < least:
            raise ValueError(f"--patch-layers {self.patch_layers} needs --size {least} or more, got {self.size}")
        return self
