"""Losses from likelihood: observations come in one by one, and the best parameter is where what was seen is most probable."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves
from lab.experiment import Experiment, Metrics, view
from lab.recipes.foundations.likelihood_config import RANGES, LikelihoodConfig
from lab.recipes.foundations.log_likelihood import Seen, estimates, log_likelihood, log_prior, loss, observe, share
from lab.state import Tree, attributes

FIRST_ONES = 60
"""So many observations come one at a time; after them come ever more at once."""


class Estimates(nn.Module):
    """How many observations there were, and the two estimates then: ML and MAP."""

    numbers: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("numbers", torch.zeros(3, dtype=torch.float64))


class Likelihood(Experiment):
    """One step is one more observation, later two in a hundred more."""

    log_every: ClassVar[int] = 1
    checkpoint_every: ClassVar[int] = 1_000
    headline: ClassVar[tuple[str, ...]] = ("losses/loss",)

    def __init__(self, config: LikelihoodConfig, device: torch.device):
        super().__init__(config, device)
        self.config: LikelihoodConfig = config
        self.x, self.y = observe(config)
        self.net = Estimates()
        self.history: list[list[float]] = []
        """How many observations there were, and the two estimates then."""
        self.last: Seen | None = None
        self.note(1)

    @property
    def n(self) -> int:
        """How many observations have come in."""
        return int(self.net.numbers[0])

    @property
    def ended(self) -> bool:  # type: ignore[override]
        return self.n >= self.config.count

    def why_ended(self) -> str:
        return f"all {self.config.count:,} observations have come in; --count gives a new run more."

    def step(self) -> Metrics:
        if not self.ended:
            self.note(min(self.config.count, self.n + 1 + max(0, self.n - FIRST_ONES) // 50))
        self.steps += 1
        return {"losses/loss": self.least(), "charts/ml": self.history[-1][1], "charts/map": self.history[-1][2]}

    def note(self, n: int) -> None:
        """Write down the estimates from the first n observations."""
        self.history.append([n, *estimates(self.config, self.x[:n], self.y[:n])])
        self.net.numbers.copy_(torch.tensor(self.history[-1], dtype=torch.float64))

    def least(self) -> float:
        """The loss at the likeliest parameter."""
        return float(loss(self.config, self.x[: self.n], self.y[: self.n], self.net.numbers[1:2].numpy())[0])

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, **attributes(self, "steps", "history")}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """The parameter of the largest likelihood (ML) and of the largest posterior (MAP), the loss at the first, and the truth."""
        _, ml, maximum = self.net.numbers.tolist()
        return {"loss": self.least(), "ml": ml, "map": maximum, "truth": self.config.parameter, "observations": self.n}

    @view
    def likelihood(self) -> Curves:
        """The likelihood over the parameter, as a share of its maximum; with a prior, that and the posterior too."""
        seen = self.seen()
        curves = {"likelihood": (seen.grid, seen.likelihood)}
        if self.config.prior:
            curves |= {"prior": (seen.grid, seen.prior), "posterior": (seen.grid, seen.posterior)}
        return Curves(curves, x_label="parameter", y_label="share of the maximum", title=f"{self.n:,} observations")

    @view
    def losses(self) -> Curves:
        """The loss over the parameter, least where the likelihood is largest."""
        seen = self.seen()
        known = np.isfinite(seen.loss)
        error = "mean squared error" if self.config.kind in ("gaussian", "line") else "cross-entropy"
        return Curves({error: (seen.grid[known], seen.loss[known])}, x_label="parameter", y_label=error)

    @view
    def estimates_over_observations(self) -> Curves:
        """Both estimates after each observation, and the truth."""
        n, ml, maximum = np.array(self.history).T
        return Curves(
            {"ML": (n, ml), "MAP": (n, maximum), "truth": (n, np.full_like(n, self.config.parameter))},
            x_label="observations",
            y_label="parameter",
        )

    def seen(self) -> Seen:
        """What there is to show; the same object while nothing new has come in."""
        if self.last is None or len(self.last.y) != self.n:
            self.last = self.summary()
        return self.last

    def summary(self) -> Seen:
        x, y, problem = self.x[: self.n], self.y[: self.n], self.config
        grid = np.linspace(*RANGES[problem.kind], 481)
        log, prior = log_likelihood(problem, x, y, grid), log_prior(problem, grid)
        ml, maximum = self.history[-1][1:]
        return Seen(
            problem, x, y, grid, share(log), share(prior), share(log + prior), loss(problem, x, y, grid), ml, maximum,
            np.array(self.history).T,
        )  # fmt: skip


def frame_of(experiment: Likelihood) -> Seen:
    return experiment.seen()
