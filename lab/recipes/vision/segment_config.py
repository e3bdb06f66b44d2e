"""Settings of the segmentation recipe and what each does."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import only, unit, with_defaults, words
from lab.recipes.vision.scene_config import SceneConfig


class SegmentConfig(with_defaults(SceneConfig, "SegmentDefaults", schedule_steps=3_400)):  # type: ignore[misc]
    """Semantic segmentation: the class of every pixel."""

    explanation: ClassVar[str] = """<h3>Semantic segmentation</h3>
<p>The network answers for every pixel which thing it belongs to; training lowers the mean over pixels of w(x) &times; cross-entropy.</p>
<p><b>U-Net</b> (<a href="https://arxiv.org/abs/1505.04597">Ronneberger et al. 2015</a>): poolings see more and more of the picture, upsamplings bring the
answer back to its size, and the maps of each level are carried across, so that edges stay sharp. Its weights
<i>w(x) = w<sub>c</sub>(x) + w<sub>0</sub> exp(&minus;(d<sub>1</sub>(x) + d<sub>2</sub>(x))<sup>2</sup> / 2&sigma;<sup>2</sup>)</i>
balance the classes and press on the ground between two things: d<sub>1</sub> and d<sub>2</sub> are the distances to the nearest two.</p>
<p><b>FCN</b> (<a href="https://arxiv.org/abs/1411.4038">Long et al. 2015</a>): a classifier whose dense layers are 1&times;1 convolutions gives a
coarse map of scores for a picture of any size. FCN-32s enlarges it 32 times at once; FCN-16s and 8s add the scores of earlier poolings. Train 32s first, then
16s and 8s with <i>--weights</i>, each from the one before.</p>
<p><b>Figures.</b> Intersection over union of a class: pixels that are in both truth and answer, over those in either; Dice: twice the first, over the
sum of both areas. Pixel accuracy says little where most pixels are background.</p>
<p><b>Labels of games</b> are exact: the console draws each thing in colours of its own, so they are read off frames of other episodes.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("overlay", "training_curves", "per_class", "errors")

    network: Literal["unet", "fcn32s", "fcn16s", "fcn8s"] = Field(
        "unet", description="Network: U-Net keeps edges sharp; FCN-32s is coarse, 16s and 8s are finer and are trained from the one before."
    )
    features: int = Field(
        16,
        ge=2,
        le=256,
        description="Feature maps at the full size, twice as many at each level below. More have more capacity and are slower.",
    )
    depth: int = Field(
        3, ge=1, le=6, description="Poolings. More see more of the picture at once and are slower.", json_schema_extra=only(network="unet")
    )
    upsampling: Literal["transpose", "bilinear", "nearest", "nails", "unpool"] = Field(
        "transpose",
        description="How the U-Net enlarges maps: transpose convolution with free or bilinear first kernels, nearest neighbour, bed of nails (zeros between values), or max unpooling (values return to where the maxima were).",
        json_schema_extra=words({"nails": "bed of nails", "unpool": "max unpooling", "nearest": "nearest neighbour", "transpose": "transpose convolution", "bilinear": "transpose, bilinear at first"})
        | only(network="unet"),
    )  # fmt: skip
    patch: int = Field(
        96, ge=0, le=1024,
        description="Side of the random patch of each picture that a step learns from; 0 learns from whole pictures. Larger sees more at once and is slower.",
        json_schema_extra=unit("pixels") | words({0: "whole pictures"}),
    )  # fmt: skip
    class_balance: float = Field(
        0.2, ge=0, le=1,
        description="Weights of classes: their frequency to minus this power. Higher finds more of the rare classes and sees them where they are not; 1 gives every class the same say.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    border_weight: float = Field(
        2.0, ge=0, le=100, description="w0: extra weight of the ground between two things. Higher separates things that nearly touch.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    border_sigma: float = Field(
        3.0, gt=0, le=50, description="Sigma: how near two things are for the ground between them to count. Higher reaches further.",
        json_schema_extra=unit("pixels"),
    )  # fmt: skip
    augment_warp: float = Field(
        0.0, ge=0, le=0.3,
        description="Augmentation: elastic distortion by up to this fraction of the side, as in the U-Net's paper. Higher is harder; games do not need it.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    weights: str = Field(
        "",
        description="Weights to start from: a run, or a file (serving.safetensors of a checkpoint); those of FCN-32s for 16s, of 16s for 8s. Empty starts from scratch.",
        json_schema_extra=words({"": "none"}),
    )

    @property
    def subject(self) -> str:
        return f"{self.network}-{super().subject}"
