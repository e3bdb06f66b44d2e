"""Settings of the metric learning recipe and what each does."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import only, unit, words
from lab.data.catalogue import subject
from lab.recipes.images_config import ImagesConfig
from lab.recipes.vision import cosine_fields
from lab.recipes.vision.classify_config import ClassifyConfig


class SiameseConfig(ImagesConfig):
    """Metric learning: are two pictures of the same thing? Also for things that were never seen in training."""

    explanation: ClassVar[str] = """<h3>Siamese networks</h3>
<p>One network f takes both pictures of a pair to points on a sphere; training asks only that distances mean "same" or "not". So new classes need no
training: one picture of each is enough, and the nearest one gives the answer (<b>one-shot</b> classification; faces, signatures).</p>
<p><b>Contrastive loss</b> (<a href="http://yann.lecun.com/exdb/publis/pdf/hadsell-chopra-lecun-06.pdf">Hadsell et al. 2006</a>), with d the distance of a pair:</p>
<p align="center"><i>L = &frac12; d<sup>2</sup> for the same class, &frac12; max(0, m &minus; d)<sup>2</sup> for different ones</i></p>
<p><b>Triplet loss</b> (<a href="https://arxiv.org/abs/1503.03832">FaceNet</a>), of an anchor, a positive of its class and a negative of another:</p>
<p align="center"><i>L = max(0, d(a, p) &minus; d(a, n) + m)</i></p>
<p><b>Mining.</b> Most triplets soon hold and teach nothing. <i>hard</i> takes for each anchor the furthest positive and the nearest negative of the batch
(<a href="https://arxiv.org/abs/1703.07737">Hermans et al. 2017</a>), and may collapse all points into one at first; <i>semi-hard</i> the nearest
negative that is further than the positive.</p>
<p><b>Figures.</b> Verification: the area under the ROC curve (AUC) over all pairs of test images. One-shot: the share of test images nearest to the
template of their own class, one random training image of each class, over 20 draws.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("embedding", "distances", "one_shot", "training_curves")
    pages: ClassVar[tuple[str, ...]] = ("pairs",)

    network: Literal["lenet5", "mlp", "nin", "resnet18", "mobilenet_v2"] = Field(
        "lenet5", description="Network whose last layer gives the embedding. Larger ones suit photographs and are slower."
    )
    width: int = Field(
        16,
        ge=2,
        le=1024,
        description="Numbers of the embedding. More tell more classes apart; 2 can be seen whole.",
        json_schema_extra=unit("numbers"),
    )
    size: int = Field(
        0, ge=0, le=512, description="Side of the images in pixels; 0 takes the data's own, at least 28. Larger shows more and is slower.",
        json_schema_extra=unit("pixels") | words({0: "the data's own"}),
    )  # fmt: skip
    loss: Literal["triplet", "contrastive"] = Field("triplet", description="What distances must do: order triplets, or pairs by a margin.")
    margin: float = Field(
        0.5, gt=0, le=2, description="m: how far apart classes must be; all points are on a sphere of radius 1. Higher pushes further."
    )
    mining: Literal["all", "semi-hard", "hard"] = Field(
        "semi-hard", description="Which triplets of a batch are learned from: all that do not hold, for each pair a negative just beyond, or the hardest of each image.",
        json_schema_extra=only(loss="triplet"),
    )  # fmt: skip
    batch_size: int = Field(
        80,
        ge=4,
        le=4096,
        description="Images per step. Larger offers more pairs to compare and needs more memory.",
        json_schema_extra=unit("images"),
    )
    per_class: int = Field(
        8,
        ge=2,
        le=512,
        description="Images of each class in a batch. More give more pairs of one class and fewer classes.",
        json_schema_extra=unit("images"),
    )
    new_classes: int = Field(
        0, ge=0, le=1000, description="Classes, the last ones, that training never sees; they have figures of their own. More leave fewer to learn from.",
        json_schema_extra=unit("classes") | words({0: "none"}),
    )  # fmt: skip
    learning_rate: float = cosine_fields.learning_rate(1e-3)
    weight_decay: float = cosine_fields.weight_decay(1e-4)
    schedule_steps: int = cosine_fields.schedule_steps(1_500)
    augment: bool = Field(
        True, description="Augmentation: shift, turn, scale and bend training images a little. Right for handwriting; off is faster."
    )
    validation: float = Field(
        0.1, ge=0.01, le=0.5, description="Fraction of the training images held out for validation. More makes validation more reliable and leaves less to train on.",
    )  # fmt: skip
    validate_every: int = Field(
        100,
        ge=1,
        le=1_000_000,
        description="Validation interval in steps. Lower shows more and slows training.",
        json_schema_extra=unit("steps"),
    )

    def of_classifier(self) -> ClassifyConfig:
        """The settings of a classifier on the same images: their format, splits and augmentation."""
        shared = {
            name: getattr(self, name) for name in ("data", "games", "frames", "player", "ground", "size", "network", "validation", "seed")
        }
        off = {} if self.augment else {f"augment_{name}": 0.0 for name in ("shift", "rotate", "scale", "warp", "colour")}
        return ClassifyConfig.parse({**shared, **off}, exists=False)

    @property
    def subject(self) -> str:
        return f"{self.network}-{subject(self.data)}"
