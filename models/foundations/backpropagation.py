"""Backpropagation by hand: every number of a small network without biases, in the order of computation.

The app steps through these; the tests compare them with the lectures and with autograd. An input of 1 serves as a bias.
Read first: `backpropagation`.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

LAYERS = (2, 2, 1)
WEIGHTS = {"I1H1": 0.11, "I2H1": 0.21, "I1H2": 0.12, "I2H2": 0.08, "H1O": 0.14, "H2O": 0.15}
"""The 2-2-1 network of the lectures; identity activation, no bias."""
HIDDEN = "HJK"
"""A letter for each hidden layer."""


def sigmoid(z: float) -> float:
    return 0.5 * (1 + math.tanh(z / 2))


BENDS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "linear": (lambda z: z, lambda z: 1.0),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (math.tanh, lambda z: 1 - math.tanh(z) ** 2),
    "relu": (lambda z: max(0.0, z), lambda z: float(z > 0)),
}
"""f and f' of the hidden units; outputs are linear."""


@dataclass(frozen=True)
class Step:
    """One moment of the computation: the values known so far of nodes and edges, what is new, and the formula with its numbers."""

    title: str
    formula: str
    nodes: dict[str, float]
    weights: dict[str, float]
    gradients: dict[str, float] = field(default_factory=dict)
    """dE/dw of edges"""
    deltas: dict[str, float] = field(default_factory=dict)
    """dE/dz of nodes, z being what a unit adds up"""
    new: tuple[str, ...] = ()


def nodes_of(layers: tuple[int, ...]) -> list[list[str]]:
    """The names of the nodes, layer by layer: I1, I2; H1, H2; O, or O1, O2 where there are several."""
    letters = "I" + HIDDEN[: len(layers) - 2] + "O"
    alone = layers[-1] == 1
    return [
        ["O"] if letter == "O" and alone else [f"{letter}{i + 1}" for i in range(units)]
        for letter, units in zip(letters, layers, strict=True)
    ]


def edges_of(layers: tuple[int, ...]) -> dict[str, tuple[str, str]]:
    """The edges by name, such as I1H2, with where they begin and end: layer by layer, of each node those that come in."""
    named = nodes_of(layers)
    return {source + target: (source, target) for sources, targets in itertools.pairwise(named) for target in targets for source in sources}


def forward(
    layers: tuple[int, ...], inputs: tuple[float, ...], weights: dict[str, float], activation: str
) -> tuple[dict[str, float], dict[str, float]]:
    """The value of each node, and what each unit adds up before f."""
    named, f = nodes_of(layers), BENDS[activation][0]
    values, sums = dict(zip(named[0], inputs, strict=True)), {}
    for below, nodes in itertools.pairwise(named):
        for node in nodes:
            sums[node] = sum(values[source] * weights[source + node] for source in below)
            values[node] = sums[node] if nodes is named[-1] else f(sums[node])
    return values, sums


def error(named: list[list[str]], values: dict[str, float], targets: tuple[float, ...]) -> float:
    """E = sum (t - o)^2."""
    return sum((t - values[o]) ** 2 for o, t in zip(named[-1], targets, strict=True))


def backpropagation(
    layers: tuple[int, ...],
    inputs: tuple[float, ...],
    targets: tuple[float, ...],
    weights: dict[str, float],
    learning_rate: float,
    activation: str = "linear",
) -> list[Step]:
    """Forward, error, backward and one step of gradient descent on E = sum (t - o)^2, number by number."""
    named, w = nodes_of(layers), dict(weights)
    values, sums = forward(layers, inputs, w, activation)
    bent, slope = activation != "linear", BENDS[activation][1]
    nodes = {node: values[node] for node in named[0]}
    given = f"inputs {numbers(inputs)}, target{'s' if len(targets) > 1 else ''} {numbers(targets)}"
    steps = [Step("The network", given, dict(nodes), w)]
    for below, layer in itertools.pairwise(named):
        for node in layer:
            nodes[node] = values[node]
            products = " + ".join(f"{values[source]:.4g}·{w[source + node]:.3g}" for source in below)
            if bent and layer is not named[-1]:
                text = (
                    f"{node.lower()} = {activation}(Σ w·{below[0][0].lower()}) = {activation}({products}) = {activation}({sums[node]:.4g})"
                )
            else:
                text = f"{node.lower()} = " + " + ".join(f"{source.lower()}·w" for source in below) + f" = {products}"
            steps.append(Step("Forward", f"{text} = {values[node]:.4g}", dict(nodes), w, new=(node, *(source + node for source in below))))
    before = error(named, values, targets)
    squares = " + ".join(f"({t:g} - {values[o]:.4g})²" for o, t in zip(named[-1], targets, strict=True))
    sign = "" if len(targets) == 1 else "Σ "
    steps.append(Step("Error", f"E = {sign}(t - o)² = {squares} = {before:.4g}", dict(nodes), w, new=tuple(named[-1])))
    gradients: dict[str, float] = {}
    deltas: dict[str, float] = {}

    def note(text: str, *new: str) -> None:
        steps.append(Step("Backward", text, dict(nodes), w, dict(gradients), dict(deltas), new))

    def into(node: str, below: list[str]) -> None:
        """The gradients of the weights that come into a node."""
        for source in below:
            edge = source + node
            gradients[edge] = deltas[node] * values[source]
            at = "dE/do" if node in named[-1] and len(targets) == 1 else f"δ({node})"
            note(f"dE/dw({edge}) = {at} · {source.lower()} = {deltas[node]:.4g}·{values[source]:.4g} = {gradients[edge]:.4g}", edge)

    for node, t in zip(named[-1], targets, strict=True):
        deltas[node] = 2 * (values[node] - t)
        o = node.lower()
        note(f"δ({node}) = dE/d{o} = 2 ({o} - t) = 2 ({values[node]:.4g} - {t:g}) = {deltas[node]:.4g}", node)
    for node in named[-1]:
        into(node, named[-2])
    for depth in range(len(named) - 2, 0, -1):
        above = named[depth + 1]
        for node in named[depth]:
            bend = slope(sums[node]) if bent else 1.0
            deltas[node] = sum(deltas[target] * w[node + target] for target in above) * bend
            words = " + ".join(f"δ({target})·w({node + target})" for target in above)
            products = " + ".join(f"{deltas[target]:.4g}·{w[node + target]:.3g}" for target in above)
            if bent:
                words, products = f"({words})·{activation}'({sums[node]:.3g})", f"({products})·{bend:.4g}"
            note(f"δ({node}) = {words} = {products} = {deltas[node]:.4g}", node, *(node + target for target in above))
        for node in named[depth]:
            into(node, named[depth - 1])
    updated = {edge: w[edge] - learning_rate * gradients[edge] for edge in w}
    shown = dict(w)
    for edge in w:
        shown[edge] = updated[edge]
        text = f"w({edge}) ← {w[edge]:.3g} - {learning_rate:g}·({gradients[edge]:.4g}) = {updated[edge]:.4g}"
        steps.append(Step("Gradient step", text, dict(nodes), dict(shown), dict(gradients), dict(deltas), (edge,)))
    again, _ = forward(layers, inputs, updated, activation)
    outputs = ", ".join(f"{o.lower()} = {again[o]:.4g}" for o in named[-1])
    text = f"{outputs}, E = {error(named, again, targets):.4g} (before: {before:.4g})"
    steps.append(Step("Forward again", text, again, updated, new=tuple(node for layer in named[1:] for node in layer)))
    return steps


def numbers(values: tuple[float, ...]) -> str:
    """2, 3 and 4."""
    texts = [f"{value:g}" for value in values]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
