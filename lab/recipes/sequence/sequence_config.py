"""The settings that the recipes for sequences have in common."""

from typing import Literal

from pydantic import Field

from lab.config import Config
from lab.data.catalogue import subject

LANGUAGE_MODEL = """<p>The network reads a text and assigns each possible next token a probability. Its loss is the mean of &minus;log p(token | what
came before), in nats: 4.2 is guessing among 65 characters, 1.9 spells words, 1.5 has a style. To <b>write</b>, a token
is drawn from these probabilities and fed back in. A <i>temperature</i> T divides the scores first: a small T is cautious, a large T
bold. <i>Top k</i> and <i>top p</i> leave out the unlikely tokens.</p>
"""
"""What a language model learns, the beginning of the explanation of each."""


class SequenceConfig(Config):
    """AdamW on mini-batches with a warm-up, a falling step size and a bound on the gradient."""

    data: str = Field("pydocs", description="What to learn from.")
    learning_rate: float = Field(1e-3, gt=0, le=10, description="Largest step size of AdamW. Higher learns faster until it swings.")
    learning_rate_end: float = Field(
        0.1, ge=0, le=1, description="Share of the step size that is left at the end of its fall. Lower settles more finely."
    )
    warmup_steps: int = Field(100, ge=0, description="Steps over which the step size rises at first. More is safer, and slower.")
    decay_steps: int = Field(
        2000, ge=1, description="Steps after which the step size has fallen along a cosine. As many as are trained is best."
    )
    weight_decay: float = Field(
        0.01, ge=0, le=10, description="Pull of the weight matrices towards zero. Higher fits the data less closely."
    )
    beta2: float = Field(0.99, ge=0, lt=1, description="How slowly the estimate of the squared gradient changes. Higher is steadier.")
    max_grad_norm: float = Field(
        1.0, ge=0, description="Bound on the gradient's norm, against exploding gradients. Lower is safer; 0 switches it off."
    )
    batch_size: int = Field(32, ge=1, le=4096, description="Sequences in one step. More is steadier and slower.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of units switched off in training. Higher fits the data less closely.")
    validate_every: int = Field(
        250, ge=0, description="Steps between two looks at data that training does not see. More often costs time; 0 is never."
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="Arithmetic of forward and backward. bf16 is faster where the hardware has it; auto takes it there."
    )

    @property
    def subject(self) -> str:
        return subject(self.data)
