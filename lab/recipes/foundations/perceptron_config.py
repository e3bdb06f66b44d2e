"""The settings of one neuron."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.config import Config, only, unit
from lab.data import drawn_points


class PerceptronConfig(Config):
    """One neuron that learns point by point, by three rules beside each other."""

    explanation: ClassVar[str] = """<h3>One neuron</h3>
<p>It adds its inputs up, weighted, and says on which side of a line a point lies: <i>y = sign(w x + w<sub>0</sub>)</i>. The perceptron
looks at one point after another and learns only where it is wrong:</p>
<p align="center"><i>w &larr; w + &eta; x t, &nbsp; D(w, w<sub>0</sub>) = &minus;&Sigma;<sub>wrong</sub> t (w x + w<sub>0</sub>)</i></p>
<p>Where a line separates the classes with margin &gamma; and no point is farther than R from 0, it is wrong at most (R/&gamma;)<sup>2</sup> times.
Where none does, as with XOR, it never stops. Logistic regression and the hinge loss (SVM) keep learning from points that are right.</p>
<p>Rosenblatt 1958, <a href="https://doi.org/10.1037/h0042519">The perceptron</a>; McCulloch &amp; Pitts 1943,
<a href="https://doi.org/10.1007/BF02478259">A logical calculus of the ideas immanent in nervous activity</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("line", "mistakes_over_time")

    points: Literal["spirals", "circles", "xor", "moons", "gaussians", "drawn"] = Field(
        "gaussians", description="The points: a line separates the gaussians, and none of the others."
    )
    drawn: str = Field(
        "", description='Your own points, "x,y,class x,y,class ..." between -3 and 3, class 0 or 1.', json_schema_extra=only(points="drawn")
    )
    count: int = Field(
        60, ge=2, le=20_000, description="How many points. More take longer to go through.", json_schema_extra=unit("points")
    )
    noise: float = Field(0.0, ge=0, le=2, description="Deviation of the noise on the points. Higher mixes the classes.")
    learning_rate: float = Field(
        0.1,
        gt=0,
        le=100,
        description="Eta. Higher turns the lines of the logistic and hinge neurons further; the perceptron's line is the same.",
    )

    @property
    def subject(self) -> str:
        return self.points

    @field_validator("drawn")
    @classmethod
    def some_points(cls, value: str) -> str:
        drawn_points.parse(value)
        return value.strip()

    @model_validator(mode="after")
    def has_its_points(self) -> "PerceptronConfig":
        if self.points == "drawn" and len({label for *_, label in drawn_points.parse(self.drawn)}) < 2:
            raise ValueError('--drawn must have points of both classes, such as "0.5,-1,0 1,1,1", for --points drawn')
        return self
