"""The settings that generative recipes share: the data, the networks' size, and those of adversarial training."""

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.config import only, unit, unless, with_defaults, words
from lab.data.catalogue import native, subject
from lab.data.image_files import class_names
from lab.data.record import Record, first_data
from lab.recipes.images_config import ImagesConfig

SMALLEST_SIDE = 16
"""Smaller images are enlarged to this size by default: the embedded digits are 8x8, which is hard to recognise."""
Precision = Literal["auto", "fp32", "bf16"]
LATENT_SPACE = """<h3>The latent space</h3>
<p>On the left are samples from z that stay the same while the network changes. Click to pick them; every picture on the
right is drawn with the newest weights during training.</p>
<p><b>Walk</b>: from anchor to anchor, or freely in the square between four. <i>Linear</i> goes straight,
z = (1 &minus; t) a + t b; <i>spherical</i> keeps the length, z = (sin((1 &minus; t)&theta;) a + sin(t&theta;) b) / sin &theta;, because
normal noise of many dimensions lies near a sphere (White 2016, <a href="https://arxiv.org/abs/1609.04468">Sampling
generative networks</a>). The curve below shows how far each frame is from the one before: even is good.</p>
<p><b>Plane</b>: all of a 2-D space; else the plane through three anchors, or along the two directions in which the codes vary
most (without an encoder: those that change G's first layer most, Shen &amp; Zhou 2021,
<a href="https://arxiv.org/abs/2007.06600">SeFa</a>). Dots are encoded test images, coloured by class.</p>
<p><b>Arithmetic</b>: mean of A &minus; mean of B + mean of C. <b>Dimensions</b>: one at a time. <b>Directions</b>: along
those in which G's features vary most (H&auml;rk&ouml;nen et al. 2020, <a href="https://arxiv.org/abs/2004.02546">GANSpace</a>), or to a class.
<b>Code</b>: an image's code as
bars to drag. <b>Classes</b>: one z as every class. <b>Uses</b> (with an encoder): anomalies, similar images, clusters. <b>Diagnosis</b>: is the training healthy?</p>
"""
"""What the pages of the latent space show, the end of the explanation of every recipe that has one."""
LATENT_PAGES = ("walk", "plane", "arithmetic", "dimensions", "directions", "code", "diagnosis")
CONDITIONAL_PAGES = ("walk", "plane", "arithmetic", "dimensions", "directions", "code", "classes", "diagnosis")
PRECISION: Any = Field(
    "auto",
    description="Arithmetic of the networks: bf16 is faster where the hardware supports it, and auto uses it there. Weights stay in fp32.",
)


class ImageConfig(ImagesConfig):
    """Settings of a recipe that learns to draw images."""

    explanation: ClassVar[str] = LATENT_SPACE
    pages: ClassVar[tuple[str, ...]] = LATENT_PAGES
    first_views: ClassVar[tuple[str, ...]] = ("samples",)

    size: int = Field(
        0,
        ge=0,
        le=256,
        description="Image size in pixels; 0 keeps the data's own, at least 16. Larger shows more and is slower.",
        json_schema_extra=unit("pixels") | words({0: "the data's own"}),
    )
    channels: Literal[0, 1, 3] = Field(
        0, description="1 for greyscale, 3 for colour; 0 keeps the data's own.", json_schema_extra=words({0: "the data's own"})
    )
    batch_size: int = Field(
        128, ge=2, le=4096, description="Images per step. Larger is more stable and slower.", json_schema_extra=unit("images")
    )
    precision: Precision = PRECISION
    quality_every: int = Field(
        2000, ge=0, le=10_000_000,
        description="Steps between measurements of sample quality by a classifier, which is trained first. Lower shows more and slows training; 0 never measures.", json_schema_extra=unit("steps") | words({0: "never"}))  # fmt: skip

    @property
    def subject(self) -> str:
        return subject(self.data)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of the images."""
        size, channels = native(self.data)
        side = self.size or max(size, SMALLEST_SIDE)
        return (self.channels or channels, side, side)

    def shape_for(self, remembered: Record | None) -> tuple[int, int, int]:
        """`shape` of the images that a stored run began with, which it keeps on other data."""
        return self.model_copy(update={"data": first_data(remembered, self.data)}).shape

    def code_length(self, shape: tuple[int, int, int]) -> int:
        """How many numbers z has, where the images are of `shape`."""
        raise NotImplementedError

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the data's classes."""
        return class_names(self.data, self.games)


def check_size(config: ImageConfig) -> None:
    """Raises ValueError where convolutions cannot halve the images down to 4 to 9 pixels."""
    size = config.shape[1]
    base = size
    while base % 2 == 0 and base >= 8:
        base //= 2
    if base == size or not 4 <= base <= 9:
        raise ValueError(f"--size must be 4 to 9 times a power of 2 (8, 16, 24, 28, 32, 48, 64, 96, 128), got {size}")


