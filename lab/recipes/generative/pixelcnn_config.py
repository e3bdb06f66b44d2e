"""Settings of PixelCNN."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.config import unit, with_defaults, words
from lab.recipes.generative.generative_config import ImageConfig


class PixelCNNConfig(with_defaults(ImageConfig, "PixelCNNDefaults", data="mnist-5k", batch_size=32)):  # type: ignore[misc]
    """Gated PixelCNN (van den Oord et al. 2016): pixel after pixel."""

    explanation: ClassVar[str] = """<h3>PixelCNN</h3>
<p>A picture's probability is a product: each pixel given all before it, in reading order, and the class. The network gives all these
probabilities in one pass, as its convolutions see only the rows above and what is to the left in the same row.</p>
<p align="center"><i>p(x | y) = &Pi;<sub>i</sub> p(x<sub>i</sub> | x<sub>1</sub>, ..., x<sub>i&minus;1</sub>, y), &nbsp;
h' = h + W<sub>o</sub> (tanh(W<sub>f</sub> * h + V<sub>f</sub> y) &middot; &sigma;(W<sub>g</sub> * h + V<sub>g</sub> y))</i></p>
<p>So the likelihood is exact: <b>nats per image</b>, the mean of &minus;log p, and per dimension (pixel). A picture is drawn one pixel
after the other. <b>Places</b> shows them appear, completes a test image or your drawing from its upper part, and shows which pixels
surprise the network. The same noise draws the same picture: it picks each pixel's value by the distribution function.</p>
<p>van den Oord et al. 2016, <a href="https://arxiv.org/abs/1601.06759">Pixel recurrent neural networks</a> and
<a href="https://arxiv.org/abs/1606.05328">Conditional image generation with PixelCNN decoders</a> (gates, two stacks).</p>
"""
    former_values: ClassVar[dict[str, Any]] = {"dilation": 1}
    pages: ClassVar[tuple[str, ...]] = ("places", "classes", "diagnosis")
    first_views: ClassVar[tuple[str, ...]] = ("samples", "completions")

    size: int = Field(
        0, ge=0, le=64, description="Image size in pixels; 0 keeps the data's own, at least 16. Larger shows more, and time grows with its square.",
        json_schema_extra=unit("pixels") | words({0: "the data's own"}),
    )  # fmt: skip
    channels: Literal[1] = Field(1, description="Images are greyscale here.")
    levels: int = Field(
        2, ge=2, le=256, description="Greys that a pixel can have: 2 makes it black or white. More are truer and harder to learn.",
        json_schema_extra=unit("greys"),
    )  # fmt: skip
    features: int = Field(
        32, ge=4, le=512, description="Feature maps of each of the two stacks. More have more capacity and are slower.", json_schema_extra=unit("maps")
    )  # fmt: skip
    layers: int = Field(
        7, ge=1, le=32, description="Layers: the first sees three pixels away, each later one further by its dilation. More see further and are slower.",
        json_schema_extra=unit("layers"),
    )  # fmt: skip
    dilation: Literal[1, 2, 4, 8] = Field(
        4, description="Later layers look 1, 2, 4 and so on pixels away in turn, up to this. Higher sees further with as many layers; 1 sees neighbours alone.",
        json_schema_extra=unit("pixels"),
    )  # fmt: skip
    drawing_temperature: float = Field(
        1.0, gt=0, le=10,
        description="Temperature at which pixels are drawn. Lower draws what is likely more often: clearer and less varied; 1 draws as learned.",
    )  # fmt: skip
    learning_rate: float = Field(2e-3, gt=0, le=1, description="Learning rate (Adam). Higher learns faster until the loss jumps.")
    warmup: int = Field(
        100, ge=0, le=100_000, description="Steps in which the learning rate rises to its value. More are safer at a high rate.",
        json_schema_extra=unit("steps") | words({0: "none"}),
    )  # fmt: skip
    ema: float = Field(0.998, ge=0, lt=1, description="Decay of the averaged network (EMA) that draws. Higher is smoother and lags more.")

    def code_length(self, shape: tuple[int, int, int]) -> int:
        return shape[1] * shape[2]
