"""Settings of the flow in one step."""

from typing import ClassVar

from pydantic import Field

from lab.config import unit
from lab.recipes.generative.denoising_config import READING, DenoisingConfig
from lab.recipes.generative.generative_config import LATENT_SPACE


class MeanFlowConfig(DenoisingConfig):
    """Rectified flow in one evaluation: mean velocities over stretches of the way (Geng et al. 2025, Frans et al. 2024)."""

    explanation: ClassVar[str] = (
        """<h3>Flow in one step</h3>
<p>A flow's network gives the direction at a point; following it takes many steps. This one is told two times and gives the mean
direction between them, so that one evaluation leads from noise to picture:</p>
<p align="center"><i>picture = noise + u(noise, 0, 1)</i></p>
<p>For equal times it learns as <i>flow</i> does. For longer stretches it learns that two halves make a whole, with m halfway from t to s:
u(x, t, s) = &frac12; u(x, t, m) + &frac12; u(x<sub>m</sub>, m, s), &nbsp; x<sub>m</sub> = x + (m &minus; t) u(x, t, m). The first paper learns
the same from a derivative in place of halves.</p>
<p>Geng et al. 2025, <a href="https://arxiv.org/abs/2505.13447">Mean flows</a> (the derivative); Frans et al. 2024,
<a href="https://arxiv.org/abs/2410.12557">Shortcut models</a>; Guo et al. 2025,
<a href="https://arxiv.org/abs/2507.16884">SplitMeanFlow</a>.</p>
"""
        + READING
        + LATENT_SPACE
    )

    stretches: float = Field(
        0.5, ge=0, le=1,
        description="Share of each batch that learns longer stretches from their halves; the rest learns directions. Higher improves single steps at the cost of the directions they rest on.",
    )  # fmt: skip
    evaluations: int = Field(
        1,
        ge=1,
        le=1000,
        description="Network evaluations for a picture. More are slower and somewhat better.",
        json_schema_extra=unit("evaluations"),
    )
