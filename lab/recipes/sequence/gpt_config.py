"""Settings of the GPT recipe."""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from lab.config import data_field, unit, with_defaults
from lab.recipes.sequence.sequence_config import LANGUAGE_MODEL, SequenceConfig


class GPTConfig(with_defaults(SequenceConfig, "GPTDefaults", learning_rate=2e-3, batch_size=12, weight_decay=0.1)):  # type: ignore[misc]
    """A GPT on characters or bytes."""

    explanation: ClassVar[str] = (
        "<h3>GPT</h3>\n"
        + LANGUAGE_MODEL
        + """<p>In each block every position attends to all positions before it:</p>
<p align="center"><i>softmax(Q K<sup>T</sup> / &radic;d) V</i></p>
<p>in several heads side by side; a small dense network then transforms each position. On the page <b>Attention</b>, hover over a token to see
where it looks.</p>
<p>Vaswani et al. 2017, <a href="https://arxiv.org/abs/1706.03762">Attention is all you need</a>; Radford et al. 2019, Language models are unsupervised
multitask learners.</p>
"""
    )
    pages: ClassVar[tuple[str, ...]] = ("text_generation", "attention", "attention_steps", "heads", "layers")
    first_views: ClassVar[tuple[str, ...]] = ("attention", "embeddings")

    data: str = data_field("pydocs", "text", about="The text to learn")
    level: Literal["char", "byte"] = Field("char", description="Tokens are characters or bytes.")
    context: int = Field(
        64,
        ge=2,
        le=4096,
        description="Context length in tokens. Longer learns longer dependencies and is slower.",
        json_schema_extra=unit("tokens"),
    )
    layers: int = Field(
        4, ge=1, le=48, description="Transformer blocks. More have more capacity and are slower.", json_schema_extra=unit("blocks")
    )
    heads: int = Field(
        4,
        ge=1,
        le=64,
        description="Attention heads per block; must divide the width. More look at more things at once, each with fewer dimensions.",
        json_schema_extra=unit("heads"),
    )
    width: int = Field(128, ge=4, le=4096, description="Model width (embedding size). More have more capacity and are slower.")
    norm: Literal["pre", "post"] = Field(
        "pre", description="Layer norm before each sublayer (pre), which trains more easily, or after it (post)."
    )
    positions: Literal["learned", "sinusoidal"] = Field("learned", description="Position encoding: learned or sinusoidal.")

    @model_validator(mode="after")
    def heads_divide_width(self) -> Any:
        if self.width % self.heads:
            raise ValueError(f"--width {self.width} is not a multiple of --heads {self.heads}")
        return self
