"""The settings of backpropagation by hand: a small network and one example."""

import itertools
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from lab.config import Config
from models.foundations.backpropagation import LAYERS, WEIGHTS, edges_of

MOST_UNITS, MOST_HIDDEN = 5, 3
SPREAD = 0.5
"""Weights that nobody gave are drawn between -SPREAD and SPREAD."""


class BackpropagationConfig(Config):
    """A small network without biases, and one example that it learns number by number."""

    explanation: ClassVar[str] = """<h3>Backpropagation by hand</h3>
<p>Forward, each unit adds up what comes in and bends it: <i>z = &Sigma; w h, h = f(z)</i>. The error is <i>E = &Sigma; (t &minus; o)&sup2;</i>.
Backward, what reaches a unit is computed once from what lies above it:</p>
<p align="center"><i>&delta;<sub>j</sub> = f'(z<sub>j</sub>) &Sigma;<sub>k</sub> &delta;<sub>k</sub> w<sub>jk</sub>, &nbsp;
&part;E/&part;w<sub>ij</sub> = &delta;<sub>j</sub> h<sub>i</sub>, &nbsp; w &larr; w &minus; &eta; &part;E/&part;w</i></p>
<p>One step of a run is one such step; <i>by_hand</i> writes out all its numbers. An input of 1 serves as a bias.</p>
<p>Rumelhart, Hinton &amp; Williams 1986, <a href="https://doi.org/10.1038/323533a0">Learning representations by back-propagating errors</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("by_hand", "error")

    layers: str = Field(
        "2-2-1",
        description=f"Units of each layer, from the inputs to the outputs, such as 2-3-1: at most {MOST_HIDDEN} hidden layers of {MOST_UNITS}.",
    )
    inputs: str = Field("2,3", description="The example: a number for each input, separated by commas.")
    targets: str = Field("1", description="What the outputs should be: a number for each, separated by commas.")
    weights: str = Field(
        "",
        description="Weights layer by layer, of each unit those that come in, separated by commas; nothing for those of the lectures "
        "(of 2-2-1) or, of other networks, for some drawn by the seed.",
    )
    activation: Literal["linear", "sigmoid", "tanh", "relu"] = Field("linear", description="f of the hidden units; outputs are linear.")
    learning_rate: float = Field(0.05, gt=0, le=100, description="Eta, the size of a step. Higher learns faster until the error grows.")

    @property
    def subject(self) -> str:
        return self.layers

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.layers.split("-"))

    @property
    def input_values(self) -> tuple[float, ...]:
        return parse_numbers(self.inputs)

    @property
    def target_values(self) -> tuple[float, ...]:
        return parse_numbers(self.targets)

    @field_validator("layers")
    @classmethod
    def some_layers(cls, value: str) -> str:
        parts = value.replace(" ", "").split("-")
        if not 2 <= len(parts) <= MOST_HIDDEN + 2 or not all(part.isdecimal() and 1 <= int(part) <= MOST_UNITS for part in parts):
            raise ValueError(f"must be 2 to {MOST_HIDDEN + 2} layers of 1 to {MOST_UNITS} units, such as 2-2-1")
        return "-".join(parts)

    @field_validator("inputs", "targets", "weights")
    @classmethod
    def some_numbers(cls, value: str) -> str:
        return numbers_text(parse_numbers(value))

    @model_validator(mode="after")
    def fits_its_layers(self) -> "BackpropagationConfig":
        shape = self.shape
        edges = sum(a * b for a, b in itertools.pairwise(shape))
        for name, values, wanted in (
            ("inputs", self.input_values, shape[0]), ("targets", self.target_values, shape[-1]), ("weights", parse_numbers(self.weights), edges),
        ):  # fmt: skip
            if len(values) != wanted and not (name == "weights" and not values):
                raise ValueError(
                    f"--{name} must be {wanted} number{'s' if wanted > 1 else ''} for --layers {self.layers}, not {len(values)}"
                )
        return self


def parse_numbers(text: str) -> tuple[float, ...]:
    """The numbers of "2,3". Raises ValueError for another text."""
    try:
        values = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be numbers separated by commas") from None
    if not all(abs(value) <= 1000 for value in values):
        raise ValueError("must lie between -1000 and 1000")
    return values


def numbers_text(values: tuple[float, ...]) -> str:
    """The inverse of `parse_numbers`."""
    return ",".join(f"{value:.10g}" for value in values)


def first_weights(config: BackpropagationConfig) -> dict[str, float]:
    """The weights with which it begins, by edge."""
    edges = edges_of(config.shape)
    given = parse_numbers(config.weights)
    if not given and config.shape == LAYERS:
        return dict(WEIGHTS)
    values = given or np.random.default_rng(config.seed).uniform(-SPREAD, SPREAD, len(edges)).round(2).tolist()
    return dict(zip(edges, values, strict=True))
