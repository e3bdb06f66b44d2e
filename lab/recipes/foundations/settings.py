"""Names that several of these recipes' settings use. Imports no torch: forms and help texts need them at once."""

from typing import Literal

Optimizer = Literal["sgd", "momentum", "nesterov", "rprop", "adagrad", "rmsprop", "adadelta", "adam"]

ACTIVATION_NAMES = (
    "tanh", "relu", "sigmoid", "linear", "step", "leaky relu", "parametric relu", "randomised relu", "elu", "softplus", "absolute value",
)  # fmt: skip
"""Those of `models.foundations.activations.ACTIVATIONS`, the usual ones first."""
INPUT_NAMES = ("x", "y", "x2", "y2", "xy", "sinx", "siny")
"""Those of `models.foundations.point_network.INPUTS`."""
