"""Settings of the linear classifier."""

from typing import Literal

from pydantic import Field

from lab.config import Config, unit


class LinearConfig(Config):
    """Softmax regression on the digits."""

    data: Literal["digits"] = Field("digits", description="The images to learn.")
    learning_rate: float = Field(0.05, gt=0, le=10, description="Step size of gradient descent. Higher learns faster until it swings.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Share of the last step that is kept. Higher smooths and speeds up.")
    weight_decay: float = Field(1e-4, ge=0, le=1, description="Pull of the weights towards zero. Higher gives smoother templates.")
    batch_size: int = Field(64, ge=1, le=1500, description="Images in one step. Larger is steadier.", json_schema_extra=unit("images"))
