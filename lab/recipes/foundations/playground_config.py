"""The settings of the playground: points in the plane and a small network that learns them."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.config import Config, only, unit, words
from lab.data import drawn_points
from lab.recipes.foundations.settings import ACTIVATION_NAMES, INPUT_NAMES, Optimizer

MOST_UNITS, MOST_LAYERS = 64, 8


class PlaygroundConfig(Config):
    """A multilayer perceptron on points in the plane, of which every unit can be seen."""

    explanation: ClassVar[str] = """<h3>A network of which you see everything</h3>
<p>Each unit adds up its inputs, weighted, and bends the sum: <i>h = f(W x + b)</i>. The first layer draws lines through the plane, the next
combines them, the last says blue or orange. Training moves every weight a little downhill:</p>
<p align="center"><i>w &larr; w &minus; &eta; &part;L/&part;w</i></p>
<p>Watch the gap between the losses of the training points and of the test points: both high is underfitting, a wide gap overfitting.</p>
<p>Rumelhart, Hinton &amp; Williams 1986, <a href="https://doi.org/10.1038/323533a0">Learning representations by back-propagating errors</a>;
Smilkov et al. 2017, <a href="https://arxiv.org/abs/1708.03788">Direct-manipulation visualization of deep networks</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ()
    first_views: ClassVar[tuple[str, ...]] = ("surface", "units")

    points: Literal["spirals", "circles", "xor", "moons", "gaussians", "hill", "waves", "drawn", "csv"] = Field(
        "spirals",
        description="The points: five sets of two classes, hill and waves with a value to predict, your own drawn ones, or a table.",
    )
    drawn: str = Field(
        "", description='Your own points, "x,y,class x,y,class ..." between -3 and 3, class 0 or 1.', json_schema_extra=only(points="drawn")
    )
    csv: str = Field(
        "",
        description="Path of a table of comma-separated values whose first three columns are x, y and a class or a number.",
        json_schema_extra=only(points="csv"),
    )
    count: int = Field(
        600, ge=4, le=20_000, description="How many points, for training and test together. Fewer are learned by heart.",
        json_schema_extra=unit("points"),
    )  # fmt: skip
    noise: float = Field(
        0.06,
        ge=0,
        le=2,
        description="Deviation of the noise on the points. Higher mixes the classes, and a large network learns the noise.",
    )
    test_share: float = Field(
        0.5, ge=0.05, le=0.95, description="Share of the points kept for the test. Higher leaves fewer to learn from."
    )
    inputs: str = Field("x,y", description=f"What the network is given of a point, of {', '.join(INPUT_NAMES)}.")
    layers: str = Field(
        "8 tanh, 8 tanh, 8 tanh",
        description='The hidden layers, each its units and activation, such as "8 tanh, 4 relu"; nothing for none. '
        "More units bend the boundary more.",
    )
    dropout: float = Field(
        0.0, ge=0, le=0.9, description="Share of hidden units left out at each step. Higher regularises more; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    batch_norm: bool = Field(False, description="Normalise each unit's sum over the batch before its activation.")
    initialisation: Literal["xavier", "he", "1/n", "small", "large", "zeros"] = Field(
        "xavier", description="How weights are drawn. With zeros all units of a layer stay the same; large saturates them."
    )
    loss: Literal["cross-entropy", "hinge", "squared"] = Field(
        "cross-entropy", description="Loss of classes; values are always learned by the squared error."
    )
    optimizer: Optimizer = Field("adam", description="How a gradient becomes a step.")
    learning_rate: float = Field(0.01, gt=0, le=100, description="Eta, the size of a step. Higher learns faster until it jumps about.")
    batch_size: int = Field(
        32, ge=0, le=20_000, description="Points per step, from 1 to all of them. Fewer make the steps noisier.",
        json_schema_extra=unit("points") | words({0: "all points"}),
    )  # fmt: skip
    l1: float = Field(
        0.0, ge=0, le=1, description="Weight of the sum of |w| in the loss. Higher drives more weights to exactly 0; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    l2: float = Field(
        0.001, ge=0, le=1, description="Weight of the sum of w squared, halved, in the loss. Higher keeps weights smaller; 0 is off.",
        json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip

    @property
    def subject(self) -> str:
        return self.points

    @property
    def input_names(self) -> list[str]:
        return self.inputs.split(",")

    @property
    def layer_list(self) -> list[tuple[int, str]]:
        """Units and activation of each hidden layer."""
        return parse_layers(self.layers)

    @field_validator("inputs")
    @classmethod
    def known_inputs(cls, value: str) -> str:
        names = [part.strip() for part in value.split(",")]
        if not names or not set(names) <= set(INPUT_NAMES) or len(set(names)) != len(names):
            raise ValueError(f"must be some of {', '.join(INPUT_NAMES)}, separated by commas")
        return ",".join(names)

    @field_validator("layers")
    @classmethod
    def some_layers(cls, value: str) -> str:
        return layers_text(parse_layers(value))

    @field_validator("drawn")
    @classmethod
    def some_points(cls, value: str) -> str:
        drawn_points.parse(value)
        return value.strip()

    @model_validator(mode="after")
    def has_its_points(self) -> "PlaygroundConfig":
        if self.points == "drawn" and len({label for *_, label in drawn_points.parse(self.drawn)}) < 2:
            raise ValueError('--drawn must have points of both classes, such as "0.5,-1,0 1,1,1", for --points drawn')
        if self.points == "csv" and not Path(self.csv).is_file():
            raise ValueError(f"--csv must name a table for --points csv, and {self.csv!r} is none")
        return self


def parse_layers(text: str) -> list[tuple[int, str]]:
    """Units and activation of each layer in "8 tanh, 4 relu". Raises ValueError for another text."""
    layers = []
    for part in (part.strip() for part in text.split(",") if part.strip()):
        units, _, activation = part.partition(" ")
        if not units.isdigit() or not 1 <= int(units) <= MOST_UNITS or activation not in ACTIVATION_NAMES:
            raise ValueError(
                f'must be layers such as "8 tanh, 4 relu", of 1 to {MOST_UNITS} units and one of {", ".join(ACTIVATION_NAMES)}'
            )
        layers.append((int(units), activation))
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"must be at most {MOST_LAYERS} layers")
    return layers


def layers_text(layers: list[tuple[int, str]]) -> str:
    """The inverse of `parse_layers`."""
    return ", ".join(f"{units} {activation}" for units, activation in layers)
