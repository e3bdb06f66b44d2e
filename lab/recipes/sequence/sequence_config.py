"""The settings that the recipes for sequences have in common."""

from typing import Literal

from pydantic import Field

from lab.config import Config, unit, unless, words
from lab.data.catalogue import subject

LANGUAGE_MODEL = """<p>The network reads a text and assigns each possible next token a probability. Its loss is the mean of &minus;log p(token | what
came before), in nats: 4.2 is guessing among 65 characters, 1.9 spells words, 1.5 has a style. To <b>write</b>, a token
is drawn from these probabilities and fed back in. A <i>temperature</i> T divides the scores first: a small T is cautious, a large T
bold. <i>Top k</i> and <i>top p</i> leave out the unlikely tokens.</p>
"""
"""What a language model learns, the beginning of the explanation of each."""


class SequenceConfig(Config):
    """AdamW on mini-batches with learning-rate warm-up and decay, and gradient clipping."""

    data: str = Field("pydocs", description="What to learn from.")
    learning_rate: float = Field(1e-3, gt=0, le=10, description="Peak learning rate (AdamW). Higher learns faster until it oscillates.")
    learning_rate_end: float = Field(
        0.1, ge=0, le=1, description="Final learning rate as a fraction of the peak. Lower settles more finely."
    )
    warmup_steps: int = Field(
        100,
        ge=0,
        description="Warm-up steps, over which the learning rate rises linearly. More are safer and slower.",
        json_schema_extra=unit("steps") | words({0: "off"}),
    )
    decay_steps: int = Field(
        2000,
        ge=1,
        description="Step at which the cosine decay of the learning rate ends. Higher keeps the rate high for longer; best set to the length of the run.",
        json_schema_extra=unit("steps") | unless(learning_rate_end=1.0),
    )
    weight_decay: float = Field(
        0.01,
        ge=0,
        le=10,
        description="Weight decay of the weight matrices. Higher regularises more.",
        json_schema_extra=words({0.0: "off"}),
    )
    beta2: float = Field(0.99, ge=0, lt=1, description="Adam's beta2, the decay of its squared-gradient average. Higher is more stable.")
    max_grad_norm: float = Field(
        1.0,
        ge=0,
        description="Clip the gradient to this norm, against exploding gradients. Lower is safer; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )
    batch_size: int = Field(
        32, ge=1, le=4096, description="Sequences per step. Larger is more stable and slower.", json_schema_extra=unit("sequences")
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout rate. Higher regularises more.", json_schema_extra=words({0.0: "off"}))
    validate_every: int = Field(
        250,
        ge=0,
        description="Validation interval in steps. Lower shows more and slows training; 0 never validates.",
        json_schema_extra=unit("steps") | words({0: "never"}),
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="Arithmetic of forward and backward passes. bf16 is faster where the hardware supports it; auto uses it there."
    )

    @property
    def subject(self) -> str:
        return subject(self.data)
