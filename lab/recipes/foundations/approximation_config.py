"""The settings of universal approximation: a curve and one hidden layer."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.config import Config, only, unit, words


class ApproximationConfig(Config):
    """A curve, and one hidden layer that learns it."""

    explanation: ClassVar[str] = """<h3>One hidden layer can draw any curve</h3>
<p>Each hidden unit adds one bend, <i>v<sub>i</sub> f(w<sub>i</sub> x + b<sub>i</sub>)</i>; together they follow the curve:</p>
<p align="center"><i>F(x) = &Sigma;<sub>i=1..n</sub> v<sub>i</sub> f(w<sub>i</sub> x + b<sub>i</sub>) + c</i></p>
<p>With enough units any continuous curve on an interval is met as closely as one likes. The theorem says neither how many it takes (there may be
exponentially many in the number of inputs) nor that training finds them.</p>
<p>Hornik 1991, <a href="https://doi.org/10.1016/0893-6080(91)90009-T">Approximation capabilities of multilayer feedforward networks</a>;
Cybenko 1989, <a href="https://doi.org/10.1007/BF02551274">Approximation by superpositions of a sigmoidal function</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("fit", "contributions")

    curve: Literal["sine", "steps", "bump", "saw", "drawn"] = Field("sine", description="The curve to follow, or your own drawn one.")
    drawn: str = Field(
        "", description="Heights of your own curve between -1 and 1, from left to right, separated by spaces; at least two.",
        json_schema_extra=only(curve="drawn"),
    )  # fmt: skip
    units: int = Field(
        8, ge=1, le=512, description="n, the hidden units. More follow the curve more closely.", json_schema_extra=unit("units")
    )
    activation: Literal["tanh", "relu", "sigmoid", "elu", "softplus", "absolute value"] = Field(
        "tanh", description="f, the bend of a unit: smooth ones make smooth curves, relu a line with corners."
    )
    learning_rate: float = Field(0.01, gt=0, le=10, description="Learning rate (Adam). Higher learns faster until the curve shakes.")
    batch_size: int = Field(
        64, ge=0, le=10_000, description="Places per step, drawn anew each time. Fewer are noisier.",
        json_schema_extra=unit("places") | words({0: "200 places that stay"}),
    )  # fmt: skip

    @property
    def subject(self) -> str:
        return self.curve

    @property
    def heights(self) -> list[float]:
        """The user's own curve."""
        return parse_heights(self.drawn)

    @field_validator("drawn")
    @classmethod
    def some_heights(cls, value: str) -> str:
        parse_heights(value)
        return value.strip()

    @model_validator(mode="after")
    def has_its_curve(self) -> "ApproximationConfig":
        if self.curve == "drawn" and len(self.heights) < 2:
            raise ValueError('--drawn must have at least two heights, such as "0 0.5 -0.5", for --curve drawn')
        return self


def parse_heights(text: str) -> list[float]:
    """The numbers of a drawn curve. Raises ValueError for another text."""
    try:
        heights = [float(part) for part in text.split()]
    except ValueError:
        raise ValueError("must be numbers separated by spaces") from None
    if any(not abs(height) <= 1 for height in heights):
        raise ValueError("must lie between -1 and 1")
    return heights
