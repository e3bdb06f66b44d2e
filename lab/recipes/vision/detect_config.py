"""Settings of the detection recipe and what each does."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import only, unit, with_defaults, words
from lab.recipes.vision.scene_config import SceneConfig

FOUR = "pong,breakout,freeway,boxing"


class DetectConfig(with_defaults(SceneConfig, "DetectDefaults", games=FOUR, frames=300, validate_every=400)):  # type: ignore[misc]
    """Object detection: a box and a class for each thing, in one pass or by regions."""

    explanation: ClassVar[str] = """<h3>Single-shot detector</h3>
<p>One pass over the picture gives, for each cell of a grid and each of k <b>anchors</b> (boxes of typical shapes), a box (dx, dy and the logarithms of its
width and height over the anchor's), an <b>objectness</b> and a score for each class: k&nbsp;(5&nbsp;+&nbsp;C) numbers a cell
(<a href="https://arxiv.org/abs/1506.02640">YOLO</a>, <a href="https://arxiv.org/abs/1512.02325">SSD</a>). The cell that holds a thing's centre, and there the
anchor of its shape, answers for it.</p>
<p align="center"><i>L = w<sub>box</sub> (1 &minus; GIoU) + L<sub>objectness</sub> + L<sub>class</sub></i></p>
<p>The objectness has the <a href="https://arxiv.org/abs/1708.02002">focal loss</a>, as almost every anchor is empty; boxes have the
<a href="https://arxiv.org/abs/1902.09630">generalised IoU</a>. Anchors are the medians of k groups of the training boxes
(<a href="https://arxiv.org/abs/1612.08242">k-means by 1 &minus; IoU</a>).</p>
<p><b>By regions.</b> <i>Sliding windows</i>: a classifier with a background class reads thousands of cut-outs, each alone: right and slow.
<i>R-CNN</i> (<a href="https://arxiv.org/abs/1311.2524">Girshick et al. 2014</a>) reads only some hundred regions that selective search proposes, and corrects
their boxes; its classes are told by support vector machines on the network's features (<i>svm</i>). <i>Fast R-CNN</i> (<a href="https://arxiv.org/abs/1504.08083">2015</a>) reads the picture once and pools each region's part of the maps (RoI pooling).
<i>Faster R-CNN</i> (<a href="https://arxiv.org/abs/1506.01497">Ren et al. 2015</a>) proposes regions from the same maps: 2k scores (nothing or object) and 4k box values of k
anchors a cell, four losses in all.</p>
<p><b>Non-maximum suppression.</b> Neighbouring cells see the same thing. The box of the highest score stays, all of its class that overlap it by more than a
threshold go, and so on; the view <i>suppression</i> shows before and after.</p>
<p><b>Average precision</b> of a class: detections by falling score, each right if it overlaps a free true box of its class by 0.5 (mAP50); the area under
precision over recall. mAP is the mean over overlaps from 0.5 to 0.95.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("detections", "training_curves", "precision_recall", "per_class")

    method: Literal["single-shot", "faster", "fast", "rcnn", "windows"] = Field(
        "single-shot", description="How things are found: in one pass, or regions first (Faster, Fast and plain R-CNN, sliding windows). The later ones are slower.",
        json_schema_extra=words({"single-shot": "single shot", "faster": "Faster R-CNN", "fast": "Fast R-CNN", "rcnn": "R-CNN", "windows": "sliding windows"}),
    )  # fmt: skip
    features: int = Field(
        16,
        ge=2,
        le=256,
        description="Feature maps at the full size, up to four times as many below. More have more capacity and are slower.",
    )
    anchors: int = Field(
        4, ge=1, le=20, description="Anchors of each cell. More fit more shapes of things and are slower.", json_schema_extra=unit("boxes")
    )
    box_weight: float = Field(2.0, ge=0, le=100, description="Weight of the boxes' loss. Higher fits boxes more closely.")
    nms_overlap: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Non-maximum suppression: boxes of a class that overlap a better one by more than this go. Higher keeps more of them.",
    )
    least_score: float = Field(
        0.3, ge=0, le=1, description="Boxes with a lower score are not shown. Higher shows fewer; mAP counts all of them."
    )
    proposals: int = Field(
        300, ge=1, le=2000, description="Regions of each picture that are read. More miss fewer things and are slower.",
        json_schema_extra=unit("regions") | only(method=("faster", "fast", "rcnn")),
    )  # fmt: skip
    classifier: Literal["softmax", "svm"] = Field(
        "softmax",
        description="What tells a region's class: softmax, learned with the network; svm for support vector machines on its features, as in the first R-CNN, "
        "fitted at each validation and at the end of the schedule to background that is hard to tell.",
        json_schema_extra=words({"softmax": "softmax", "svm": "support vector machines"}) | only(method=("rcnn",)),
    )
    regions: int = Field(
        32, ge=4, le=512, description="Regions of each picture that a step learns from, a quarter of them on things. More are steadier and slower.",
        json_schema_extra=unit("regions") | only(method=("faster", "fast", "rcnn", "windows")),
    )  # fmt: skip
    pooling: Literal["align", "pool"] = Field(
        "align", description="How a region's maps are read: sampled at exact places, or RoI pooling of whole cells, which is too coarse for things of a few pixels.",
        json_schema_extra=words({"align": "exact places (RoIAlign)", "pool": "RoI pooling"}) | only(method=("faster", "fast")),
    )  # fmt: skip

    @property
    def subject(self) -> str:
        return super().subject if self.method == "single-shot" else f"{self.method}-{super().subject}"
