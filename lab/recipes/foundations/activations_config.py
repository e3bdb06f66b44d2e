"""The settings of a deep network that shows what activations and initialisations do."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import Config, only, unit

SCALES = {"leaky relu": 0.01, "parametric relu": 0.25, "randomised relu": 0.229, "elu": 1.0}
"""The usual `a` of those that have one."""
Activation = Literal[
    "tanh", "relu", "sigmoid", "linear", "step", "leaky relu", "parametric relu", "randomised relu", "elu", "softplus", "absolute value"
]


class ActivationsConfig(Config):
    """A deep network of equal layers on two spirals, whose activations and gradients are seen layer by layer."""

    explanation: ClassVar[str] = """<h3>Through many layers</h3>
<p>A unit bends its sum, <i>h = f(z)</i>. Backpropagation multiplies by <i>f'(z)</i> and by the weights at every layer:</p>
<p align="center"><i>&delta;<sub>l</sub> = f'(z<sub>l</sub>) W<sub>l+1</sub><sup>T</sup> &delta;<sub>l+1</sub></i></p>
<p>Slopes below 1, or small weights, make gradients vanish; large weights make them explode, or saturate the units. Xavier's and He's
initialisations choose the weights' deviation so that what flows through keeps its size.</p>
<p>Glorot &amp; Bengio 2010, <a href="https://proceedings.mlr.press/v9/glorot10a.html">Understanding the difficulty of training deep feedforward
neural networks</a>; He et al. 2015, <a href="https://arxiv.org/abs/1502.01852">Delving deep into rectifiers</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("through_layers", "function")

    activation: Activation = Field("sigmoid", description="f of every hidden layer.")
    slope: float = Field(
        0.0, ge=0, le=2, description="a, the slope or scale. Higher lets more of the negative side through.",
        json_schema_extra=only(activation=tuple(SCALES)),
    )  # fmt: skip
    depth: int = Field(
        10, ge=2, le=50, description="How many hidden layers. More let gradients vanish or explode.", json_schema_extra=unit("layers")
    )
    width: int = Field(64, ge=2, le=512, description="Units of each layer. Wider layers average more.", json_schema_extra=unit("units"))
    initialisation: Literal["xavier", "he", "1/n", "small", "large"] = Field(
        "xavier",
        description="How weights are drawn: their deviation is sqrt(2 / (n_in + n_out)), sqrt(2 / n_in), sqrt(1 / n_in), 0.01 or 3.",
    )
    learning_rate: float = Field(
        0.05,
        ge=0,
        le=10,
        description="Eta of plain gradient descent. Higher learns faster until it leaves; 0 shows the first weights for good.",
    )

    @property
    def subject(self) -> str:
        return self.activation.replace(" ", "-")
