"""Settings of the recipes that learn from labelled scenes: segmentation and detection."""

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from lab.atari.games import check_games
from lab.config import Config, data_field, only, unit, words
from lab.data.catalogue import find, subject
from lab.recipes.images_config import Ground
from lab.recipes.vision import cosine_fields

EIGHT = "pong,breakout,space_invaders,freeway,boxing,seaquest,ms_pacman,demon_attack"
"""The games whose things have names, see `lab.data.game_things.RULES`."""
DIGITS = ("digits", "mnist-5k", "mnist")


class SceneConfig(Config):
    """Labelled scenes and how they are learned."""

    pages: ClassVar[tuple[str, ...]] = ("scenes",)

    data: str = data_field("atari", "labelled scenes", about="The scenes")
    games: str = Field(
        EIGHT, description="Atari games, separated by commas. The things of these eight have names; in others all that moves is one class.",
        json_schema_extra=only(data="atari"),
    )  # fmt: skip
    frames: int = Field(
        150, ge=10, le=100_000, description="Training frames per game; a fifth as many, of other episodes, are for test. More are more varied and take longer to record.",
        json_schema_extra=unit("frames") | only(data="atari"),
    )  # fmt: skip
    scenes: int = Field(
        2000, ge=10, le=1_000_000, description="Training scenes to compose; a fifth as many are for test. More are more varied.",
        json_schema_extra=unit("scenes") | only(data=DIGITS),
    )  # fmt: skip
    player: Literal["random", "agents"] = Field(
        "agents", description="Who plays: random actions, or the game's shipped agent where there is one, which gets further.",
        json_schema_extra=only(data="atari"),
    )  # fmt: skip
    ground: Ground = Field(
        "white", description="Background colour behind transparent parts of your own pictures.", json_schema_extra=only(data="pairs:")
    )
    size: int = Field(
        0, ge=0, le=1024,
        description="Side of the scenes in pixels; 0 is 64 for digits and 128 for your own pictures. Larger shows more and is slower; frames of games keep the console's 160x210.",
        json_schema_extra=unit("pixels") | words({0: "data's own"}) | only(data=(*DIGITS, "pairs:")),
    )  # fmt: skip
    batch_size: int = Field(
        16, ge=1, le=1024, description="Pictures per step. Larger is more stable and needs more memory.", json_schema_extra=unit("images")
    )
    learning_rate: float = cosine_fields.learning_rate(2e-3)
    weight_decay: float = cosine_fields.weight_decay(1e-4)
    schedule_steps: int = cosine_fields.schedule_steps(1_500)
    warmup_steps: int = Field(
        30, ge=0, le=1_000_000, description="Warm-up steps, over which the learning rate rises linearly. More are gentler.",
        json_schema_extra=unit("steps") | words({0: "off"}),
    )  # fmt: skip
    augment_flip: bool = Field(False, description="Augmentation: mirror pictures at random. Right for photographs, wrong for digits.")
    validate_every: int = Field(
        250,
        ge=1,
        le=1_000_000,
        description="Validation interval in steps. Lower shows more and slows training.",
        json_schema_extra=unit("steps"),
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="Arithmetic of the network; weights stay in fp32. auto uses bf16 where the hardware supports it."
    )

    def data_record(self, remembered: dict[str, Any] | None) -> dict[str, Any]:
        """What a run remembers of its scenes: the classes, and of one's own which value of a mask is which."""
        if find(self.data).origin == "own":
            from lab.data.mask_folders import mask_record

            return mask_record(self.data, self.ground, remembered)
        return {"data": self.data, "classes": list(self.class_names()), "assumed": []}

    def class_names(self) -> tuple[str, ...]:
        """The classes of data that are not one's own, the background first."""
        if self.data == "atari":
            from lab.data.game_things import class_names

            return class_names(self.games)
        return ("background", *find(self.data).classes)

    @field_validator("games")
    @classmethod
    def known_games(cls, value: str) -> str:
        return check_games(value)

    @property
    def subject(self) -> str:
        return subject(self.data)
