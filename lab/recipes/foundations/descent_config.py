"""The settings of a race of eight rules down one loss surface."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from lab.config import Config, only, unit, words
from lab.data.drawn_points import REACH

STARTS = {"valley": (-2.6, 1.8), "saddle": (-2.4, 0.02), "model": (0.3, -2.2)}
"""Where all rules start on each surface, unless somebody says."""


class DescentConfig(Config):
    """SGD, momentum, Nesterov, Rprop, Adagrad, RMSprop, Adadelta and Adam from one place on one surface."""

    explanation: ClassVar[str] = """<h3>Eight rules, one surface</h3>
<p>Each rule turns the gradient <i>g = &nabla;L</i> at its place into a step. The plainest is</p>
<p align="center"><i>w &larr; w &minus; &eta; g</i>;</p>
<p>momentum rolls on, <i>v &larr; &beta; v + g, w &larr; w &minus; &eta; v</i>; Rprop, Adagrad, RMSprop, Adadelta and Adam give each weight a
step of its own. On the small model the gradient may be that of a few examples only, which makes the steps noisy.</p>
<p>Kingma &amp; Ba 2015, <a href="https://arxiv.org/abs/1412.6980">Adam</a>; Ruder 2016,
<a href="https://arxiv.org/abs/1609.04747">An overview of gradient descent optimization algorithms</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("paths", "losses")

    surface: Literal["valley", "saddle", "model"] = Field(
        "valley", description="The loss over two weights: a narrow valley, a saddle, or that of one tanh unit on 40 examples."
    )
    factor: float = Field(
        1.0, gt=0, le=1000, description="Every rule's learning rate is multiplied by this. Higher goes faster until rules leave for good."
    )
    beta: float = Field(
        0.9, ge=0, lt=1, description="How much momentum, Nesterov and Adam keep of the steps before. Higher rolls on for longer."
    )
    batch: int = Field(
        0, ge=0, le=40, description="Examples of each gradient. Fewer make the steps noisier.",
        json_schema_extra=unit("examples") | words({0: "all examples"}) | only(surface="model"),
    )  # fmt: skip
    start: str = Field("", description='Where all start, "u,v" between -3 and 3; nothing for a place that shows something.')

    @property
    def subject(self) -> str:
        return self.surface

    @property
    def place(self) -> tuple[float, float]:
        """Where all start."""
        return parse_place(self.start) if self.start else STARTS[self.surface]

    @field_validator("start")
    @classmethod
    def some_place(cls, value: str) -> str:
        return "{:g},{:g}".format(*parse_place(value)) if value.strip() else ""


def parse_place(text: str) -> tuple[float, float]:
    """u and v of "u,v". Raises ValueError for another text."""
    parts = text.split(",")
    try:
        u, v = (float(part) for part in parts)
    except ValueError:
        raise ValueError('must be two numbers, such as "-2.6,1.8"') from None
    if not max(abs(u), abs(v)) <= REACH:
        raise ValueError(f"must lie between -{REACH:g} and {REACH:g}")
    return u, v
