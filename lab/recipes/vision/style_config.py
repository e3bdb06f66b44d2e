"""Settings of style transfer and what each does."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import Config, unit, words


class StyleConfig(Config):
    """A picture painted in the manner of another, by gradient descent on its pixels."""

    explanation: ClassVar[str] = """<h3>Neural style transfer</h3>
<p>Nothing is trained but a picture: its pixels move until the maps of a fixed network look like those of one picture in their places (<b>content</b>), and
like those of another in how they occur together (<b>style</b>).</p>
<p align="center"><i>L = w<sub>c</sub> |A &minus; A<sub>content</sub>|<sup>2</sup> / |A<sub>content</sub>|<sup>2</sup> +
w<sub>s</sub> mean over layers of |G &minus; G<sub>style</sub>|<sup>2</sup> / |G<sub>style</sub>|<sup>2</sup></i></p>
<p>A are the maps of a layer, and <i>G<sub>kl</sub></i> is the mean over all places of map k times map l (the Gram matrix): where things are is lost,
how they are painted stays (<a href="https://arxiv.org/abs/1508.06576">Gatys et al. 2016</a>; they weigh sums of squares, here each layer is in units of its
own size).</p>
<p><b>Features.</b> Random filters at four scales are enough for textures (<a href="https://arxiv.org/abs/1606.00021">Ustyuzhaninov et al. 2017</a>) and need
no file. A run of <i>classify</i> lends its layers, too. With torchvision's VGG-19 (a file of yours) it is the published method.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("painting",)
    first_views: ClassVar[tuple[str, ...]] = ("painting", "time_lapse", "layers")

    content: str = Field(
        "temple", description="What is painted: temple or flower (photographs), or an image file of yours. Any picture will do."
    )
    style: str = Field(
        "flower", description="In whose manner: temple or flower, or an image file of yours. Pictures with strong strokes work best."
    )
    features: str = Field(
        "filters",
        description="The network whose maps count: filters (random ones), a run of classify by name or folder, or a file of torchvision's VGG-19 weights. Deeper ones see larger things.",
        json_schema_extra=words({"filters": "random filters"}),
    )  # fmt: skip
    content_layers: str = Field(
        "",
        description="Layers whose maps hold the content, separated by commas. Later ones leave more freedom. Empty chooses.",
        json_schema_extra=words({"": "chosen"}),
    )
    style_layers: str = Field(
        "",
        description="Layers whose maps hold the style, separated by commas. Later ones hold larger strokes. Empty chooses.",
        json_schema_extra=words({"": "chosen"}),
    )
    size: int = Field(
        256, ge=32, le=1024, description="Side of the picture in pixels. Larger shows more and is slower.", json_schema_extra=unit("pixels")
    )
    start: Literal["content", "noise", "style"] = Field(
        "content", description="What the picture begins as: the content, noise, or the other picture."
    )
    content_weight: float = Field(0.3, ge=0, le=1000, description="Weight of the content. Higher keeps things where they are.")
    style_weight: float = Field(1.0, ge=0, le=1000, description="Weight of the style. Higher paints more like the other picture.")
    smoothness: float = Field(
        0.3,
        ge=0,
        le=1000,
        description="Weight of the squared differences of neighbouring pixels. Higher is smoother.",
        json_schema_extra=words({0.0: "off"}),
    )
    learning_rate: float = Field(
        0.03, gt=0, le=1, description="Learning rate (Adam), in units of the full brightness. Higher paints faster and rougher."
    )

    @property
    def subject(self) -> str:
        return f"{name_of(self.content)}-{name_of(self.style)}"


def name_of(picture: str) -> str:
    """A picture's name without its folder and ending, in letters that a folder's name may have."""
    stem = picture.replace("\\", "/").rstrip("/").rpartition("/")[2].partition(".")[0]
    return "".join(letter if letter.isalnum() else "-" for letter in stem)[:24] or "picture"
