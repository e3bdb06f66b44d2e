"""The settings of AdamW under a learning rate that falls along a cosine, as more than one recipe has them."""

from typing import Any

from pydantic import Field

from lab.config import unit, words


def learning_rate(default: float) -> Any:
    return Field(default, gt=0, le=1, description="Learning rate (AdamW). Higher learns faster until the loss oscillates or grows.")


def weight_decay(default: float) -> Any:
    return Field(
        default, ge=0, le=1, description="Weight decay. Higher gives smaller weights and less overfitting.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip


def schedule_steps(default: int) -> Any:
    return Field(
        default, ge=1, le=100_000_000,
        description="Step at which the learning rate has fallen to 0 along a cosine. Higher keeps the rate high for longer; best set to the length of the run.",
        json_schema_extra=unit("steps"),
    )  # fmt: skip
