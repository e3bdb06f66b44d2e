"""The settings of validation: points, a polynomial, and how its error is estimated."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import Config, unit

ROUNDS = 200
"""Estimates after which their spread is known well enough."""


class ValidationConfig(Config):
    """The error of a polynomial on points in the plane, estimated in five ways again and again."""

    explanation: ClassVar[str] = """<h3>How wrong is it on points that it has not seen?</h3>
<p>A model has to be judged on points that it has not learned from. Five ways to do so with the points at hand, each a mean over its splits:</p>
<p align="center"><i>E = 1/k &Sigma;<sub>i</sub> E<sub>i</sub></i></p>
<p>A hold-out depends on which points it keeps; k folds test every point once, stratified ones keep the share of the classes; leave one out is
k = n; the bootstrap learns from draws with replacement and tests on what was not drawn. Each step of a run estimates once more by every way: the
spread is what one sees. The truth is measured on 2,000 new points.</p>
<p>Kohavi 1995, <a href="https://www.ijcai.org/Proceedings/95-2/Papers/016.pdf">A study of cross-validation and bootstrap</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("estimates", "spread", "early_stopping")

    points: Literal["spirals", "circles", "xor", "moons", "gaussians"] = Field("moons", description="The points, of two classes.")
    count: int = Field(
        60, ge=6, le=2_000, description="How many points there are to learn and to test with. More narrow the estimates.",
        json_schema_extra=unit("points"),
    )  # fmt: skip
    noise: float = Field(0.4, ge=0, le=2, description="Deviation of the noise on the points. Higher mixes the classes.")
    share: float = Field(0.5, ge=0.05, le=0.95, description="Share of class 1. Lower makes it rare, which stratified folds stand better.")
    degree: int = Field(4, ge=1, le=12, description="Degree of the polynomial. Higher bends more, and learns the noise.")
    held_out: float = Field(0.3, ge=0.05, le=0.9, description="Share that the hold-out tests on. Higher leaves less to learn from.")
    folds: int = Field(
        5, ge=2, le=20, description="k, the folds. More leave more to learn from, and take longer.", json_schema_extra=unit("folds")
    )
    draws: int = Field(
        20, ge=1, le=500, description="Bootstrap samples of one estimate. More make it steadier.", json_schema_extra=unit("samples")
    )
    fresh: bool = Field(False, description="New points for every estimate, in place of new splits of the same ones.")

    @property
    def subject(self) -> str:
        return self.points
