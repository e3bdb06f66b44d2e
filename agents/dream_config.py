"""Settings of a dream: a world model of an Atari game."""

from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from lab.config import Config, only, unit, unless, words

RECORDED = "recorded:"
"""Begins a source that is so many of the recorded episodes of the game."""
COURTS = {"pong": "34,16", "breakout": "34,16"}
"""The rows without the score, above and below the field of games that are usually learned."""


class DreamConfig(Config):
    """A dream: the next frame, reward and end of a game from its last frames and the action, to be played in."""

    explanation: ClassVar[str] = """<h3>Dream: a world model</h3>
<p>A network watches a game being played and learns to draw what comes next: from the last frames and the actions taken, the next frame,
the reward, and whether a life ends,</p>
<p align="center"><i>p(x<sub>t+1</sub>, r<sub>t</sub>, d<sub>t</sub> | x<sub>t&minus;3</sub> &hellip; x<sub>t</sub>, a<sub>t&minus;3</sub> &hellip; a<sub>t</sub>)</i></p>
<p>Its own frame becomes the newest of the last ones, and so on: a game that runs in the network alone. A person plays in it with
the keyboard, an agent can, and one can even learn in it.</p>
<p><b>Colours are classes.</b> The console draws with few colours, so each pixel is a choice among them with a cross-entropy, which stays crisp
where the mean of two possible pictures would blur. <b>Small things count</b>: pixels that change weigh more in the loss, or the ball, eight
pixels of 25,600, would be learned last. <b>Drawing in steps</b>: a share of the pixels is drawn, then the next with the first ones given
(discrete flow matching), so that what is open, such as where a ball appears, is decided once for all pixels.</p>
<p><b>Living with its own mistakes.</b> A dream that only ever sees real frames in training is lost at its first wrong pixel. So training
follows dreams: the network's frames take the place of the real ones for some steps, and it learns what should have come next all the same.
<b>The clock</b> counts the steps since the last reward, as the ball stays away longer after a point than four frames reach back.</p>
<p>On the screen: <b>Dream</b> has the game on the left and the dream on the right, under the same keys.</p>
<p>Ha &amp; Schmidhuber 2018, <a href="https://arxiv.org/abs/1803.10122">World models</a>; Alonso et al. 2024,
<a href="https://arxiv.org/abs/2405.12399">Diffusion for world modeling</a> (DIAMOND); Gat et al. 2024,
<a href="https://arxiv.org/abs/2407.15595">Discrete flow matching</a>; Bengio et al. 2015,
<a href="https://arxiv.org/abs/1506.03099">Scheduled sampling</a>.</p>
"""
    former_values: ClassVar[dict[str, Any]] = {"overview": 0, "tolerance": 0.5, "phase": False, "recall": 0}
    pages: ClassVar[tuple[str, ...]] = ("dream",)
    first_views: ClassVar[tuple[str, ...]] = ("film", "every_action", "error_over_time", "outcomes")

    game: str = Field("pong", description="The Atari game, one of the 108 that ale-py carries (`lab list`).")
    family: Literal["flow", "latent"] = Field(
        "flow",
        description="What draws the next frame: flow for a U-Net on its pixels; latent for a transformer on the codes of a VQ-VAE, which draws "
        "faster, and loses small things sooner.",
    )
    entries: int = Field(
        128, ge=2, le=4096, description="Entries of the codebook. More keep more detail, and are predicted with more effort.",
        json_schema_extra=unit("entries") | only(family="latent"),
    )  # fmt: skip
    source: str = Field(
        "agent",
        description="Who plays the games to learn from: agent for the shipped agent of the game (random actions where there is none), random, the name of a run, "
        "or recorded for the games that you have had a hand in by Take over, without random actions.",
    )
    begin_from: str = Field(
        "", description="A dream of the same game and network, by its name, from whose weights training begins; nothing for random ones. "
        "A lower --learning-rate then suits.",
    )  # fmt: skip
    random_share: float = Field(
        0.5, ge=0, le=1, description="Share of random actions in that play. Higher shows rarer moments, and less of good play.",
        json_schema_extra=unless(source=("random", "recorded", "recorded:")),
    )  # fmt: skip
    frames: int = Field(
        32_000,
        ge=64,
        le=2_000_000,
        description="Frames to learn from, played at first use and kept. More show rarer moments, and take longer and more memory.",
        json_schema_extra=unit("frames"),
    )
    size: int = Field(
        80,
        ge=16,
        le=208,
        multiple_of=8,
        description="Pixels across a frame of the dream. Larger shows more and is slower; at 80 the rows and columns of Pong's field are halved.",
        json_schema_extra=unit("pixels"),
    )
    crop: str = Field(
        "auto",
        description="Rows cut away above and below the game, as top,bottom; auto leaves the field of Pong and Breakout, and all of other games. "
        "More cut away shows the rest in more detail.",
    )
    colours: int = Field(
        8,
        ge=2,
        le=64,
        description="The most colours, the game's most frequent ones; others become the nearest of these. More show more kinds of things and are slower.",
        json_schema_extra=unit("colours"),
    )
    frame_skip: int = Field(
        4,
        ge=1,
        le=16,
        description="Emulator frames in a step of the dream, 60 a second. More look further ahead at once, and play less smoothly.",
        json_schema_extra=unit("frames"),
    )
    history: int = Field(
        4,
        ge=1,
        le=16,
        description="Past frames and actions that the network sees. More tell faster and slower motion apart, and cost time.",
        json_schema_extra=unit("frames"),
    )
    features: int = Field(
        32,
        ge=8,
        le=512,
        multiple_of=8,
        description="Channels of the largest maps, two and three times as many in the smaller ones. More draw better and are slower.",
        json_schema_extra=unit("maps"),
    )
    overview: int = Field(
        256,
        ge=0,
        le=4096,
        description="Width of dense layers that see a whole frame at once. Wider learn sooner how far things move, such as a "
        "paddle, and make the weights larger.",
        json_schema_extra=unit("units") | words({0: "none"}) | only(family="flow"),
    )
    phase: bool = Field(
        True,
        description="Tell the network at which of the console's frames the episode's steps begin. Pong moves its paddles in every other frame, so that "
        "a key moves one by 6 or by 10 pixels, which frames of a paddle at rest do not show.",
    )
    recall: int = Field(
        96,
        ge=0,
        le=4096,
        description="Width of a network that carries on where things exactly are and where they go. Wider tells it more exactly; without it a paddle "
        "drifts off, as where it glides to follows from more than the last frames.",
        json_schema_extra=unit("units") | words({0: "none"}) | only(family="flow"),
    )
    learned: Literal["all", "recall"] = Field(
        "all",
        description="What is learned: all, or recall for that network alone beside the network of --begin-from, which stays as it is: minutes in place of an hour.",
        json_schema_extra=only(family="flow"),
    )
    batch_size: int = Field(
        32, ge=1, le=4096, description="Dreams that are followed at once. More are steadier and slower.", json_schema_extra=unit("dreams")
    )
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Learning rate (Adam). Higher learns faster until the loss jumps.")
    learning_rate_end: float = Field(
        0.02, ge=0, le=1, description="Fraction of the learning rate left at the end of its schedule. Lower lets late training settle."
    )
    learning_rate_steps: int = Field(
        10_000,
        ge=1,
        le=1_000_000_000,
        description="Steps over which the learning rate decays. More keeps it high for longer.",
        json_schema_extra=unit("steps") | unless(learning_rate_end=1.0),
    )
    warmup: int = Field(
        100,
        ge=0,
        le=100_000,
        description="Steps in which the learning rate rises to its value. More are safer at a high rate.",
        json_schema_extra=unit("steps") | words({0: "none"}),
    )
    ema: float = Field(0.998, ge=0, lt=1, description="Decay of the averaged network (EMA) that draws. Higher is smoother and lags more.")
    change_weight: float = Field(
        4.0,
        ge=1,
        le=1000,
        description="Weight of a pixel that changes in the loss. Higher learns small things sooner, and the rest later.",
    )
    horizon: int = Field(
        16,
        ge=1,
        le=1000,
        description="Steps that a dream goes on in training, on average, before it starts afresh from real frames. Higher teaches it more to live with its own mistakes.",
        json_schema_extra=unit("steps") | words({1: "real frames only"}),
    )
    horizon_steps: int = Field(
        2_000,
        ge=1,
        le=1_000_000_000,
        description="Steps over which the horizon grows from 1. More learn from real frames for longer at first.",
        json_schema_extra=unit("steps") | unless(horizon=1),
    )
    tolerance: float = Field(
        0.0,
        ge=0,
        le=1000,
        description="A dream starts afresh in training once more of its pixels are wrong than 4, and this times those that change. Higher lets "
        "dreams go on that have drifted away from the game: they live longer, and what is learned from them is less exact.",
        json_schema_extra=unless(horizon=1),
    )
    drawing_steps: int = Field(
        1,
        ge=1,
        le=64,
        description="Steps in which a frame is drawn. More agree better about what is open, draw more slowly, and are learned more slowly.",
        json_schema_extra=unit("steps") | only(family="flow"),
    )
    drawing_temperature: float = Field(
        0.0, ge=0, le=5, description="How freely a frame is drawn. Higher varies more and errs more; 0 draws the likeliest.",
        json_schema_extra=words({0.0: "likeliest"}),
    )  # fmt: skip
    eval_dreams: int = Field(
        100, ge=1, le=10_000, description="Dreams of an evaluation. More make its figures more exact.", json_schema_extra=unit("dreams")
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="Arithmetic of the network: bf16 is faster where the hardware supports it; the optimizer always keeps fp32. auto chooses.",
        json_schema_extra=only(family="flow"),
    )

    @field_validator("game")
    @classmethod
    def known_game(cls, value: str) -> str:
        from lab.atari.games import check_game

        return check_game(value)

    @field_validator("source")
    @classmethod
    def counted(cls, value: str, info: ValidationInfo) -> str:
        """recorded:N for recorded: those that there are now, so that a run that is resumed learns from the same."""
        from lab.atari.recorded import files

        return f"{RECORDED}{len(files(info.data.get('game', '')))}" if value == RECORDED[:-1] else value

    @field_validator("crop")
    @classmethod
    def known_rows(cls, value: str) -> str:
        from lab.atari.games import cut_rows

        return value if value == "auto" else "{},{}".format(*cut_rows(value))

    @model_validator(mode="after")
    def fits(self) -> "DreamConfig":
        if not self.source.strip():
            raise ValueError("--source must be agent, random, recorded or the name of a run")
        if self.family == "latent" and self.drawing_steps > 1:
            raise ValueError(f"--family latent draws in one step: give --drawing-steps 1, not {self.drawing_steps}")
        if self.learned == "recall" and not (self.begin_from and self.recall and self.family == "flow"):
            raise ValueError("--learned recall needs a dream of --family flow to --begin-from, and a --recall above 0")
        if self.recorded is not None and self.frame_skip != 4:
            raise ValueError(f"--source recorded has a decision every 4 frames: give --frame-skip 4, not {self.frame_skip}")
        return self

    @property
    def recorded(self) -> int | None:
        """How many recorded episodes are learned from; None where others play."""
        count = self.source.removeprefix(RECORDED)
        return int(count) if self.source.startswith(RECORDED) and count.isdecimal() else None

    @property
    def rows(self) -> str:
        """The rows cut away, as top,bottom."""
        return COURTS.get(self.game, "0,0") if self.crop == "auto" else self.crop
