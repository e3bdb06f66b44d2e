"""Backpropagation by hand: every number of a network with two inputs, two hidden units and one output, in the order of computation.

The app steps through these; the tests compare them with autograd.
"""

from dataclasses import dataclass, field

WEIGHTS = {"I1H1": 0.11, "I2H1": 0.21, "I1H2": 0.12, "I2H2": 0.08, "H1O": 0.14, "H2O": 0.15}
"""The weights of the 2-2-1 network of the lectures; identity activation, no bias."""


@dataclass(frozen=True)
class Step:
    """One moment of the computation: the values known so far of nodes and edges, what is new, and the formula with its numbers."""

    title: str
    formula: str
    nodes: dict[str, float]
    weights: dict[str, float]
    gradients: dict[str, float] = field(default_factory=dict)
    new: tuple[str, ...] = ()


def backpropagation(inputs: tuple[float, float], target: float, weights: dict[str, float], learning_rate: float) -> list[Step]:
    """Forward, error, backward and one step of gradient descent on E = (t - o)^2, number by number."""
    i1, i2 = inputs
    w = dict(weights)
    nodes = {"I1": i1, "I2": i2}
    steps = [Step("The network", f"inputs {i1:g} and {i2:g}, target {target:g}", dict(nodes), w)]
    for h in ("H1", "H2"):
        a, b = w[f"I1{h}"], w[f"I2{h}"]
        nodes[h] = i1 * a + i2 * b
        text = f"{h.lower()} = i1·w + i2·w = {i1:g}·{a:.3g} + {i2:g}·{b:.3g} = {nodes[h]:.4g}"
        steps.append(Step("Forward", text, dict(nodes), w, new=(h, f"I1{h}", f"I2{h}")))
    h1, h2 = nodes["H1"], nodes["H2"]
    nodes["O"] = o = h1 * w["H1O"] + h2 * w["H2O"]
    text = f"o = {h1:.4g}·{w['H1O']:.3g} + {h2:.4g}·{w['H2O']:.3g} = {o:.4g}"
    steps.append(Step("Forward", text, dict(nodes), w, new=("O", "H1O", "H2O")))
    error = (target - o) ** 2
    steps.append(Step("Error", f"E = (t - o)² = ({target:g} - {o:.4g})² = {error:.4g}", dict(nodes), w, new=("O",)))
    slope = 2 * (o - target)
    steps.append(Step("Backward", f"dE/do = 2 (o - t) = 2 ({o:.4g} - {target:g}) = {slope:.4g}", dict(nodes), w, new=("O",)))
    gradients: dict[str, float] = {}
    for h in ("H1", "H2"):
        edge = f"{h}O"
        gradients[edge] = slope * nodes[h]
        text = f"dE/dw({edge}) = dE/do · {h.lower()} = {slope:.4g}·{nodes[h]:.4g} = {gradients[edge]:.4g}"
        steps.append(Step("Backward", text, dict(nodes), w, dict(gradients), (edge,)))
    for h in ("H1", "H2"):
        delta = slope * w[f"{h}O"]
        for i, value in (("I1", i1), ("I2", i2)):
            edge = f"{i}{h}"
            gradients[edge] = delta * value
            text = f"dE/dw({edge}) = dE/do · w({h}O) · {i.lower()} = {slope:.4g}·{w[f'{h}O']:.3g}·{value:g} = {gradients[edge]:.4g}"
            steps.append(Step("Backward", text, dict(nodes), w, dict(gradients), (edge, f"{h}O")))
    updated = {edge: w[edge] - learning_rate * gradients[edge] for edge in w}
    for edge in w:
        shown = {**w, **{e: updated[e] for e in list(w)[: list(w).index(edge) + 1]}}
        text = f"w({edge}) ← {w[edge]:.3g} - {learning_rate:g}·({gradients[edge]:.4g}) = {updated[edge]:.4g}"
        steps.append(Step("Gradient step", text, dict(nodes), shown, dict(gradients), (edge,)))
    nodes["H1"], nodes["H2"] = (i1 * updated[f"I1{h}"] + i2 * updated[f"I2{h}"] for h in ("H1", "H2"))
    nodes["O"] = nodes["H1"] * updated["H1O"] + nodes["H2"] * updated["H2O"]
    text = f"o = {nodes['O']:.4g}, E = {(target - nodes['O']) ** 2:.4g} (before: {error:.4g})"
    steps.append(Step("Forward again", text, dict(nodes), updated, new=("H1", "H2", "O")))
    return steps
