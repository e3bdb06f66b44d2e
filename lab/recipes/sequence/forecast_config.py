"""Settings of the forecaster."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from lab.atari.games import check_game
from lab.config import data_field, only, unit, with_defaults, words
from lab.recipes.sequence.sequence_config import SequenceConfig


class ForecastConfig(with_defaults(SequenceConfig, "ForecastDefaults", data="ram", learning_rate=3e-3, decay_steps=1000)):  # type: ignore[misc]
    """A recurrent network that predicts the next values of a series."""

    explanation: ClassVar[str] = """<h3>Forecasting</h3>
<p>The series are bytes of the emulator's memory while an agent plays, or the columns of a CSV. The network predicts the change to the next
step, x<sub>t+1</sub> = x<sub>t</sub> + f(x<sub>1</sub> ... x<sub>t</sub>); further ahead it reads its own predictions. The loss is in variances
of the series: 1 is no better than the mean. A forecast has to beat <i>persistence</i>, "same as the last value", and models without a memory: the
<b>autoregressive</b> one, linear in the last values and fitted at once, whose loss <tt>lab eval</tt> prints, and a network that sees the last values through a
window (<tt>--model window</tt>).</p>
<p>Hochreiter &amp; Schmidhuber 1997, <a href="https://doi.org/10.1162/neco.1997.9.8.1735">Long short-term memory</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("forecast", "one_step_ahead")
    former_names: ClassVar[dict[str, str]] = {"written": "unfused"}

    data: str = data_field("ram", "series", about="The series")
    columns: str = Field(
        "",
        description="Columns to learn, by name, separated by commas; empty takes all numeric columns except times.",
        json_schema_extra=words({"": "all numeric columns"}) | only(data="file:"),
    )
    game: str = Field("pong", description="Atari game whose memory is recorded.", json_schema_extra=only(data="ram"))
    player: Literal["agent", "random"] = Field(
        "agent",
        description="Who plays: the game's shipped agent where there is one, or random actions.",
        json_schema_extra=only(data="ram"),
    )
    decisions: int = Field(
        4000,
        ge=100,
        le=1_000_000,
        description="Length of the recording in agent decisions (15 per second). Longer gives more data.",
        json_schema_extra=unit("decisions") | only(data="ram"),
    )
    channels: int = Field(
        8,
        ge=1,
        le=128,
        description="Bytes of memory to record: those that change most. More give more series to learn.",
        json_schema_extra=unit("bytes") | only(data="ram"),
    )
    window: int = Field(
        32,
        ge=2,
        le=2048,
        description="Steps per training sequence. Longer learns longer dependencies and is slower.",
        json_schema_extra=unit("steps"),
    )
    model: Literal["recurrent", "window"] = Field(
        "recurrent", description="A recurrent network, or one hidden layer that sees the last values alone."
    )
    taps: int = Field(
        8,
        ge=1,
        le=1024,
        description="Last values that the window, and the autoregressive model beside every network, see. More see further back.",
        json_schema_extra=unit("steps"),
    )
    cell: Literal["rnn", "relu", "lstm", "gru"] = Field(
        "lstm",
        description="Recurrent cell. LSTM and GRU remember longer than a plain RNN; relu is a plain one of ReLUs that begins as the identity.",
        json_schema_extra=only(model="recurrent"),
    )
    layers: int = Field(
        1,
        ge=1,
        le=8,
        description="Stacked recurrent layers. More have more capacity and are slower.",
        json_schema_extra=only(model="recurrent"),
    )
    hidden: int = Field(
        96,
        ge=1,
        le=4096,
        description="Units of the hidden state, or layer. More remember more and are slower.",
        json_schema_extra=unit("units"),
    )
    learned_state: bool = Field(False, description="Train the initial state; off, it is zero.", json_schema_extra=only(model="recurrent"))
    unfused: bool = Field(
        False,
        description="Compute step by step from the equations instead of with fused kernels: same results, slower.",
        json_schema_extra=only(model="recurrent"),
    )

    @field_validator("game")
    @classmethod
    def known_game(cls, value: str) -> str:
        return check_game(value)

    @property
    def subject(self) -> str:
        return f"ram-{self.game}" if self.data == "ram" else super().subject
