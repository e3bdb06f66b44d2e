"""The settings of a restricted Boltzmann machine, or of several on top of each other."""

from typing import ClassVar

from pydantic import Field, field_validator

from lab.config import Config, unit


class RBMConfig(Config):
    """A restricted Boltzmann machine of handwritten digits; with more layers a deep belief network."""

    explanation: ClassVar[str] = """<h3>A machine that dreams digits</h3>
<p>Visible units are pixels, hidden units stand for what goes together. A state has an energy, and the likelier it is the lower that is:</p>
<p align="center"><i>E(v, h) = &minus;a v &minus; b h &minus; v W h, &nbsp; p(v, h) = e<sup>&minus;E(v, h)</sup> / Z</i></p>
<p>Contrastive divergence raises the probability of the data and lowers that of what the machine makes of them in k steps:
<i>&Delta;W = &eta; (&lt;v h&gt;<sub>data</sub> &minus; &lt;v h&gt;<sub>k</sub>)</i>. Fantasies are a chain of such steps that never ends. Stacked, each
machine learns what the one below says: a deep belief network.</p>
<p>Hinton 2002, <a href="https://doi.org/10.1162/089976602760128018">Training products of experts by minimizing contrastive divergence</a>;
Hinton, Osindero &amp; Teh 2006, <a href="https://doi.org/10.1162/neco.2006.18.7.1527">A fast learning algorithm for deep belief nets</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("filters", "fantasies", "reconstructions")

    hidden: str = Field(
        "64",
        description="Hidden units of each machine from below, separated by commas. More layers make a deep belief network; more units see more.",
    )
    layer_steps: int = Field(
        1500, ge=1, le=1_000_000, description="Steps for which a machine is trained before the next. More fit each better.",
        json_schema_extra=unit("steps"),
    )  # fmt: skip
    k: int = Field(1, ge=1, le=100, description="Gibbs steps of contrastive divergence. More come closer to the likelihood's gradient.")
    learning_rate: float = Field(0.1, gt=0, le=10, description="Eta. Higher learns faster until the filters saturate.")
    weight_decay: float = Field(0.0002, ge=0, le=1, description="How much weights shrink at each step. Higher makes filters simpler.")
    batch_size: int = Field(
        32, ge=1, le=2000, description="Digits per step. Larger is steadier and slower.", json_schema_extra=unit("digits")
    )

    @property
    def subject(self) -> str:
        return "digits"

    @property
    def widths(self) -> list[int]:
        return [int(part) for part in self.hidden.split(",")]

    @field_validator("hidden")
    @classmethod
    def some_widths(cls, value: str) -> str:
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isdigit() and 1 <= int(part) <= 1024 for part in parts) or len(parts) > 5:
            raise ValueError("must be one to five whole numbers from 1 to 1024, separated by commas")
        return ",".join(parts)
