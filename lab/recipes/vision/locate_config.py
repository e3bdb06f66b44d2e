"""Settings of the localisation recipe and what each does."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import unit, with_defaults, words
from lab.recipes.vision.scene_config import SceneConfig


class LocateConfig(with_defaults(SceneConfig, "LocateDefaults", data="mnist-5k", batch_size=32, scenes=4_000, schedule_steps=1_500)):  # type: ignore[misc]
    """Localisation: which thing is in the picture, and the box around it; also without ever seeing a box."""

    explanation: ClassVar[str] = """<h3>Localisation</h3>
<p>One thing is in the picture: the network says which, and where. Two heads share the maps of one trunk: scores of the classes, and four numbers for the
box (centre, width, height).</p>
<p align="center"><i>L = &alpha; L<sub>class</sub> + (1 &minus; &alpha;) L<sub>box</sub></i></p>
<p>with cross-entropy and the smooth absolute error (<a href="https://arxiv.org/abs/1312.6229">OverFeat</a>).</p>
<p><b>Weakly supervised.</b> Where the classes' scores are a dense layer on the mean of each map, the same weights on the maps themselves show where a
class was seen (<a href="https://arxiv.org/abs/1512.04150">CAM</a>). The box around the largest part above a share of the maximum is a box that was learned
from classes alone. The mean makes the network use all of a thing; with the <i>maximum</i> in its place
(<a href="https://www.di.ens.fr/willow/research/weakcnn/">Oquab et al. 2015</a>) one part suffices, and boxes are tighter or too small.</p>
<p>So that the comparison is fair, the box head learns here without changing the maps (<i>detached</i>); switch that off to train both heads together.</p>
<p><b>Figures.</b> Intersection over union with the true box, its mean and the share above 0.5, of both kinds of box.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("boxes", "training_curves", "thresholds", "per_class")

    window: int = Field(
        0, ge=0, le=1024,
        description="Side of the windows cut out of the scenes, each around one thing; 0 is 48 for digits and 64 for games, and takes your own pictures whole. Larger shows more ground.",
        json_schema_extra=unit("pixels") | words({0: "data's own"}),
    )  # fmt: skip
    features: int = Field(
        16, ge=2, le=256, description="Feature maps at the full size, four times as many at a quarter. More have more capacity and are slower.",
    )  # fmt: skip
    alpha: float = Field(
        0.5, ge=0, le=1, description="Weight of the class in the loss; the box has the rest. Higher learns classes rather than boxes; 1 learns no boxes.",
    )  # fmt: skip
    pooling: Literal["average", "max"] = Field(
        "average", description="What the class head sees of each map: its mean, which looks at all of a thing, or its maximum, for which one part is enough.",
        json_schema_extra=words({"average": "global average", "max": "global maximum"}),
    )  # fmt: skip
    detached: bool = Field(
        True, description="The box head learns without changing the maps, so that boxes from CAM have never seen a box. Off trains both heads together.",
    )  # fmt: skip
    cam_threshold: float = Field(
        0.45, ge=0.01, le=1, description="Boxes from CAM hold what is at least this share of the map's maximum. Higher makes them smaller.",
    )  # fmt: skip

    @property
    def side(self) -> int:
        """Side of the windows; 0 for whole pictures."""
        return self.window or (0 if self.data.startswith("pairs:") else 64 if self.data == "atari" else 48)
