"""How a game is played for an evaluation or to be watched: the bounds of what one may ask for."""

from pydantic import Field

from lab.config import Config


class PlayOptions(Config):
    """Options of an evaluation or of watching; None leaves the choice to whoever plays."""

    episodes: int = Field(1, ge=1, le=1_000_000, description="Episodes to play.")
    seconds: float | None = Field(None, gt=0, description="Seconds of play.")
    epsilon: float | None = Field(None, ge=0, le=1, description="Share of random actions.")
    sticky: float | None = Field(None, ge=0, lt=1, description="Probability of a repeated action.")
