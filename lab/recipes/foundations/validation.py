"""Validation: the error of a polynomial, estimated by every method again and again, so that the spread of each is seen."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves, Landscape, Table
from lab.data.drawn_points import REACH
from lab.experiment import Experiment, Metrics, State, view
from lab.recipes.foundations.splits import (
    FRESH,
    METHODS,
    MOMENTS,
    Estimated,
    draw,
    early_stopping,
    error,
    estimate,
    fit,
    splits,
    terms,
)
from lab.recipes.foundations.validation_config import ROUNDS, ValidationConfig
from lab.state import Tree, attributes

NOT_YET = -1.0


class Estimates(nn.Module):
    """The error by each method (ROUNDS, methods) and the truth (ROUNDS,), of rounds to come NOT_YET."""

    errors: Tensor
    truths: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("errors", torch.full((ROUNDS, len(METHODS)), NOT_YET, dtype=torch.float64))
        self.register_buffer("truths", torch.full((ROUNDS,), NOT_YET, dtype=torch.float64))


class Validation(Experiment):
    """One step estimates the error once more by every method."""

    unit: ClassVar[str] = "rounds"
    log_every: ClassVar[int] = 1
    checkpoint_every: ClassVar[int] = 1_000
    headline: ClassVar[tuple[str, ...]] = ("error/truth", "error/k-fold")

    def __init__(self, config: ValidationConfig, device: torch.device):
        super().__init__(config, device)
        self.config: ValidationConfig = config
        self.random = np.random.default_rng(config.seed)
        self.net = Estimates()
        self.unseen, self.unseen_t = draw(config, FRESH, 10_000 + config.seed)
        self.unseen_terms = terms(self.unseen, config.degree)
        self.place(config.seed)
        self.estimate_again()

    @property
    def rounds(self) -> int:
        """How many times the error has been estimated."""
        return int((self.net.truths != NOT_YET).sum())

    @property
    def truths(self) -> np.ndarray:
        """The error on fresh points (R,) of each round."""
        return self.net.truths[: self.rounds].numpy().copy()

    @property
    def estimates_of(self) -> dict[str, np.ndarray]:
        """Each method's estimates (R,)."""
        return {method: self.net.errors[: self.rounds, i].numpy().copy() for i, method in enumerate(METHODS)}

    def place(self, seed: int) -> None:
        """Draw the points, and fit all of them."""
        self.points, self.t = draw(self.config, self.config.count, seed)
        self.inputs = terms(self.points, self.config.degree)
        self.w = fit(self.inputs, self.t)
        self.truth = error(self.unseen_terms, self.unseen_t, self.w)
        self.stopping = early_stopping(self.inputs, self.t, np.random.default_rng(seed))
        self.tested = np.zeros(len(self.t), bool)
        self.tested[next(splits("hold-out", self.t, self.config, np.random.default_rng(seed)))[1]] = True
        ticks = np.linspace(-REACH, REACH, 48)
        lattice = np.stack(np.meshgrid(ticks, -ticks), -1).reshape(-1, 2)
        self.surface = np.tanh(terms(lattice, self.config.degree) @ self.w).reshape(48, 48)

    @property
    def ended(self) -> bool:  # type: ignore[override]
        return self.rounds >= ROUNDS

    def why_ended(self) -> str:
        return f"{ROUNDS} estimates by every method show their spread."

    def step(self) -> Metrics:
        if not self.ended:
            if self.config.fresh:
                self.place(self.config.seed + self.rounds)
            self.estimate_again()
        self.steps += 1
        return {"error/truth": self.truth, **{f"error/{method}": values[-1] for method, values in self.estimates_of.items()}}

    def estimate_again(self) -> None:
        row = self.rounds
        for i, method in enumerate(METHODS):
            if method == "leave one out" and row and not self.config.fresh:
                self.net.errors[row, i] = self.net.errors[0, i]  # Nothing of it is by chance.
            else:
                self.net.errors[row, i] = estimate(method, self.inputs, self.t, self.config, self.random)
        self.net.truths[row] = self.truth

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, "generators": {"order": self.random}, **attributes(self, "steps")}

    def restore(self, state: State) -> None:
        super().restore(state)
        if self.config.fresh and self.rounds > 1:
            self.place(self.config.seed + self.rounds - 1)

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """The truth, the error on its own points, and of each method the mean estimate and its deviation."""
        means = {method.replace(" ", "_").replace("-", "_"): values for method, values in self.estimates_of.items()}
        return {
            "loss": float(np.mean(self.truths)), "own_points": error(self.inputs, self.t, self.w),
            **{name: float(values.mean()) for name, values in means.items()},
            **{f"{name}_deviation": float(values.std()) for name, values in means.items()}, "early_stop": self.stopping.best,
        }  # fmt: skip

    @view
    def estimates(self) -> Table:
        """Each method's mean estimate of the error, its deviation, and how far it is from the truth."""
        truth = float(np.mean(self.truths))
        rows = [[method, np.mean(values), np.std(values), np.mean(values) - truth] for method, values in self.estimates_of.items()]
        return Table(["method", "error", "deviation", "above the truth"], [[name, *map(float, numbers)] for name, *numbers in rows])

    @view
    def spread(self) -> Curves:
        """Each method's estimates, one after the other, and the truth."""
        rounds = np.arange(1, len(self.truths) + 1)
        lines = {method: (rounds, values) for method, values in self.estimates_of.items()}
        return Curves({**lines, "truth": (rounds, self.truths)}, x_label="estimate", y_label="error")

    @view
    def early_stopping(self) -> Curves:
        """Squared error of training and validation over log10 of the steps of gradient descent: stop where the second is least."""
        at, stopping = np.log10(MOMENTS), self.stopping
        return Curves(
            {"training": (at, stopping.train), "validation": (at, stopping.validation)}, x_label="log10 of the steps", y_label="squared error",
            title=f"stop at step {stopping.best:,}",
        )  # fmt: skip

    @view
    def fitted(self) -> Landscape:
        """The points by class, and the polynomial that is fitted to all of them."""
        groups = {f"class {label}": self.points[self.t == 2 * label - 1] for label in (0, 1)}
        return Landscape(groups, (-REACH, REACH, -REACH, REACH), surface=self.surface[::-1])

    def shown(self) -> Estimated:
        return Estimated(
            self.config, self.points, self.t, self.surface, self.tested, self.estimates_of,
            self.truths, error(self.inputs, self.t, self.w), self.stopping,
        )  # fmt: skip


def frame_of(experiment: Validation) -> Estimated:
    return experiment.shown()
