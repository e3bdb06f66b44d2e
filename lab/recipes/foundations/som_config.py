"""The settings of a self-organising map."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import Config, unit


class SOMConfig(Config):
    """A net of units that unfolds over colours, digits or points."""

    explanation: ClassVar[str] = """<h3>A net that unfolds over the data</h3>
<p>Each unit of the grid has a place among the data. An example is shown, the nearest unit wins, and it and its neighbours on the grid move
towards the example:</p>
<p align="center"><i>w &larr; w + &eta; exp(&minus;d<sup>2</sup> / 2&sigma;<sup>2</sup>) (x &minus; w)</i></p>
<p>Rate and radius shrink, so the net first unfolds as a whole and then fits its corners. In the end what is alike lies side by side, without a
label having been seen.</p>
<p>Kohonen 1982, <a href="https://doi.org/10.1007/BF00337288">Self-organized formation of topologically correct feature maps</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("unfolded", "distances")

    samples: Literal["colours", "digits", "square", "ring"] = Field(
        "colours", description="What the net unfolds over: colours, handwritten digits, or points of a square or a ring."
    )
    rows: int = Field(12, ge=2, le=64, description="Rows of the grid. More resolve finer.", json_schema_extra=unit("rows"))
    columns: int = Field(16, ge=2, le=64, description="Columns of the grid. More resolve finer.", json_schema_extra=unit("columns"))
    learning_rate: float = Field(0.5, gt=0, le=1, description="Eta at first. Higher moves further at each example.")
    learning_rate_end: float = Field(0.02, gt=0, le=1, description="Eta after its schedule. Lower settles more.")
    radius: float = Field(6.0, gt=0, le=64, description="Sigma at first, in units of the grid. Higher moves more neighbours along.")
    radius_end: float = Field(0.6, gt=0, le=64, description="Sigma after its schedule. Lower fits single units.")
    schedule_steps: int = Field(
        3_000, ge=1, le=10_000_000, description="Examples over which both fall. More unfold more slowly, with fewer folds left.",
        json_schema_extra=unit("examples"),
    )  # fmt: skip

    @property
    def subject(self) -> str:
        return self.samples
