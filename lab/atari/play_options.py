"""Options of playing a game, for an evaluation or to watch, with their bounds."""

from pydantic import Field

from lab.config import Config


class PlayOptions(Config):
    """Options of an evaluation or of watching; None: the player's default."""

    episodes: int = Field(1, ge=1, le=1_000_000, description="Episodes to play.")
    seconds: float | None = Field(None, gt=0, description="Seconds of play.")
    epsilon: float | None = Field(None, ge=0, le=1, description="Fraction of random actions.")
    sticky: float | None = Field(None, ge=0, lt=1, description="Probability of a repeated action.")
