"""Which images a recipe learns from: the settings that every recipe on labelled images has."""

from typing import Any, Literal

from pydantic import Field, field_validator

from lab.atari.games import check_games
from lab.config import Config, data_field, only, unit

Ground = Literal["white", "grey", "black"]
GROUND: Any = Field(
    "white", description="Background colour behind transparent parts of your own images.",
    json_schema_extra=only(data=("folder:", "folders:", "pairs:")),
)  # fmt: skip


class ImagesConfig(Config):
    """Settings of a recipe that learns from labelled images."""

    data: str = data_field("mnist-5k", "images", about="The images")
    games: str = Field(
        "pong,breakout,space_invaders,seaquest", description="Atari games, separated by commas; each is a class.",
        json_schema_extra=only(data="atari"),
    )  # fmt: skip
    frames: int = Field(
        1000, ge=10, le=100_000, description="Frames per game. More are more varied and take longer to record.",
        json_schema_extra=unit("frames") | only(data="atari"),
    )  # fmt: skip
    player: Literal["random", "agents"] = Field(
        "random", description="Who plays: random actions, or the game's shipped agent where there is one, which gets further.",
        json_schema_extra=only(data="atari"),
    )  # fmt: skip

    ground: Ground = GROUND

    def data_record(self, remembered: dict[str, Any] | None) -> dict[str, Any]:
        from lab.data.image_records import image_record

        return image_record(self.data, ground=self.ground, remembered=remembered, games=self.games)

    @field_validator("games")
    @classmethod
    def known_games(cls, value: str) -> str:
        return check_games(value)