class CodingConfig(ImageConfig):
    """Settings of a recipe with an encoder and a decoder."""

    pages: ClassVar[tuple[str, ...]] = (*LATENT_PAGES[:-1], "uses", LATENT_PAGES[-1])
    first_views: ClassVar[tuple[str, ...]] = ("samples", "reconstructions")

    latent: int = Field(
        20,
        ge=1,
        le=1024,
        description="Dimensions of z. More keep more detail and are harder to explore.",
        json_schema_extra=unit("dimensions"),
    )
    architecture: Literal["dense", "conv"] = Field(
        "dense", description="Dense layers suit small images; convolutions suit large ones and are slower."
    )
    hidden: str = Field(
        "400",
        description="Units of the hidden layers, separated by commas. More have more capacity and are slower.",
        json_schema_extra=only(architecture="dense"),
    )
    features: int = Field(
        32,
        ge=1,
        le=512,
        description="Feature maps of the first layer, doubled at every downsampling. More are sharper and slower.",
        json_schema_extra=unit("maps") | only(architecture="conv"),
    )
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Learning rate (Adam). Higher learns faster until the loss jumps.")

    @field_validator("hidden")
    @classmethod
    def some_widths(cls, value: str) -> str:
        return check_widths(value)

    @model_validator(mode="after")
    def fits(self) -> "CodingConfig":
        if self.architecture == "conv":
            check_size(self)
        return self

    @property
    def widths(self) -> list[int]:
        return [int(part) for part in self.hidden.split(",")]

    def code_length(self, shape: tuple[int, int, int]) -> int:
        return self.latent


def check_widths(value: str) -> str:
    """A list of layer widths such as 512,256. Raises ValueError for another text."""
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdigit() and 1 <= int(part) <= 8192 for part in parts) or len(parts) > 8:
        raise ValueError("must be one to eight whole numbers from 1 to 8192, separated by commas")
    return ",".join(parts)


class AdversarialConfig(with_defaults(ImageConfig, "AdversarialDefaults", batch_size=64)):  # type: ignore[misc]
    """Settings of a recipe in which a generator and a discriminator learn from each other."""

    former_values: ClassVar[dict[str, Any]] = {"beta2": 0.999}
    first_views: ClassVar[tuple[str, ...]] = ("samples", "scores")

    latent: int = Field(64, ge=1, le=1024, description="Dimensions of z. More allow more variety.", json_schema_extra=unit("dimensions"))
    loss: Literal["non-saturating", "minimax", "hinge", "lsgan", "relativistic"] = Field(
        "non-saturating",
        description="Adversarial loss. minimax is the original of 2014, whose gradient vanishes when D wins; hinge and lsgan are gentler; relativistic compares real with generated images.",
    )
    d_steps: int = Field(
        1,
        ge=1,
        le=100,
        description="D steps per G step (k in the paper). More keep D ahead and are slower.",
        json_schema_extra=unit("steps"),
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=0.5,
        description="One-sided label smoothing: D's target for real images is 1 minus this. Higher keeps D less confident.",
        json_schema_extra=words({0.0: "off"}) | only(loss=("non-saturating", "minimax", "lsgan")),
    )
    r1: float = Field(
        1.0,
        ge=0,
        le=1000,
        description="Weight (gamma) of the R1 penalty on D's gradient at real images; with loss relativistic also at generated ones. Higher is more stable; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )
    r1_every: int = Field(
        8,
        ge=1,
        le=1000,
        description="Steps between R1 penalties, each weighted by this number (lazy regularisation). Higher is faster.",
        json_schema_extra=unit("steps") | unless(r1=0.0),
    )
    spectral_norm: bool = Field(False, description="Spectral normalisation of D (Miyato et al. 2018). More stable, and slower.")
    ema: float = Field(
        0.99,
        ge=0,
        lt=1,
        description="Decay of the averaged G (EMA) that views and evaluation use. Higher is smoother and lags more.",
        json_schema_extra=words({0.0: "off"}),
    )
    g_learning_rate: float = Field(2e-4, gt=0, le=1, description="Learning rate of G (Adam). Higher learns faster until it oscillates.")
    d_learning_rate: float = Field(2e-4, gt=0, le=1, description="Learning rate of D (Adam). Higher keeps D ahead of G.")
    beta1: float = Field(
        0.5, ge=0, lt=1, description="Adam's beta1, the decay of its gradient average. Lower reacts faster to the other network."
    )
    beta2: float = Field(
        0.999, ge=0, lt=1,
        description="Adam's beta2, the decay of its squared-gradient average. Higher is more stable; lower follows a game that changes.",
    )  # fmt: skip

    def code_length(self, shape: tuple[int, int, int]) -> int:
        return self.latent

    @model_validator(mode="after")
    def smoothing_has_an_effect(self) -> "AdversarialConfig":
        if self.label_smoothing and self.loss not in ("non-saturating", "minimax", "lsgan"):
            raise ValueError(
                f"--label-smoothing softens the target of real images, which the {self.loss} loss does not have: leave it at 0"
            )
        return self


class ConvAdversarialConfig(with_defaults(AdversarialConfig, "ConvAdversarialDefaults", size=32, latent=100)):  # type: ignore[misc]
    """The convolutional form."""

    features: int = Field(
        32,
        ge=1,
        le=512,
        description="Feature maps of the layer next to the image, doubled at every downsampling (64 in the paper). More have more capacity and are slower.",
        json_schema_extra=unit("maps"),
    )

    @model_validator(mode="after")
    def fits(self) -> "ConvAdversarialConfig":
        check_size(self)
        return self
