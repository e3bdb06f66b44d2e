"""The settings that image-to-image recipes share."""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from lab.config import Config, only, unit, words
from lab.data.catalogue import subject
from lab.recipes.generative.generative_config import PRECISION, Precision
from lab.recipes.images_config import GROUND, Ground


class ImageTranslationConfig(Config):
    """Settings of a recipe that turns pictures of one domain into those of another."""

    pages: ClassVar[tuple[str, ...]] = ("image_translation",)
    first_views: ClassVar[tuple[str, ...]] = ("losses",)

    data: str = Field("digits", description="The images.")
    size: int = Field(
        32, ge=16, le=512, description="Image size in pixels. Larger shows more and is slower.", json_schema_extra=unit("pixels")
    )
    frames: int = Field(
        1000,
        ge=10,
        le=100_000,
        description="Frames per game. More are more varied and take longer to record.",
        json_schema_extra=unit("frames") | only(data="atari"),
    )
    batch_size: int = Field(
        16, ge=1, le=1024, description="Images of each domain per step. Larger is more stable and slower.", json_schema_extra=unit("images")
    )
    features: int = Field(
        24,
        ge=4,
        le=256,
        description="Feature maps of G's layer next to the image, doubled at every downsampling. More draw finer detail and are slower.",
        json_schema_extra=unit("maps"),
    )
    d_features: int = Field(
        24,
        ge=4,
        le=256,
        description="Feature maps of D's first layer. More have more capacity and are slower.",
        json_schema_extra=unit("maps"),
    )
    patch_layers: int = Field(
        2, ge=1, le=5, description="Downsampling layers of PatchGAN: each score sees a patch of 16, 34, 70, 142 or 286 pixels. More judge the whole image rather than detail.", json_schema_extra=unit("layers")
    )  # fmt: skip
    upsampling: Literal["transpose", "resize"] = Field(
        "transpose", description="Upsampling in G: transpose is the papers' choice; resize avoids checkerboard artefacts and is slower."
    )
    loss: Literal["lsgan", "non-saturating", "hinge"] = Field(
        "lsgan", description="Adversarial loss. lsgan is CycleGAN's and the most stable; non-saturating is pix2pix's."
    )
    flip: bool = Field(False, description="Mirror images at random. Adds variety, but mirrored digits are not digits.")
    jitter: int = Field(
        0, ge=0, le=128, description="Load images this many pixels larger and crop at random. Higher adds variety.", json_schema_extra=words({0: "off"}) | unit("pixels")
    )  # fmt: skip
    learning_rate: float = Field(
        4e-4,
        gt=0,
        le=0.1,
        description="Learning rate of G and D (Adam; 2e-4 for batches of 1 in the papers). Higher learns faster until it oscillates.",
    )
    beta1: float = Field(
        0.5, ge=0, lt=1, description="Adam's beta1, the decay of its gradient average. Lower reacts faster to the other network."
    )
    constant_steps: int = Field(
        900, ge=0, le=100_000_000, description="Steps at the full learning rate before it decays. More learns more at the full rate.", json_schema_extra=words({0: "none"}) | unit("steps")
    )  # fmt: skip
    decay_steps: int = Field(
        900, ge=0, le=100_000_000, description="Steps over which the learning rate then decays linearly to 0; 0 keeps it constant. More end more stably.",
        json_schema_extra=words({0: "off"}) | unit("steps"),
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
    def patches_fit(self) -> "ImageTranslationConfig":
        least = 3 * 2**self.patch_layers  # The smallest on which PatchGAN still gives a score: two convolutions follow the halvings.
        if self.size < least:
            raise ValueError(f"--patch-layers {self.patch_layers} needs --size {least} or more, got {self.size}")
        return self
