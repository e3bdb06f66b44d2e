"""Eight rules of gradient descent from one place on one loss surface, side by side. Read first: `Descent.step`."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves, Landscape
from lab.data.drawn_points import REACH
from lab.experiment import Experiment, Metrics, view
from lab.recipes.foundations.descent_config import DescentConfig
from lab.recipes.foundations.surfaces import EXAMPLES, FAR, RATES, SURFACES, Runner, Standing
from lab.state import Tree, attributes
from models.foundations.descent import RULES, Rule

STEPS = 1500
SHOWN = 250
"""Points of a path in a picture."""


class Places(nn.Module):
    """Where each rule is (rules, 2)."""

    weights: Tensor

    def __init__(self, start: tuple[float, float]):
        super().__init__()
        self.register_buffer("weights", torch.tensor([start] * len(RULES), dtype=torch.float64))


class Descent(Experiment):
    """All rules from one start; each step has one batch, the same for all."""

    log_every: ClassVar[int] = 10
    checkpoint_every: ClassVar[int] = 5_000
    headline: ClassVar[tuple[str, ...]] = ("losses/sgd", "losses/adam")

    def __init__(self, config: DescentConfig, device: torch.device):
        super().__init__(config, device)
        self.config: DescentConfig = config
        self.surface = SURFACES[config.surface]
        self.random = np.random.default_rng(config.seed)
        self.rules: dict[str, Rule] = {name: made(config.factor * RATES[name], config.beta) for name, made in RULES.items()}
        self.net = Places(config.place)
        self.track = np.array([[config.place] * len(RULES)])
        """(steps + 1, rules, 2) or longer: where each rule has been."""

    @property
    def ended(self) -> bool:  # type: ignore[override]
        return self.steps >= STEPS

    def why_ended(self) -> str:
        return f"after {STEPS:,} steps every rule has arrived or is gone."

    def step(self) -> Metrics:
        if self.ended:
            return {}
        batch, here = self.batch(), self.track[self.steps]
        if self.steps + 1 == len(self.track):  # Room for as many steps again.
            self.track = np.concatenate([self.track, np.zeros_like(self.track)])
        for i, rule in enumerate(self.rules.values()):
            w = here[i]
            self.track[self.steps + 1, i] = w + rule.step(self.surface.gradient(w, batch)) if np.abs(w).max() < FAR else w
        self.steps += 1
        self.net.weights.copy_(torch.from_numpy(self.track[self.steps]))
        return {f"losses/{name}": value for name, value in zip(RULES, self.losses_at(self.track[self.steps]).tolist(), strict=True)}

    def batch(self) -> np.ndarray:
        """Which examples this step's gradient is of."""
        if not self.config.batch or self.config.surface != "model":
            return np.arange(EXAMPLES)
        return self.random.choice(EXAMPLES, self.config.batch, replace=False)

    def losses_at(self, places: np.ndarray) -> np.ndarray:
        """The loss (...,) at places (..., 2)."""
        return self.surface.loss(np.clip(places, -FAR, FAR))

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        memories = {
            name: attributes(rule, *(key for key in vars(rule) if key not in ("rate", "beta"))) for name, rule in self.rules.items()
        }
        return {"net": self.net, "generators": {"order": self.random}, "rules": memories, **attributes(self, "steps", "track")}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """The loss of each rule, the least there is, and which rules have left for good."""
        places = self.net.weights.numpy()
        losses = dict(zip((f"loss_{name}" for name in RULES), self.losses_at(places).tolist(), strict=True))
        gone = [name for name, place in zip(RULES, places, strict=True) if np.abs(place).max() >= FAR]
        return {"loss": losses["loss_adam"], **losses, "least": self.surface.least, "gone": ", ".join(gone)}

    @view
    def paths(self) -> Landscape:
        """The loss as colours, green low, and each rule's way over it."""
        ticks = np.linspace(-REACH, REACH, 120)
        loss = self.surface.loss(np.stack(np.meshgrid(ticks, ticks), -1)) - self.surface.least
        standing = self.standing()
        ways = np.stack([np.clip(runner.path, -REACH, REACH) for runner in standing.runners.values()])
        ends = {name: ways[i, -1:] for i, name in enumerate(standing.runners)}
        return Landscape(
            ends, (-REACH, REACH, -REACH, REACH), surface=-np.log1p(20 * loss), paths=ways, title=f"after {self.steps:,} steps"
        )

    @view
    def losses(self) -> Curves:
        """log10 of each rule's loss above the least there is, over the steps."""
        standing = self.standing()
        return Curves(
            {name: (standing.at, runner.excess) for name, runner in standing.runners.items()},
            x_label="steps",
            y_label="log10 of loss above the least",
        )

    def standing(self) -> Standing:
        at = np.unique(np.linspace(0, self.steps, min(SHOWN, self.steps + 1)).astype(int))
        places = self.track[at]  # (P, rules, 2)
        losses = self.losses_at(places)
        excess = np.log10(np.maximum(losses - self.surface.least, 1e-8))
        gone = np.abs(places[-1]).max(1) >= FAR
        runners = {name: Runner(places[:, i], float(losses[-1, i]), excess[:, i], bool(gone[i])) for i, name in enumerate(RULES)}
        return Standing(self.config, self.steps, at, runners)


def frame_of(experiment: Descent) -> Standing:
    return experiment.standing()
