"""Settings of the linear classifier."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import Config, unit, words


class LinearConfig(Config):
    """Softmax regression on the digits."""

    explanation: ClassVar[str] = """<h3>Linear classifier</h3>
<p>Each class k has one row w<sub>k</sub> of weights, a template as large as the image; its score is the inner product of template and image:</p>
<p align="center"><i>s = W x + b, &nbsp; p<sub>k</sub> = e<sup>s<sub>k</sub></sup> / &Sigma;<sub>j</sub> e<sup>s<sub>j</sub></sup>,
&nbsp; L = &minus;log p<sub>y</sub></i></p>
<p>The view <b>templates</b> draws the rows: bright pixels speak for the class, dark ones against it. A single template per class cannot follow a
digit that is shifted or written differently; that is what hidden layers and convolutions add.</p>
<p>Bishop 2006, <i>Pattern recognition and machine learning</i>, section 4.3.4 (softmax regression).</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("templates", "confusion")

    data: Literal["digits"] = Field("digits", description="The images to learn.")
    learning_rate: float = Field(0.05, gt=0, le=10, description="Learning rate (SGD). Higher learns faster until it oscillates.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum. Higher smooths and speeds up.", json_schema_extra=words({0.0: "off"}))
    weight_decay: float = Field(
        1e-4, ge=0, le=1, description="Weight decay. Higher gives smoother templates.", json_schema_extra=words({0.0: "off"})
    )
    batch_size: int = Field(64, ge=1, le=1500, description="Images per step. Larger is more stable.", json_schema_extra=unit("images"))
