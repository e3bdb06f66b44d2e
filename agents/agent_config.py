"""What the settings of every agent of an Atari game have in common: the game and its protocol, exploration, evaluation."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from lab.config import Config, unit, unless, words


class AgentConfig(Config):
    """Settings of an agent that learns an Atari game from pixels."""

    plays_atari: ClassVar[bool] = True

    game: str = Field("pong", description="The Atari game, one of the 108 that ale-py carries (`lab list`).")
    world: str = Field(
        "",
        description="A run of `lab train dream` to learn in, in place of the emulator. An evaluation is always of the real game.",
        json_schema_extra=words({"": "the game itself"}),
    )
    world_steps: int = Field(
        200,
        ge=1,
        le=100_000,
        description="Steps after which a dream to learn in starts afresh. More show what comes later, and more of what the dream has got wrong.",
        json_schema_extra=unit("steps") | unless(world=""),
    )
    envs: int = Field(
        8,
        ge=1,
        le=256,
        description="Environments stepped in parallel. More give more varied data and use the processor better, but act with slightly older weights.",
        json_schema_extra=unit("games"),
    )
    gamma: float = Field(0.99, ge=0, le=1, description="Discount of a reward per step. Higher looks further ahead and learns more slowly.")
    epsilon_start: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Fraction of random actions at the start. Lower explores less, and trusts values that nothing was learnt about yet.",
    )
    epsilon_end: float = Field(0.01, ge=0, le=1, description="Fraction of random actions after the schedule. Higher keeps exploring more.")
    epsilon_steps: int = Field(
        250_000,
        ge=1,
        le=1_000_000_000,
        description="Agent steps over which epsilon decays. More explores for longer.",
        json_schema_extra=unit("steps"),
    )
    clip_rewards: bool = Field(
        True, description="Learn from rewards clipped to [-1, 1], so that one learning rate suits all games. Scores are never clipped."
    )
    life_loss_terminal: bool = Field(
        False, description="Treat a lost life as the end of the return. Helps in games with lives; the episode itself continues."
    )
    sticky_actions: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Probability that the emulator repeats the last action in a frame. Higher makes the game harder to learn by heart; 0.25 is the protocol of Machado et al. 2018.",
        json_schema_extra=words({0.0: "off"}),
    )
    crop: str = Field(
        "0,0",
        description="Rows cut away above and below the game before its 210 rows become 84, as top,bottom: 34,16 leaves Pong's court. "
        "More cut away shows the rest in more detail; scores and lives may go with it.",
    )
    noop_max: int = Field(
        30,
        ge=0,
        le=1000,
        description="Each episode starts with a random number of no-ops, up to this many. More make the starts more varied; 0 starts every episode alike.",
        json_schema_extra=words({0: "off"}) | unit("no-ops"),
    )
    fire_reset: bool = Field(True, description="Press FIRE at the start of an episode in games that wait for it.")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="Arithmetic of the network: bf16 is faster where the hardware supports it; the optimizer always keeps fp32. auto chooses.",
    )
    eval_episodes: int = Field(
        20,
        ge=1,
        le=10_000,
        description="Episodes per evaluation. More narrows the confidence interval.",
        json_schema_extra=unit("episodes"),
    )
    eval_epsilon: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Fraction of random actions in evaluation. Higher gets an agent out of loops and costs points; the papers used 0.05 (2015) to 0.001.",
    )

    @field_validator("game")
    @classmethod
    def known_game(cls, value: str) -> str:
        from lab.atari.games import check_game

        return check_game(value)

    @field_validator("crop")
    @classmethod
    def rows(cls, value: str) -> str:
        from lab.atari.games import cut_rows

        return "{},{}".format(*cut_rows(value))
