"""The settings of the models that make a picture of noise: flow, ddpm, meanflow."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from lab.config import only, unit, with_defaults, words
from lab.recipes.generative.generative_config import ImageConfig

PAGES = ("denoising", "walk", "plane", "arithmetic", "dimensions", "directions", "code", "classes", "diagnosis")
READING = """<h3>Noise as a code</h3>
<p>One way leads through each point, so the noise that a picture starts from is its code, of as many numbers as the picture has:
walk between noises, average them, find a real picture's by going backwards. <b>Denoising</b> shows the way.</p>
"""


class DenoisingConfig(with_defaults(ImageConfig, "DenoisingDefaults", batch_size=64)):  # type: ignore[misc]
    """Settings of a recipe whose network takes noise away."""

    pages: ClassVar[tuple[str, ...]] = PAGES
    first_views: ClassVar[tuple[str, ...]] = ("samples", "denoised")

    network: Literal["unet", "dit"] = Field(
        "unet", description="A U-Net of convolutions, or a transformer over patches of 4x4 pixels (DiT), which wants more data and time."
    )
    features: int = Field(
        32, ge=8, le=512, multiple_of=8,
        description="Channels of the largest maps, doubled at every halving. More draw better and are slower.",
        json_schema_extra=unit("maps") | only(network="unet"),
    )  # fmt: skip
    width: int = Field(
        192, ge=16, le=1024, multiple_of=16, description="Numbers for each patch. More draw better and are slower.",
        json_schema_extra=only(network="dit"),
    )  # fmt: skip
    depth: int = Field(
        6,
        ge=1,
        le=48,
        description="Transformer blocks. More draw better and are slower.",
        json_schema_extra=unit("blocks") | only(network="dit"),
    )
    guidance: float = Field(
        1.5, ge=0, le=20,
        description="Classifier-free guidance in drawing. Higher keeps closer to the class, with less variety and twice the time; 1 takes the class as learned.",
        json_schema_extra=words({0.0: "no class"}),
    )  # fmt: skip
    class_dropout: float = Field(
        0.1, ge=0, lt=1,
        description="Share of training images whose class is withheld, which guidance needs. Higher learns more of pictures without a class.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Learning rate (Adam). Higher learns faster until the loss jumps.")
    warmup: int = Field(
        100,
        ge=0,
        le=100_000,
        description="Steps in which the learning rate rises to its value. More are safer at a high rate.",
        json_schema_extra=unit("steps") | words({0: "none"}),
    )
    ema: float = Field(0.999, ge=0, lt=1, description="Decay of the averaged network (EMA) that draws. Higher is smoother and lags more.")

    @model_validator(mode="after")
    def fits(self) -> "DenoisingConfig":
        cell = 4 if self.network == "dit" else 2
        if self.shape[1] % cell:
            raise ValueError(f"--size must be a multiple of {cell} for --network {self.network}, got {self.shape[1]}")
        return self

    def code_length(self, shape: tuple[int, int, int]) -> int:
        return shape[0] * shape[1] * shape[2]
