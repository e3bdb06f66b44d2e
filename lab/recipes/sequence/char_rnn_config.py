"""Settings of the recurrent language model."""

from typing import Literal

from pydantic import Field, field_validator

from lab.config import with_defaults
from lab.data.corpora import TEXTS, check
from lab.recipes.sequence.sequence_config import SequenceConfig


class CharRNNConfig(with_defaults(SequenceConfig, "CharRNNDefaults", learning_rate=4e-3)):  # type: ignore[misc]
    """An RNN, LSTM or GRU on characters or bytes. With 65 characters the LSTM has as many parameters as the default gpt."""

    data: str = Field("pydocs", description="The text to learn: pydocs, stdlib, tinyshakespeare or file:PATH.")
    level: Literal["char", "byte"] = Field("char", description="Tokens are the characters of the text, or its bytes.")
    cell: Literal["rnn", "lstm", "gru"] = Field("lstm", description="The recurrent cell. LSTM and GRU remember longer than a plain RNN.")
    layers: int = Field(1, ge=1, le=8, description="Recurrent layers on top of each other. More is abler and slower.")
    hidden: int = Field(408, ge=1, le=8192, description="Units of the state. More remembers more and is slower.")
    width: int = Field(64, ge=1, le=4096, description="Numbers that stand for a character at the input.")
    unroll: int = Field(
        64, ge=1, le=4096, description="Steps that the gradient goes back in time (truncated BPTT). More learns longer dependencies."
    )
    learned_state: bool = Field(True, description="Train the state before the first character; off, it is zero.")
    written: bool = Field(False, description="Compute by the written-out equations in place of the fused kernels: the same, and slower.")

    @field_validator("data")
    @classmethod
    def known(cls, value: str) -> str:
        return check(value, TEXTS)
