"""The settings of a likelihood: what is asked, how many observations come in, and the prior."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from lab.config import Config, only, unit, words

KINDS = ("gaussian", "coin", "line", "classes")
RANGES = {"gaussian": (-3.0, 3.0), "coin": (0.0, 1.0), "line": (-3.0, 3.0), "classes": (-6.0, 6.0)}
"""Where the parameter of each is looked for."""
TRUTHS = {"gaussian": 1.2, "coin": 0.5, "line": -0.8, "classes": 2.0}
OF_ITS_KIND = -9.0
"""The truth that stands for that of TRUTHS."""


class LikelihoodConfig(Config):
    """Observations that come in one by one, and the parameter that makes them most probable."""

    explanation: ClassVar[str] = """<h3>Where losses come from</h3>
<p>Which parameter makes what was seen most probable? Its likelihood is <i>L = &Pi; p(x | parameter)</i>. The loss that networks minimise is</p>
<p align="center"><i>&minus;log L</i>:</p>
<p>with Gaussian noise the squared error, with classes the cross-entropy. A prior, times L, gives the posterior; its maximum (MAP) is a loss with
a penalty, such as L2.</p>
<p>Bishop 2006, <a href="https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/">Pattern Recognition and
Machine Learning</a>, chapters 1 to 4.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("likelihood", "losses")

    kind: Literal["gaussian", "coin", "line", "classes"] = Field(
        "gaussian",
        description="What is asked: the mean of a Gaussian, a coin's share of heads, the slope of a line, or that of a logistic curve.",
    )
    count: int = Field(
        30,
        ge=1,
        le=100_000,
        description="How many observations come in. More make the likelihood narrower.",
        json_schema_extra=unit("observations"),
    )
    sigma: float = Field(
        0.8, gt=0, le=10, description="Deviation of the Gaussian noise, known to the model. Higher makes the likelihood wider.",
        json_schema_extra=only(kind=("gaussian", "line")),
    )  # fmt: skip
    truth: float = Field(
        OF_ITS_KIND, ge=OF_ITS_KIND, le=6,
        description="The parameter from which the observations are drawn. Raising or lowering it moves the maximum along.",
        json_schema_extra=words({OF_ITS_KIND: "that of its kind"}),
    )  # fmt: skip
    prior: float = Field(
        0.0, ge=0, le=1_000_000, description="Gamma: how many observations the prior is worth. Higher pulls MAP to 0, or to a fair coin.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip

    @property
    def subject(self) -> str:
        return self.kind

    @property
    def parameter(self) -> float:
        """The parameter from which the observations are drawn."""
        return TRUTHS[self.kind] if self.truth == OF_ITS_KIND else self.truth

    @model_validator(mode="after")
    def truth_is_in_range(self) -> "LikelihoodConfig":
        low, high = RANGES[self.kind]
        if not low <= self.parameter <= high:
            raise ValueError(f"--truth must lie between {low:g} and {high:g} for --kind {self.kind}, got {self.truth:g}")
        return self
