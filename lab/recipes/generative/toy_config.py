"""The settings of the toys: a distribution of points, and small dense networks that learn it in seconds."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.config import Config, only, unit, words
from lab.recipes.generative.generative_config import check_widths


class ToyConfig(Config):
    """Settings of a recipe that learns points in the plane or on a line."""

    pages: ClassVar[tuple[str, ...]] = ("landscape",)
    first_views: ClassVar[tuple[str, ...]] = ("landscape", "densities")

    distribution: Literal["ring", "grid", "moons", "spiral", "circle", "drawn", "normal", "two peaks"] = Field(
        "ring",
        description="The points to learn: 8 Gaussians on a ring, 25 on a grid, two moons, a spiral, a circle, your own; or on a line, one Gaussian or two.",
    )
    drawn: str = Field(
        "", description='Your own points, "x,y x,y ..." between -2.5 and 2.5; each is the centre of a small Gaussian.',
        json_schema_extra=only(distribution="drawn") | {"editor": "points"},
    )  # fmt: skip
    hidden: str = Field("64,64", description="Units of the hidden layers, separated by commas. More bend more and are slower.")
    batch_size: int = Field(
        256, ge=8, le=65_536, description="Points per step. Larger is more stable and slower.", json_schema_extra=unit("points")
    )

    @property
    def subject(self) -> str:
        return self.distribution.replace(" ", "-")

    @property
    def widths(self) -> list[int]:
        return [int(part) for part in self.hidden.split(",")]

    @property
    def points(self) -> list[tuple[float, float]]:
        """The user's own."""
        return parse_points(self.drawn)

    @field_validator("hidden")
    @classmethod
    def some_widths(cls, value: str) -> str:
        return check_widths(value)

    @field_validator("drawn")
    @classmethod
    def some_points(cls, value: str) -> str:
        parse_points(value)
        return value.strip()

    @model_validator(mode="after")
    def drawn_has_points(self) -> "ToyConfig":
        if self.distribution == "drawn" and not self.points:
            raise ValueError('--drawn must have at least one point, such as "0.5,-1 1,1", for --distribution drawn')
        return self


def parse_points(text: str) -> list[tuple[float, float]]:
    """The points in "x,y x,y ...". Raises ValueError for another text."""
    points = []
    for part in text.split():
        try:
            x, y = map(float, part.split(","))
        except ValueError:
            raise ValueError('must be points "x,y" separated by spaces') from None
        if not (abs(x) <= 2.5 and abs(y) <= 2.5):
            raise ValueError("must lie between -2.5 and 2.5")
        points.append((x, y))
    return points


class ToyGANConfig(ToyConfig):
    """A GAN of points (Goodfellow et al. 2014), to watch the game: GAN Lab (Kahng et al. 2018)."""

    explanation: ClassVar[str] = """<h3>A GAN one can see</h3>
<p>G moves noise to points, D colours the plane by how real a point seems: green is real, pink generated. Arrows show where D
sends each generated point, the gradient that G learns from:</p>
<p align="center"><i>min<sub>G</sub> max<sub>D</sub> E[log D(x)] + E[log(1 &minus; D(G(z)))]</i></p>
<p>Where G has won, the clouds lie over each other and D is flat at 1/2. <b>Provoke mode collapse</b> (a preset): the grid with
<i>r1</i> 0 and 16 <i>units</i> in D; <b>cure it</b> by r1 0.1 and 64,64. <i>minimax</i> shows the vanishing gradient, <i>wasserstein</i>
needs a gradient penalty.</p>
<p>Goodfellow et al. 2014, <a href="https://arxiv.org/abs/1406.2661">Generative adversarial nets</a>; Kahng et al. 2018,
<a href="https://poloclub.github.io/ganlab/">GAN Lab</a>; Mescheder et al. 2018,
<a href="https://arxiv.org/abs/1801.04406">Which training methods for GANs do converge?</a></p>
"""

    loss: Literal["non-saturating", "minimax", "hinge", "lsgan", "wasserstein", "relativistic"] = Field(
        "non-saturating",
        description="Adversarial loss. minimax is the original of 2014, whose gradient vanishes when D wins; relativistic compares real with generated points.",
    )
    r1: float = Field(
        0.1, ge=0, le=1000,
        description="Weight of the R1 penalty on D's gradient at real points; with loss relativistic also at generated ones. Higher is more stable and blurs; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    gradient_penalty: float = Field(
        0.0, ge=0, le=1000,
        description="Weight of the penalty that holds D's slope near 1 (WGAN-GP). Higher holds it closer; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    d_steps: int = Field(
        1, ge=1, le=100, description="D steps per G step. More keep D ahead and are slower.", json_schema_extra=unit("steps")
    )
    d_hidden: str = Field("64,64", description="Units of D's hidden layers. Fewer make D blind to details, and G collapse.")
    latent: int = Field(
        2, ge=1, le=64, description="Dimensions of z. More give G more ways to spread.", json_schema_extra=unit("dimensions")
    )
    g_learning_rate: float = Field(1e-3, gt=0, le=1, description="Learning rate of G (Adam). Higher learns faster until it oscillates.")
    d_learning_rate: float = Field(2e-3, gt=0, le=1, description="Learning rate of D (Adam). Higher keeps D ahead of G.")
    beta1: float = Field(
        0.5, ge=0, lt=1, description="Adam's beta1, the decay of its gradient average. Lower reacts faster to the other network."
    )

    @field_validator("d_hidden")
    @classmethod
    def some_d_widths(cls, value: str) -> str:
        return check_widths(value)

    @property
    def d_widths(self) -> list[int]:
        return [int(part) for part in self.d_hidden.split(",")]


class ToyFlowConfig(ToyConfig):
    """Rectified flow of points (Liu et al. 2023), to watch the ways."""

    explanation: ClassVar[str] = """<h3>A flow one can see</h3>
<p>Each point of noise moves to a point of the data along the velocity that the network learned; the slider stops the time on the way.</p>
<p align="center"><i>min E ||v(x<sub>t</sub>, t) &minus; (x<sub>1</sub> &minus; x<sub>0</sub>)||<sup>2</sup>, &nbsp; x<sub>t</sub> = (1 &minus; t) x<sub>0</sub> + t x<sub>1</sub></i></p>
<p>Training pairs noise and data at random, so straight lines cross; the flow cannot, as one way leads through each point, and bends
around. With few evaluations the bends are cut: try 1, 2, 4.</p>
<p>Liu et al. 2023, <a href="https://arxiv.org/abs/2209.03003">Flow straight and fast</a>; Lipman et al. 2023,
<a href="https://arxiv.org/abs/2210.02747">Flow matching for generative modeling</a>.</p>
"""

    hidden: str = Field("128,128", description="Units of the hidden layers, separated by commas. More bend more and are slower.")
    learning_rate: float = Field(2e-3, gt=0, le=1, description="Learning rate (Adam). Higher learns faster until the loss jumps.")
    times: Literal["logit-normal", "uniform"] = Field(
        "uniform", description="Times drawn in training: uniform, or logit-normal, most often halfway."
    )
    evaluations: int = Field(
        50, ge=1, le=1000, description="Network evaluations of a way. More follow it more exactly and are slower.",
        json_schema_extra=unit("evaluations"),
    )  # fmt: skip
    ema: float = Field(
        0.99, ge=0, lt=1, description="Decay of the averaged network (EMA) that draws. Higher is smoother and lags more.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
