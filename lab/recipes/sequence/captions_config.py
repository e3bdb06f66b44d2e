"""Settings of captions."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from lab.atari.games import check_games
from lab.config import data_field, only, unit, with_defaults, words
from lab.data.catalogue import subject
from lab.recipes.images_config import Ground
from lab.recipes.sequence.sequence_config import SequenceConfig
from lab.recipes.vision.scene_config import EIGHT


class CaptionsConfig(
    with_defaults(  # type: ignore[misc]
        SequenceConfig, "CaptionsDefaults", data="atari", learning_rate=2e-3, decay_steps=2_000, batch_size=16, weight_decay=1e-4
    )
):
    """Pictures into words: a convolutional encoder, an LSTM decoder, attention between them."""

    explanation: ClassVar[str] = """<h3>Show, attend and tell</h3>
<p>A convolutional network turns the picture into a grid of vectors a<sub>i</sub>, one for each place. An LSTM writes the caption word by word; before each word it
looks: its state h scores every place, and the scores become weights</p>
<p align="center"><i>&alpha; = softmax(v<sup>T</sup> tanh(W<sub>1</sub> h + W<sub>2</sub> a<sub>i</sub>)), &nbsp; z = &Sigma; &alpha;<sub>i</sub> a<sub>i</sub></i></p>
<p>The word follows from z, h and the word before. Nobody says where to look: that comes from the words alone, and the map of &alpha; under each word shows it. The captions
of the games are made from the console's own state, so that each is a row of facts (on which side the ball is, the score, ...): <tt>lab eval</tt> counts the share that is
right, on episodes that training does not see, and prints BLEU-4.</p>
<p>Xu et al. 2015, <a href="https://arxiv.org/abs/1502.03044">Show, attend and tell: neural image caption generation with visual attention</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("captions",)
    first_views: ClassVar[tuple[str, ...]] = ("caption", "examples", "by_fact")

    data: str = data_field("atari", "captioned images", about="The pictures and their captions")
    games: str = Field(
        "pong,breakout",
        description="Atari games, separated by commas, of those whose things have names (see segment). Each has captions of its own kind.",
        json_schema_extra=only(data="atari"),
    )
    frames: int = Field(
        1_500, ge=10, le=100_000, description="Training frames per game; a fifth as many, of other episodes, are for test. More are more varied and take longer to record.",
        json_schema_extra=unit("frames") | only(data="atari"),
    )  # fmt: skip
    player: Literal["random", "agents"] = Field(
        "agents", description="Who plays: random actions, or the game's shipped agent where there is one, in turns with worse play.",
        json_schema_extra=only(data="atari"),
    )  # fmt: skip
    ground: Ground = Field(
        "white", description="Background colour behind transparent parts of your own pictures.", json_schema_extra=only(data="folder:")
    )
    size: int = Field(
        0, ge=0, le=1024,
        description="Side of the pictures in pixels; 0 is 96. Larger shows more and is slower; frames of games have half the console's size.",
        json_schema_extra=unit("pixels") | words({0: "data's own"}) | only(data="folder:"),
    )  # fmt: skip
    min_count: int = Field(
        1,
        ge=1,
        description="Drop words that occur less often; they become <UNK>. Higher gives a smaller vocabulary.",
        json_schema_extra=unit("times"),
    )
    features: int = Field(
        16,
        ge=1,
        le=512,
        description="Feature maps of the first layer; the last has four times as many. More see more and are slower.",
        json_schema_extra=unit("maps"),
    )
    width: int = Field(
        32, ge=2, le=2048, description="Length of a word's vector, and of what attention compares. Longer holds more and is slower."
    )
    hidden: int = Field(
        128, ge=2, le=4096, description="Units of the LSTM. More remember more and are slower.", json_schema_extra=unit("units")
    )

    @field_validator("games")
    @classmethod
    def known_games(cls, value: str) -> str:
        names = check_games(value)
        strange = [name for name in names.split(",") if name not in EIGHT.split(",")]
        if strange:
            raise ValueError(f"must be games whose things have names ({EIGHT})")
        return names

    @property
    def subject(self) -> str:
        return subject(self.data)
