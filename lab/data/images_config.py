"""Which images a recipe learns from: the settings that every recipe on labelled images has."""

from typing import Literal

from pydantic import Field, field_validator

from lab.config import Config, only
from lab.data.sources import check_games, check_images


class ImagesConfig(Config):
    """Settings of a recipe that learns from a data set of `lab.data.sources` or a folder."""

    data: str = Field("digits", description="The images: digits, mnist, fashion-mnist, cifar-10, atari, or folder:PATH for your own.")
    games: str = Field(
        "pong,breakout,space_invaders,seaquest", description="The games, separated by commas; they are the classes.",
        json_schema_extra=only(data="atari"),
    )  # fmt: skip
    frames: int = Field(
        1000, ge=10, le=100_000, description="Frames of each game. More are more varied and take longer to collect.",
        json_schema_extra=only(data="atari"),
    )  # fmt: skip
    player: Literal["random", "agents"] = Field(
        "random", description="Who plays; agents takes the shipped agent of a game, who gets further, where there is one.",
        json_schema_extra=only(data="atari"),
    )  # fmt: skip

    @field_validator("data")
    @classmethod
    def known_data(cls, value: str) -> str:
        return check_images(value)

    @field_validator("games")
    @classmethod
    def known_games(cls, value: str) -> str:
        return check_games(value)
